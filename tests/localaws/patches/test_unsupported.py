"""What cannot run fails and says why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import Gateway


def test_batch_and_glue_fail_and_say_why(gateway: Gateway, make_role: Callable[..., str]) -> None:
    """A job that never ran must not turn a pipeline green."""
    batch, glue = (gateway.client(name) for name in ("batch", "glue"))
    role = make_role("runs-nothing", None, "glue.amazonaws.com")
    glue.create_job(Name="g", Role=role, Command={"Name": "glueetl", "ScriptLocation": "s3://lake/none.py"})

    glue_run = glue.start_job_run(JobName="g")["JobRunId"]
    run = glue.get_job_run(JobName="g", RunId=glue_run)["JobRun"]
    submitted = batch.describe_jobs(jobs=[submit(batch)])["jobs"][0]

    assert (run["JobRunState"], "no executor" in run["ErrorMessage"]) == ("FAILED", True)
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
