"""Batch runs what it is given, and tells of it as AWS does."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError
from tests.localaws.batch.conftest import OVER, described, make_queue, until
from tests.localaws.helpers import ACCOUNT, Gateway, lines_of, policy

WRITE = "import boto3; boto3.client('s3').put_object(Bucket={!r}, Key='by-batch', Body=b'done')"
ONCE_MORE = [
    {"onStatusReason": "Your Spot Task was interrupted*", "action": "RETRY"},
    {"onReason": "*", "action": "EXIT"},
]
WAIT_IN_FIRST = """
import os, time
print("attempt", os.environ["AWS_BATCH_JOB_ATTEMPT"], flush=True)
if os.environ["AWS_BATCH_JOB_ATTEMPT"] == "1":
    time.sleep(60)
"""


def reclaim(gateway: Gateway, identity: str) -> None:
    """What AWS does when it wants its machine back."""
    url = f"{gateway.url}/_localaws/batch-jobs/{identity}/reclaim"
    request = urllib.request.Request(url, b"{}", {"content-type": "application/json"})
    urllib.request.urlopen(request, timeout=5).close()


def test_a_command_runs_under_the_jobs_role(batch: Any, submit: Callable[..., str], s3: Any) -> None:
    over = until(batch, submit(WRITE.format("lake")), *OVER)

    assert (over["status"], over["statusReason"]) == ("SUCCEEDED", "Essential container in task exited")
    assert over["container"]["exitCode"] == 0
    assert len(over["attempts"]) == 1
    assert s3.get_object(Bucket="lake", Key="by-batch")["Body"].read() == b"done"


def test_what_the_role_may_not_fails_the_job(batch: Any, submit: Callable[..., str], logs: Any) -> None:
    over = until(batch, submit(WRITE.format("closed")), *OVER)

    assert (over["status"], over["container"]["exitCode"]) == ("FAILED", 1)
    assert any("AccessDenied" in line for line in lines_of(logs, "/aws/batch/job", over["container"]["logStreamName"]))


def test_variables_parameters_and_the_log_are_the_definitions(
    batch: Any, submit: Callable[..., str], logs: Any, agent_role: str
) -> None:
    """A job's own variables go over the definition's, and its lines into the group that the definition names."""
    logs.create_log_group(logGroupName="/aws/batch/toys")
    text = "import os, sys; print(os.environ['A'], os.environ['B'], sys.argv[1])"
    log = {"logDriver": "awslogs", "options": {"awslogs-group": "/aws/batch/toys", "awslogs-stream-prefix": "train"}}
    over = until(
        batch,
        submit(
            container={
                "command": ["python3", "-c", text, "Ref::day"], "logConfiguration": log, "executionRoleArn": agent_role,
                "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}],
            },
            job={"containerOverrides": {"environment": [{"name": "B", "value": "2"}]}, "parameters": {"day": "friday"}},
        ),
        *OVER,
    )  # fmt: skip

    assert over["status"] == "SUCCEEDED"
    assert over["container"]["logStreamName"].startswith("train/default/")
    assert lines_of(logs, "/aws/batch/toys", over["container"]["logStreamName"]) == ["1 2 friday"]


def test_a_job_whose_machine_is_reclaimed_is_tried_again(
    batch: Any, submit: Callable[..., str], gateway: Gateway, logs: Any
) -> None:
    """Spot is cheap because this happens."""
    job = submit(WAIT_IN_FIRST, retryStrategy={"attempts": 3, "evaluateOnExit": ONCE_MORE})
    stream = until(batch, job, "RUNNING")
    wait_for_line(logs, stream["container"].get("logStreamName", ""), "attempt 1")
    reclaim(gateway, job)

    over = until(batch, job, *OVER)

    assert over["status"] == "SUCCEEDED"
    assert [each["statusReason"] for each in over["attempts"]] == [
        "Your Spot Task was interrupted.", "Essential container in task exited",
    ]  # fmt: skip
    assert len({each["container"]["logStreamName"] for each in over["attempts"]}) == 2
    with pytest.raises(HTTPError):
        reclaim(gateway, job)


def test_only_spot_is_reclaimed(batch: Any, submit: Callable[..., str], gateway: Gateway) -> None:
    make_queue(batch, "kept", "FARGATE")
    job = submit("import time; time.sleep(60)", job={"jobQueue": "kept"})
    until(batch, job, "RUNNING")

    with pytest.raises(HTTPError) as refused:
        reclaim(gateway, job)

    assert refused.value.code == 404
    batch.terminate_job(jobId=job, reason="enough")


@pytest.mark.parametrize(("strategy", "attempts"), [
    ({"attempts": 3}, 3),
    ({"attempts": 3, "evaluateOnExit": ONCE_MORE}, 1),
    ({"attempts": 3, "evaluateOnExit": [{"onExitCode": "3", "action": "exit"}]}, 1),
    ({"attempts": 2, "evaluateOnExit": [{"onExitCode": "4*", "action": "exit"}]}, 2),
])  # fmt: skip
def test_a_failure_of_the_code_is_tried_again_as_the_strategy_says(
    batch: Any, submit: Callable[..., str], strategy: dict[str, Any], attempts: int
) -> None:
    over = until(batch, submit("raise SystemExit(3)", retryStrategy=strategy), *OVER)

    assert (over["status"], over["container"]["exitCode"], len(over["attempts"])) == ("FAILED", 3, attempts)


def test_a_job_is_ended_by_hand_or_by_the_clock_for_good(batch: Any, submit: Callable[..., str]) -> None:
    """AWS tries neither again."""
    ended = submit("import time; time.sleep(60)", retryStrategy={"attempts": 3})
    until(batch, ended, "RUNNING")
    batch.terminate_job(jobId=ended, reason="no longer wanted")
    late = submit("import time; time.sleep(60)", retryStrategy={"attempts": 3}, timeout={"attemptDurationSeconds": 60},
                  job={"timeout": {"attemptDurationSeconds": 60}})  # fmt: skip
    over = until(batch, ended, *OVER)

    assert (over["status"], over["statusReason"], len(over["attempts"])) == ("FAILED", "no longer wanted", 1)
    batch.terminate_job(jobId=late, reason="waited enough")
    assert until(batch, late, *OVER)["statusReason"] == "waited enough"


@pytest.mark.parametrize(("container", "words"), [
    ({"image": "nobody/knows:1"}, "CannotPullContainerError"),
    ({"command": ["no-such-program"]}, "CannotStartContainerError: no-such-program"),
    ({"command": []}, "the definition has no command"),
    ({"jobRoleArn": f"arn:aws:iam::{ACCOUNT}:role/nobody"}, "unable to assume the role"),
])  # fmt: skip
def test_what_cannot_run_fails_with_its_reason(
    batch: Any, submit: Callable[..., str], container: dict[str, Any], words: str
) -> None:
    """A job that never ran must not turn a pipeline green."""
    over = until(batch, submit(container=container), *OVER)

    assert (over["status"], over["statusReason"]) == ("FAILED", "Task failed to start")
    assert words in over["container"]["reason"]
    assert "exitCode" not in over["container"]


def test_an_execution_role_without_the_right_to_log_fails_the_job(
    batch: Any, submit: Callable[..., str], task_role: str
) -> None:
    over = until(batch, submit(container={"executionRoleArn": task_role}), *OVER)

    assert "ResourceInitializationError" in over["container"]["reason"]


def test_jobs_are_found_by_name_or_by_state(batch: Any, submit: Callable[..., str], queue: str) -> None:
    """A task that is tried again looks for the job of its first request."""
    job = submit(job={"jobName": "train-1"})
    until(batch, job, *OVER)
    named = batch.list_jobs(jobQueue=queue, filters=[{"name": "JOB_NAME", "values": ["train-1"]}])["jobSummaryList"]

    assert [each["jobId"] for each in named] == [job]
    assert batch.list_jobs(jobQueue=queue, jobStatus="SUCCEEDED")["jobSummaryList"][0]["jobId"] == job
    assert batch.list_jobs(jobQueue=queue)["jobSummaryList"] == []


def test_a_job_is_submitted_on_its_definition_and_on_its_queue(
    batch: Any, submit: Callable[..., str], queue: str, make_user: Callable[..., Any]
) -> None:
    """A right on one of both must not do."""
    definition = described(batch, submit())["jobDefinition"].rpartition(":")[0]
    queue_arn = f"arn:aws:batch:us-east-1:{ACCOUNT}:job-queue/{queue}"
    asked = {"jobName": "x", "jobQueue": queue, "jobDefinition": definition.rsplit("/", 1)[-1]}

    only_one = make_user(f"half-{queue}", policy(("batch:SubmitJob", definition)))("batch")
    with pytest.raises(ClientError, match=f"batch:SubmitJob on resource: {queue_arn}"):
        only_one.submit_job(**asked)
    both = make_user(f"whole-{queue}", policy(("batch:SubmitJob", [definition, queue_arn])))("batch")
    assert json.dumps(both.submit_job(**asked)["jobName"]) == '"x"'


def wait_for_line(logs: Any, stream: str, line: str) -> None:
    """Until it is in the log."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if line in lines_of(logs, "/aws/batch/job", stream):
            return
        time.sleep(0.1)
    raise AssertionError(f"{line!r} is not in {stream}")
