"""A queue on spot, a role for containers, and a way to run a command to its end."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from tests.localaws.helpers import REGISTRY, Gateway, await_until, policy

from localaws.gateway.actions import Body

TASKS = "ecs-tasks.amazonaws.com"
OVER = ("SUCCEEDED", "FAILED")
numbers = itertools.count()


@pytest.fixture
def batch(gateway: Gateway) -> Any:
    """Batch as root."""
    return gateway.client("batch")


@pytest.fixture(scope="session")
def task_role(make_role: Callable[..., str], s3: Any) -> str:
    """What containers run under: it may use the buckets `lake` and `models`."""
    buckets = ["arn:aws:s3:::lake", "arn:aws:s3:::models", "arn:aws:s3:::lake/*", "arn:aws:s3:::models/*"]
    return make_role("batch-tasks", policy((["s3:GetObject", "s3:PutObject", "s3:ListBucket"], buckets)), TASKS)


@pytest.fixture(scope="session")
def agent_role(make_role: Callable[..., str]) -> str:
    """What starts containers: it may write logs into groups that stand below /aws/batch/."""
    return make_role(
        "batch-agent", policy((["logs:CreateLogStream", "logs:PutLogEvents"], "arn:aws:logs:*:*:*:/aws/batch/*")), TASKS
    )


@pytest.fixture
def queue(batch: Any) -> str:
    """An enabled queue in front of Fargate spot; its name."""
    name = f"q{next(numbers)}"
    make_queue(batch, name)
    return name


def make_queue(batch: Any, name: str, kind: str = "FARGATE_SPOT") -> None:
    """A queue and its compute environment, both of this name."""
    machines = {"type": kind, "maxvCpus": 4, "subnets": ["subnet-1"], "securityGroupIds": ["sg-1"]}
    batch.create_compute_environment(computeEnvironmentName=name, type="MANAGED", computeResources=machines)
    order = [{"order": 1, "computeEnvironment": name}]
    batch.create_job_queue(jobQueueName=name, priority=1, computeEnvironmentOrder=order)


@pytest.fixture
def submit(batch: Any, queue: str, task_role: str) -> Callable[..., str]:
    """Submit Python text as a job; its id."""

    def submitted(
        text: str = "print('ran')", container: Body | None = None, job: Body | None = None, **more: Any
    ) -> str:
        name = f"d{next(numbers)}"
        asked = {
            "image": f"{REGISTRY}/jobs-only:1", "command": ["python3", "-c", text], "jobRoleArn": task_role,
            "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "2048"}],
            **(container or {}),
        }  # fmt: skip
        batch.register_job_definition(jobDefinitionName=name, type="container", containerProperties=asked, **more)
        identity: str = batch.submit_job(**{"jobName": name, "jobQueue": queue, "jobDefinition": name, **(job or {})})[
            "jobId"
        ]
        return identity

    return submitted


def described(batch: Any, identity: str) -> Body:
    """DescribeJobs of one."""
    found: Body = batch.describe_jobs(jobs=[identity])["jobs"][0]
    return found


def until(batch: Any, identity: str, *states: str, seconds: float = 60) -> Body:
    """The job once it is in one of these states."""
    return await_until(lambda: described(batch, identity), lambda found: found["status"] in states, seconds)
