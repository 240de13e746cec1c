"""What cannot run fails and says why."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import Gateway


def test_batch_fails_and_says_why(gateway: Gateway) -> None:
    """A job that never ran must not turn a pipeline green."""
    batch = gateway.client("batch")

    submitted = batch.describe_jobs(jobs=[submit(batch)])["jobs"][0]

    assert (submitted["status"], "no executor" in submitted["statusReason"]) == ("FAILED", True)


def submit(batch: Any) -> str:
    """A job in a queue of its own; its id."""
    environment = batch.create_compute_environment(computeEnvironmentName="c", type="UNMANAGED")
    order = [{"order": 1, "computeEnvironment": environment["computeEnvironmentArn"]}]
    batch.create_job_queue(jobQueueName="q", priority=1, computeEnvironmentOrder=order)
    container = {"image": "i", "command": ["true"], "resourceRequirements": [
        {"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "512"}]}  # fmt: skip
    batch.register_job_definition(jobDefinitionName="d", type="container", containerProperties=container)
    job: str = batch.submit_job(jobName="x", jobQueue="q", jobDefinition="d")["jobId"]
    return job


@pytest.mark.parametrize("service", ["ecs", "emr"])
def test_tasks_and_clusters_are_refused(gateway: Gateway, service: str) -> None:
    """A task that is RUNNING for ever is worse than none."""
    client = gateway.client(service)
    call = {
        "ecs": lambda: client.run_task(taskDefinition="t"),
        "emr": lambda: client.run_job_flow(Name="n", Instances={"InstanceCount": 1}),
    }[service]

    with pytest.raises(ClientError, match="no executor"):
        call()
