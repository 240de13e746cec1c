"""Spot training: checkpoints in S3, machines that are taken away, a job that goes on where it was."""

from __future__ import annotations

import io
import json
import tarfile
import time
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import REGISTRY, archive, lines_of, wait_for

STEPS = """
import os, pathlib, signal, sys, time
kept = pathlib.Path(os.environ["SM_CHECKPOINT_DIR"], "deep/step")
print("begins", flush=True)
done = int(kept.read_text()) if kept.exists() else 0
print(f"goes on after step {done}", flush=True)
signal.signal(signal.SIGTERM, lambda *_: (print("asked to end", flush=True), sys.exit(0)))
for step in range(done + 1, 4):
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(str(step))
    print(f"step: {step}", flush=True)
    if done == 0 and step == 2 and os.environ["WAIT"] == "yes":
        time.sleep(60)
pathlib.Path(os.environ["SM_MODEL_DIR"], "factor").write_text("1")
"""


ENVIRONMENT = {"SM_CHECKPOINT_DIR": "/opt/ml/checkpoints", "WAIT": "yes"}


@pytest.fixture(scope="module")
def start(sagemaker: Any, s3: Any, job_role: str) -> Callable[..., None]:
    """Start a spot job that waits after its second step unless it has a checkpoint."""
    s3.put_object(Bucket="lake", Key="code/steps.tar.gz", Body=archive(train_py=STEPS))

    def run(name: str, **changes: Any) -> None:
        request = {
            "TrainingJobName": name,
            "RoleArn": job_role,
            "AlgorithmSpecification": {
                "TrainingImage": f"{REGISTRY}/toy:1",
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "step", "Regex": "^step: ([0-9]+)"}],
            },
            "HyperParameters": {
                "sagemaker_program": "train.py",
                "sagemaker_submit_directory": "s3://lake/code/steps.tar.gz",
            },
            "CheckpointConfig": {"S3Uri": f"s3://models/checkpoints/{name}"},
            "EnableManagedSpotTraining": True,
            "Environment": ENVIRONMENT,
            "OutputDataConfig": {"S3OutputPath": "s3://models/training"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
            "StoppingCondition": {"MaxRuntimeInSeconds": 50, "MaxWaitTimeInSeconds": 60},
        }
        sagemaker.create_training_job(**{**request, **changes})

    return run


def reclaim(gateway: Any, name: str) -> None:
    """What AWS does when it wants its machines back."""
    request = urllib.request.Request(
        f"{gateway.url}/_localaws/training-jobs/{name}/reclaim", b"{}", {"content-type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=5).close()


def step_in_s3(s3: Any, name: str) -> str:
    found = s3.list_objects_v2(Bucket="models", Prefix=f"checkpoints/{name}/deep/step")
    if not found["KeyCount"]:
        return "0"
    kept: bytes = s3.get_object(Bucket="models", Key=f"checkpoints/{name}/deep/step")["Body"].read()
    return kept.decode()


def test_a_job_whose_machine_is_reclaimed_goes_on_from_its_checkpoint(
    start: Callable[..., None], sagemaker: Any, s3: Any, logs: Any, gateway: Any
) -> None:
    """Spot is cheap because this happens; a training that began anew each time might never end."""
    start("reclaimed")
    describe = lambda: sagemaker.describe_training_job(TrainingJobName="reclaimed")  # noqa: E731
    wait_for(lambda: {"step": step_in_s3(s3, "reclaimed")}, "step", ("0", "1"))  # copied while it runs

    reclaim(gateway, "reclaimed")
    job = wait_for(describe, "TrainingJobStatus", ("InProgress",))

    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert [step["Status"] for step in job["SecondaryStatusTransitions"]] == [
        "Starting", "Downloading", "Training", "Interrupted", "Starting", "Downloading", "Training", "Uploading",
        "Completed",
    ]  # fmt: skip
    assert job["BillableTimeInSeconds"] >= 1
    assert [(metric["MetricName"], metric["Value"]) for metric in job["FinalMetricDataList"]] == [("step", 3)]
    streams = logs.describe_log_streams(
        logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix="reclaimed/algo-1-"
    )["logStreams"]
    told = [lines_of(logs, "/aws/sagemaker/TrainingJobs", stream["logStreamName"]) for stream in streams]
    assert sorted(told) == [
        ["begins", "goes on after step 0", "step: 1", "step: 2", "asked to end"],
        ["begins", "goes on after step 2", "step: 3"],
    ]
    assert step_in_s3(s3, "reclaimed") == "3"


def test_another_job_with_the_same_place_goes_on_from_it(start: Callable[..., None], sagemaker: Any, s3: Any) -> None:
    """A task that is tried again has a new job name, and the same checkpoints."""
    s3.put_object(Bucket="models", Key="checkpoints/shared/deep/step", Body=b"2")

    start("second-try", CheckpointConfig={"S3Uri": "s3://models/checkpoints/shared/"})

    job = wait_for(
        lambda: sagemaker.describe_training_job(TrainingJobName="second-try"), "TrainingJobStatus", ("InProgress",)
    )
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert [metric["Value"] for metric in job["FinalMetricDataList"]] == [3]


def test_checkpoints_that_cannot_be_kept_fail_the_job(start: Callable[..., None], sagemaker: Any) -> None:
    """Found out at the first interruption, it would be too late."""
    start(
        "closed-checkpoints", CheckpointConfig={"S3Uri": "s3://closed/checkpoints"}, EnableManagedSpotTraining=False,
        StoppingCondition={"MaxRuntimeInSeconds": 50}, Environment={**ENVIRONMENT, "WAIT": "no"},
    )  # fmt: skip

    job = wait_for(
        lambda: sagemaker.describe_training_job(TrainingJobName="closed-checkpoints"),
        "TrainingJobStatus", ("InProgress",),
    )  # fmt: skip
    assert job["TrainingJobStatus"] == "Failed"
    assert "s3://closed/checkpoints" in job["FailureReason"] and "toy-jobs" in job["FailureReason"]


def test_a_job_that_is_not_spot_keeps_its_machines(start: Callable[..., None], sagemaker: Any, gateway: Any) -> None:
    start("on-demand", EnableManagedSpotTraining=False, StoppingCondition={"MaxRuntimeInSeconds": 50})

    with pytest.raises(HTTPError) as refused:
        reclaim(gateway, "on-demand")

    assert "is no spot job" in json.load(refused.value)["message"]
    sagemaker.stop_training_job(TrainingJobName="on-demand")


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("no-wait", {"StoppingCondition": {"MaxRuntimeInSeconds": 50}}),
        ("short-wait", {"StoppingCondition": {"MaxRuntimeInSeconds": 50, "MaxWaitTimeInSeconds": 49}}),
        ("waits-for-nothing", {"EnableManagedSpotTraining": False}),
    ],
)
def test_waiting_times_are_those_that_aws_takes(start: Callable[..., None], name: str, changes: dict) -> None:
    """Found out on AWS, a wrong one costs a deployment."""
    with pytest.raises(ClientError, match="MaxWaitTimeInSeconds"):
        start(name, **changes)


def test_the_processes_of_several_hosts_find_each_other(sagemaker: Any, s3: Any, logs: Any, job_role: str) -> None:
    """The data-parallel training is one script on every host; here each is a process of this machine."""
    script = """
import json, os, pathlib
cluster = json.loads(os.environ["TF_CONFIG"])
rank = cluster["task"]["index"]
assert json.loads(os.environ["SM_HOSTS"])[rank] == os.environ["SM_CURRENT_HOST"] == f"algo-{rank + 1}"
assert all(worker.startswith("127.0.0.1:") for worker in cluster["cluster"]["worker"])
seen = json.loads(pathlib.Path(os.environ["SM_INPUT_CONFIG_DIR"], "resourceconfig.json").read_text())
assert seen["current_host"] == f"algo-{rank + 1}" and seen["hosts"] == ["algo-1", "algo-2", "algo-3"]
pathlib.Path(os.environ["SM_MODEL_DIR"], f"part-{rank}").write_text(str(len(cluster["cluster"]["worker"])))
print("rank", rank)
"""
    job = run_hosts(sagemaker, s3, job_role, "three-hosts", script, count=3)

    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    model = s3.get_object(Bucket="models", Key="training/three-hosts/output/model.tar.gz")["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(model)) as opened:
        assert opened.getnames() == ["part-0", "part-1", "part-2"]
    told = [lines_of(logs, "/aws/sagemaker/TrainingJobs", f"three-hosts/algo-{number}-") for number in (1, 2, 3)]
    assert told == [["rank 0"], ["rank 1"], ["rank 2"]]


def test_one_host_that_fails_ends_the_others_at_once(sagemaker: Any, s3: Any, job_role: str) -> None:
    """The others would wait for its gradients until MaxRuntimeInSeconds, and every minute is billed."""
    script = """
import os, sys, time
if os.environ["SM_CURRENT_HOST"] == "algo-2":
    raise MemoryError("host two is full")
time.sleep(60)
"""
    began = time.monotonic()

    job = run_hosts(sagemaker, s3, job_role, "one-fails", script, count=2)

    assert job["TrainingJobStatus"] == "Failed"
    assert "MemoryError: host two is full" in job["FailureReason"]
    assert time.monotonic() - began < 20


def test_more_hosts_than_one_machine_can_be_are_refused(sagemaker: Any, s3: Any, job_role: str) -> None:
    job = run_hosts(sagemaker, s3, job_role, "nine-hosts", "print()", count=9)

    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: InstanceCount is 9; ")


def run_hosts(sagemaker: Any, s3: Any, job_role: str, name: str, script: str, count: int) -> dict[str, Any]:
    """Run a script on several hosts to its end."""
    s3.put_object(Bucket="lake", Key=f"code/{name}.tar.gz", Body=archive(train_py=script))
    sagemaker.create_training_job(
        TrainingJobName=name, RoleArn=job_role,
        AlgorithmSpecification={"TrainingImage": f"{REGISTRY}/toy:1", "TrainingInputMode": "File"},
        HyperParameters={
            "sagemaker_program": "train.py", "sagemaker_submit_directory": f"s3://lake/code/{name}.tar.gz",
        },
        OutputDataConfig={"S3OutputPath": "s3://models/training"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": count, "VolumeSizeInGB": 5},
        StoppingCondition={"MaxRuntimeInSeconds": 50},
    )  # fmt: skip
    return wait_for(lambda: sagemaker.describe_training_job(TrainingJobName=name), "TrainingJobStatus", ("InProgress",))
