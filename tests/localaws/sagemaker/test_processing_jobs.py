"""Processing jobs: inputs down, the program on /opt/ml/processing/..., outputs up."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.localaws.helpers import REGISTRY, lines_of, wait_for

CLEAN = """
import argparse, os, pathlib, sys
p = argparse.ArgumentParser()
for name in ("bronze", "silver", "mode"):
    p.add_argument("--" + name)
a = p.parse_args()
sys.path.insert(0, os.path.dirname(__file__))
import library
print("cleaning for", library.WHO, flush=True)
if a.mode == "fail":
    sys.exit(7)
out = pathlib.Path(a.silver, "bars/year=2013")
out.mkdir(parents=True)
text = pathlib.Path(a.bronze, "symbol=AAPL.json").read_text().upper()
(out / "part.txt").write_text(text + "|" + os.getcwd() + "|" + os.environ["OUT"])
"""


@pytest.fixture(scope="module")
def start(sagemaker: Any, s3: Any, job_role: str) -> Callable[..., dict[str, Any]]:
    """Start a job and wait for its end; keywords change the request."""
    s3.put_object(Bucket="lake", Key="jobs/files/training/clean.py", Body=CLEAN.encode())
    s3.put_object(Bucket="lake", Key="jobs/files/training/library.py", Body=b"WHO = 'toys'\n")
    s3.put_object(Bucket="lake", Key="raw/day=2013-03-01/symbol=AAPL.json", Body=b"aapl")

    def run(name: str, image: str = "jobs-only:1", mode: str = "well", **changes: Any) -> dict[str, Any]:
        def given(local: str, uri: str) -> dict[str, Any]:
            path = f"/opt/ml/processing/input/{local}"
            source = {"S3Uri": uri, "LocalPath": path, "S3DataType": "S3Prefix", "S3InputMode": "File"}
            return {"InputName": local, "S3Input": source}

        program = "/opt/ml/processing/input/code/training/clean.py"
        arguments = [
            "--bronze=/opt/ml/processing/input/bronze",
            "--silver",
            "/opt/ml/processing/output",
            "--mode",
            mode,
        ]
        target = {"S3Uri": "s3://lake/silver/", "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
        request = {
            "ProcessingJobName": name,
            "RoleArn": job_role,
            "AppSpecification": {
                "ImageUri": f"{REGISTRY}/{image}",
                "ContainerEntrypoint": ["python3", program],
                "ContainerArguments": arguments,
            },
            "Environment": {"OUT": "/opt/ml/processing/output"},
            "ProcessingInputs": [
                given("code", "s3://lake/jobs/files"),
                given("bronze", "s3://lake/raw/day=2013-03-01/"),
            ],
            "ProcessingOutputConfig": {"Outputs": [{"OutputName": "silver", "S3Output": target}]},
            "ProcessingResources": {
                "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 5}
            },
        }
        sagemaker.create_processing_job(**{**request, **changes})
        describe = lambda: sagemaker.describe_processing_job(ProcessingJobName=name)  # noqa: E731
        return wait_for(describe, "ProcessingJobStatus", ("InProgress", "Stopping"))

    return run


@pytest.fixture(scope="module")
def cleaned(start: Callable[..., Any]) -> dict[str, Any]:
    """A job that did its work."""
    return start("cleans")


def test_a_job_reads_its_inputs_and_writes_its_outputs(cleaned: dict[str, Any], s3: Any, gateway: Any) -> None:
    """Arguments and variables name the container's paths; both must lead into the job's folder."""
    assert cleaned["ProcessingJobStatus"] == "Completed", cleaned.get("FailureReason")
    written = s3.get_object(Bucket="lake", Key="silver/bars/year=2013/part.txt")["Body"].read().decode()
    folder = f"{gateway.folder}/state/processing/cleans"
    assert written == f"AAPL|{folder}|{folder}/opt/ml/processing/output"


@pytest.mark.usefixtures("cleaned")
def test_its_lines_are_in_cloudwatch_logs(logs: Any) -> None:
    """The log group is AWS's, so a link to it works in both places."""
    assert lines_of(logs, "/aws/sagemaker/ProcessingJobs", "cleans/algo-1-") == ["cleaning for toys"]


def test_a_program_that_exits_badly_fails_the_job_and_uploads_nothing(start: Callable[..., Any], s3: Any) -> None:
    """Half a silver layer would be read by the next job."""
    target = {"S3Uri": "s3://lake/half/", "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}

    job = start(
        "exits", mode="fail", ProcessingOutputConfig={"Outputs": [{"OutputName": "silver", "S3Output": target}]}
    )

    assert job["ProcessingJobStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: See job logs for more information, exit code: 7"
    assert s3.list_objects_v2(Bucket="lake", Prefix="half/")["KeyCount"] == 0


def test_a_missing_script_fails_the_job(start: Callable[..., Any]) -> None:
    """Not found is not success."""
    application = {
        "ImageUri": f"{REGISTRY}/jobs-only:1",
        "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/training/none.py"],
    }

    job = start("no-script", AppSpecification=application)

    assert job["ProcessingJobStatus"] == "Failed"
    assert "exit code: 2" in job["FailureReason"]


@pytest.mark.parametrize(("name", "entry"), [("no-entry", []), ("spark", ["smspark-submit", "x.py"])])
def test_an_entry_point_that_cannot_be_run_here_fails_the_job(
    start: Callable[..., Any], name: str, entry: list[str]
) -> None:
    """An image is an interpreter here; whatever else it holds on AWS does not exist."""
    application: dict[str, Any] = {"ImageUri": f"{REGISTRY}/jobs-only:1"}
    if entry:
        application["ContainerEntrypoint"] = entry

    job = start(name, AppSpecification=application)

    assert job["ProcessingJobStatus"] == "Failed"
    assert "begin ContainerEntrypoint with python3" in job["FailureReason"]


def test_a_role_that_may_not_read_the_input_fails_the_job(
    start: Callable[..., Any], make_role: Callable[..., str]
) -> None:
    """The reason names the action that the role lacks."""
    job = start("blind", RoleArn=make_role("blind", None))

    assert job["ProcessingJobStatus"] == "Failed"
    assert "s3:ListBucket" in job["FailureReason"] and "assumed-role/blind" in job["FailureReason"]


def test_a_job_that_runs_too_long_is_stopped(start: Callable[..., Any], s3: Any) -> None:
    """A stuck job must not hold the pipeline for ever."""
    s3.put_object(Bucket="lake", Key="jobs/files/training/sleep.py", Body=b"import time; time.sleep(60)")
    application = {
        "ImageUri": f"{REGISTRY}/jobs-only:1",
        "ContainerEntrypoint": ["python3", "/opt/ml/processing/input/code/training/sleep.py"],
    }

    job = start("stuck", AppSpecification=application, StoppingCondition={"MaxRuntimeInSeconds": 1})

    assert job["ProcessingJobStatus"] == "Stopped"


def test_what_was_asked_for_is_described(cleaned: dict[str, Any]) -> None:
    """Airflow reads the outputs back from here."""
    assert cleaned["AppSpecification"]["ContainerEntrypoint"][0] == "python3"
    assert json.dumps(cleaned["ProcessingOutputConfig"]).count("s3://lake/silver/") == 1
    assert cleaned["ProcessingEndTime"] >= cleaned["ProcessingStartTime"] >= cleaned["CreationTime"]
