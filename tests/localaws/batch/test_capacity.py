"""Compute environments, queues and job definitions live and die as on AWS, so that Terraform can make and end them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localaws.batch.conftest import TASKS, make_queue
from tests.localaws.helpers import ACCOUNT, REGISTRY, policy

CONTAINER = {"image": f"{REGISTRY}/jobs-only:1", "command": ["true"]}


def test_environment_and_queue_must_be_disabled_and_go_in_their_order(batch: Any) -> None:
    make_queue(batch, "life")
    with pytest.raises(ClientError, match="must be set to DISABLED"):
        batch.delete_job_queue(jobQueue="life")
    batch.update_compute_environment(computeEnvironment="life", state="DISABLED")
    with pytest.raises(ClientError, match="existing JobQueue relationship: life"):
        batch.delete_compute_environment(computeEnvironment="life")
    batch.update_job_queue(jobQueue="life", state="DISABLED")
    batch.delete_job_queue(jobQueue="life")
    batch.delete_compute_environment(computeEnvironment="life")

    assert batch.describe_job_queues(jobQueues=["life"])["jobQueues"] == []
    assert batch.describe_compute_environments(computeEnvironments=["life"])["computeEnvironments"] == []


def test_a_disabled_queue_takes_no_jobs(batch: Any) -> None:
    make_queue(batch, "shut")
    batch.update_job_queue(jobQueue="shut", state="DISABLED")
    batch.register_job_definition(jobDefinitionName="shut", type="container", containerProperties=CONTAINER)

    with pytest.raises(ClientError, match="DISABLED"):
        batch.submit_job(jobName="x", jobQueue="shut", jobDefinition="shut")


def test_a_definition_has_revisions_that_stay(batch: Any) -> None:
    register = lambda **more: batch.register_job_definition(  # noqa: E731
        jobDefinitionName="revised", type="container", containerProperties=CONTAINER, **more
    )
    first = register(timeout={"attemptDurationSeconds": 100}, tags={"Project": "toys"})["jobDefinitionArn"]
    second = register()["jobDefinitionArn"]
    batch.deregister_job_definition(jobDefinition=second)

    told = batch.describe_job_definitions(jobDefinitionName="revised")["jobDefinitions"]

    assert (first[-2:], second[-2:]) == (":1", ":2")
    assert [(each["revision"], each["status"]) for each in told] == [(1, "ACTIVE"), (2, "INACTIVE")]
    assert (told[0]["timeout"], told[0]["tags"]) == ({"attemptDurationSeconds": 100}, {"Project": "toys"})


@pytest.mark.parametrize(("asked", "words"), [
    ({"type": "multinode"}, "not multinode"),
    ({"platformCapabilities": ["FARGATE"]}, "EXECUTION_ROLE_ARN is required"),
    ({"timeout": "soon"}, "timeout"),
])  # fmt: skip
def test_a_definition_that_could_not_run_is_refused(batch: Any, asked: dict[str, Any], words: str) -> None:
    from botocore.exceptions import ParamValidationError

    given = {"jobDefinitionName": "no", "type": "container", "containerProperties": CONTAINER, **asked}
    with pytest.raises((ClientError, ParamValidationError), match=words):
        batch.register_job_definition(**given)


def test_whoever_registers_must_be_allowed_to_lend_the_role(batch: Any, make_user: Any, task_role: str) -> None:
    """Else a right on definitions would be a right on everything that some role may."""
    user = make_user("definer", policy(("batch:RegisterJobDefinition", "*")))("batch")

    with pytest.raises(ClientError, match="iam:PassRole"):
        user.register_job_definition(
            jobDefinitionName="lent", type="container", containerProperties={**CONTAINER, "jobRoleArn": task_role}
        )


def test_tags_change_under_the_arn(batch: Any) -> None:
    make_queue(batch, "tagged")
    arn = f"arn:aws:batch:us-east-1:{ACCOUNT}:job-queue/tagged"
    batch.tag_resource(resourceArn=arn, tags={"A": "1", "B": "2"})
    batch.untag_resource(resourceArn=arn, tagKeys=["A"])

    assert batch.list_tags_for_resource(resourceArn=arn)["tags"] == {"B": "2"}
    with pytest.raises(ClientError, match="does not exist"):
        batch.list_tags_for_resource(resourceArn=arn + "-not")


def test_the_task_service_is_whom_containers_trust() -> None:
    assert TASKS == "ecs-tasks.amazonaws.com"
