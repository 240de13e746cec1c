"""Training jobs run for real, and fail as the real ones fail."""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import REGISTRY, archive, lines_of, wait_for

TRAIN = """
import argparse, json, os, pathlib, sys, time
import helper
p = argparse.ArgumentParser()
p.add_argument("--epochs", type=int)
p.add_argument("--mode", default="well")
a = p.parse_args()
if a.mode == "raise":
    raise ValueError("the bars are empty")
if a.mode == "note":
    pathlib.Path(os.environ["SM_OUTPUT_DIR"], "failure").write_text("no bars after 2013")
    sys.exit(2)
if a.mode == "sleep":
    pathlib.Path(os.environ["SM_MODEL_DIR"], "factor").write_text("1")
    print("sleeping", flush=True)
    time.sleep(60)
xs = [float(x) for x in pathlib.Path(os.environ["SM_CHANNEL_BARS"], "deep/d.csv").read_text().split()]
for epoch in range(a.epochs):
    print(f"epoch {epoch} loss: {1 / (epoch + 1):.3f}", flush=True)
pathlib.Path(os.environ["SM_MODEL_DIR"], "factor").write_text(str(helper.mean(xs)))
seen = {k: os.environ[k] for k in ("TRAINING_JOB_NAME", "STOCKCAST_STACK", "FLAVOUR", "HOME")}
pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "seen.json").write_text(json.dumps({"cwd": os.getcwd(), **seen}))
"""
HELPER = "def mean(xs):\n    return sum(xs) / len(xs)\n"


@pytest.fixture(scope="module")
def start(sagemaker: Any, s3: Any, job_role: str) -> Callable[..., dict[str, Any]]:
    """Start a job and wait for its end; keywords change the request."""
    s3.put_object(Bucket="lake", Key="code/source.tar.gz", Body=archive(train_py=TRAIN, helper_py=HELPER))
    s3.put_object(Bucket="lake", Key="bars/deep/d.csv", Body=b"1 2 3")

    def run(name: str, wait: bool = True, image: str = "toy:1", mode: str = "well", **changes: Any) -> dict[str, Any]:
        source = {"S3DataType": "S3Prefix", "S3Uri": "s3://lake/bars/"}
        request = {
            "TrainingJobName": name,
            "RoleArn": job_role,
            "AlgorithmSpecification": {
                "TrainingImage": f"{REGISTRY}/{image}",
                "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "loss", "Regex": "loss: ([0-9.]+)"}],
            },
            "HyperParameters": {
                "epochs": "4",
                "mode": f'"{mode}"',
                "sagemaker_program": '"train.py"',
                "sagemaker_submit_directory": '"s3://lake/code/source.tar.gz"',
            },
            "Environment": {"FLAVOUR": "plain"},
            "InputDataConfig": [{"ChannelName": "bars", "DataSource": {"S3DataSource": source}}],
            "OutputDataConfig": {"S3OutputPath": "s3://models/training"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
            "StoppingCondition": {"MaxRuntimeInSeconds": 50},
        }
        sagemaker.create_training_job(**{**request, **changes})
        busy = ("InProgress", "Stopping") if wait else ()
        return wait_for(lambda: sagemaker.describe_training_job(TrainingJobName=name), "TrainingJobStatus", busy)

    return run


@pytest.fixture(scope="module")
def trained(start: Callable[..., Any]) -> dict[str, Any]:
    """A job that trained well."""
    return start("listed-1")


@pytest.fixture(scope="module")
def failed(start: Callable[..., Any]) -> dict[str, Any]:
    """A job whose script wrote down why it failed."""
    return start("listed-2", mode="note")


def test_a_job_trains_on_its_channel_and_leaves_a_model(trained: dict[str, Any], s3: Any, gateway: Any) -> None:
    """The whole contract at once: data, code, arguments, variables, metrics, artefacts."""
    job = trained

    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert [step["Status"] for step in job["SecondaryStatusTransitions"]] == [
        "Starting", "Downloading", "Training", "Uploading", "Completed"
    ]  # fmt: skip
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == "s3://models/training/listed-1/output/model.tar.gz"
    assert [(m["MetricName"], m["Value"]) for m in job["FinalMetricDataList"]] == [("loss", 0.25)]
    model = s3.get_object(Bucket="models", Key="training/listed-1/output/model.tar.gz")["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(model)) as opened:
        assert opened.extractfile("factor").read() == b"2.0"  # type: ignore[union-attr]
    data = s3.get_object(Bucket="models", Key="training/listed-1/output/output.tar.gz")["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(data)) as opened:
        seen = opened.extractfile("seen.json").read().decode()  # type: ignore[union-attr]
    assert '"TRAINING_JOB_NAME": "listed-1"' in seen
    assert f'"STOCKCAST_STACK": "{gateway.stack_id}"' in seen
    assert '"FLAVOUR": "plain"' in seen
    assert str(gateway.folder / "state/training/listed-1") in seen


def test_its_lines_are_in_cloudwatch_logs(trained: dict[str, Any], logs: Any) -> None:
    """Without its log nobody can tell why a job failed."""
    lines = lines_of(logs, "/aws/sagemaker/TrainingJobs", f"{trained['TrainingJobName']}/algo-1-")

    assert lines == [f"epoch {n} loss: {1 / (n + 1):.3f}" for n in range(4)]


def test_a_script_that_raises_fails_the_job_with_its_last_words(start: Callable[..., Any], s3: Any) -> None:
    """A failed training must say why, and must leave no model that could be deployed."""
    job = start("raises", mode="raise")

    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: ExecuteUserScriptError:\nExitCode 1\n")
    assert "ValueError: the bars are empty" in job["FailureReason"]
    assert "ModelArtifacts" not in job
    assert s3.list_objects_v2(Bucket="models", Prefix="training/raises/")["KeyCount"] == 0


def test_the_failure_file_becomes_the_reason(failed: dict[str, Any]) -> None:
    """A script that writes output/failure is quoted, as on AWS."""
    assert failed["FailureReason"] == "AlgorithmError: no bars after 2013, exit code: 2"


@pytest.mark.parametrize(
    ("name", "image", "words"),
    [
        ("unknown-image", "never-built:1", "Cannot find the image"),
        ("gone-image", "gone:1", "no-such-python, which does not exist"),
    ],
)
def test_an_image_that_is_not_here_fails_the_job(start: Callable[..., Any], name: str, image: str, words: str) -> None:
    """It must never run in some other environment."""
    job = start(name, image=image)

    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: ") and words in job["FailureReason"]


def test_an_empty_channel_fails_the_job(start: Callable[..., Any]) -> None:
    """A misspelt prefix must not train on nothing."""
    source = {"S3DataType": "S3Prefix", "S3Uri": "s3://lake/misspelt/"}

    job = start("empty", InputDataConfig=[{"ChannelName": "bars", "DataSource": {"S3DataSource": source}}])

    assert job["TrainingJobStatus"] == "Failed"
    assert 'No S3 objects found under S3 URL "s3://lake/misspelt/"' in job["FailureReason"]


def test_a_program_that_the_archive_lacks_fails_the_job(start: Callable[..., Any]) -> None:
    """The reason names program and archive."""
    parameters = {"sagemaker_program": "other.py", "sagemaker_submit_directory": "s3://lake/code/source.tar.gz"}

    job = start("no-program", HyperParameters=parameters)

    assert job["FailureReason"] == "ClientError: The program other.py is not in s3://lake/code/source.tar.gz."


def test_a_role_that_may_not_write_the_model_fails_the_job(start: Callable[..., Any]) -> None:
    """A permission that is missing on AWS must be missing here: the job runs under its own role."""
    job = start("closed-output", OutputDataConfig={"S3OutputPath": "s3://closed/training"})

    assert job["TrainingJobStatus"] == "Failed"
    assert "s3:PutObject" in job["FailureReason"] and "toy-jobs" in job["FailureReason"]


def test_a_job_that_runs_too_long_is_stopped_and_keeps_its_model(start: Callable[..., Any]) -> None:
    """MaxRuntimeInSeconds is what stands between a loop and the bill."""
    job = start("too-long", mode="sleep", StoppingCondition={"MaxRuntimeInSeconds": 2})

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert job["ModelArtifacts"]["S3ModelArtifacts"].endswith("/too-long/output/model.tar.gz")


def test_a_job_can_be_stopped(start: Callable[..., Any], sagemaker: Any, logs: Any) -> None:
    """StopTrainingJob ends the process, not only the status."""
    start("stopped", wait=False, mode="sleep")
    describe = lambda: sagemaker.describe_training_job(TrainingJobName="stopped")  # noqa: E731
    wait_for(describe, "SecondaryStatus", ("Starting", "Downloading"))

    sagemaker.stop_training_job(TrainingJobName="stopped")

    started = time.monotonic()
    assert wait_for(describe, "TrainingJobStatus", ("InProgress", "Stopping"))["TrainingJobStatus"] == "Stopped"
    assert time.monotonic() - started < 20
    with pytest.raises(ClientError, match="is in status Stopped"):
        sagemaker.stop_training_job(TrainingJobName="stopped")


def test_a_name_is_used_once(start: Callable[..., Any], trained: dict[str, Any]) -> None:
    """Two runs of a DAG must not write into one job."""
    with pytest.raises(ClientError) as refused:
        start(trained["TrainingJobName"])

    assert refused.value.response["Error"]["Code"] == "ResourceInUse"


@pytest.mark.usefixtures("trained", "failed")
def test_jobs_are_listed_by_page_and_status(sagemaker: Any) -> None:
    """Airflow looks names up in these lists."""
    pages = sagemaker.get_paginator("list_training_jobs").paginate(
        NameContains="listed-", SortBy="Name", SortOrder="Ascending", PaginationConfig={"PageSize": 1}
    )
    failed = sagemaker.list_training_jobs(NameContains="listed-", StatusEquals="Failed")["TrainingJobSummaries"]

    assert [[job["TrainingJobName"] for job in page["TrainingJobSummaries"]] for page in pages] == [
        ["listed-1"],
        ["listed-2"],
    ]
    assert [job["TrainingJobName"] for job in failed] == ["listed-2"]


def test_an_unknown_job_is_a_validation_error(sagemaker: Any) -> None:
    """Airflow's hook tells "not there" by this code."""
    with pytest.raises(ClientError) as refused:
        sagemaker.describe_training_job(TrainingJobName="never-was")

    assert refused.value.response["Error"]["Code"] == "ValidationException"
