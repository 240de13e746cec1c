"""The real train.py on Batch: what the definition of modules/batch begins with, over the archive that is shipped."""

from __future__ import annotations

import io
import json
import tarfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from tests.localaws.batch.conftest import OVER, until
from tests.localaws.helpers import REGISTRY, REPOSITORY, Gateway, lines_of
from tests.stockcast.generated import silver

from shipping.package import job_files, tar_gz_bytes

BEGIN = (REPOSITORY / "modules/batch/begin.py").read_text()
HYPERPARAMETERS = {"epochs": "2", "batch_size": "32", "seeds": "0,1", "units": "4"}


@pytest.mark.extended
def test_a_training_on_batch_goes_on_after_a_reclaim_and_leaves_the_bundle(
    batch: Any, queue: str, task_role: str, s3: Any, logs: Any, gateway: Gateway, tmp_path: Path
) -> None:
    """Taken away after its first epoch: the second attempt finds the checkpoint, and SageMaker's key the bundle."""
    silver(["AAPL", "GOOG"], 1100, train=0.45, validation=0.2).write_parquet(tmp_path / "part.parquet")
    s3.upload_file(str(tmp_path / "part.parquet"), "lake", "bars/part.parquet")
    s3.put_object(Bucket="models", Key="code/source.tar.gz", Body=tar_gz_bytes(job_files(REPOSITORY)))
    asked = {
        "STOCKCAST_COMMIT": "0a1b2c",
        "TRAINING_CHANNELS": json.dumps({"bars": "s3://lake/bars/"}),
        "TRAINING_CHECKPOINTS": "s3://models/checkpoints/on-batch/",
        "TRAINING_HYPERPARAMETERS": json.dumps(HYPERPARAMETERS),
        "TRAINING_JOB_NAME": "on-batch-1",
        "TRAINING_OUTPUT": "s3://models/training",
        "TRAINING_SOURCE": "s3://models/code/source.tar.gz",
    }
    batch.register_job_definition(
        jobDefinitionName="train", type="container",
        containerProperties={
            "image": f"{REGISTRY}/jobs-only:1", "command": ["python3", "-c", BEGIN], "jobRoleArn": task_role,
            "resourceRequirements": [{"type": "VCPU", "value": "2"}, {"type": "MEMORY", "value": "8192"}],
        },
        retryStrategy={"attempts": 2, "evaluateOnExit": [
            {"onStatusReason": "Your Spot Task was interrupted*", "action": "retry"},
            {"onReason": "*", "action": "exit"},
        ]},
    )  # fmt: skip
    environment = [{"name": name, "value": value} for name, value in asked.items()]
    job = batch.submit_job(
        jobName="on-batch-1", jobQueue=queue, jobDefinition="train", containerOverrides={"environment": environment}
    )["jobId"]

    await_checkpoint(s3, batch, logs, job)
    url = f"{gateway.url}/_localaws/batch-jobs/{job}/reclaim"
    request = urllib.request.Request(url, b"{}", {"content-type": "application/json"})
    urllib.request.urlopen(request, timeout=5).close()
    over = until(batch, job, *OVER, seconds=150)

    lines = lines_of(logs, "/aws/batch/job", over["container"]["logStreamName"])
    assert over["status"] == "SUCCEEDED", lines[-10:]
    assert len(over["attempts"]) == 2
    assert any("goes on after epoch" in line for line in lines), lines
    body = s3.get_object(Bucket="models", Key="training/on-batch-1/output/model.tar.gz")["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as opened:
        names = set(opened.getnames())
        recipe = json.loads(opened.extractfile("recipe.json").read())  # type: ignore[union-attr]
        metrics = json.loads(opened.extractfile("metrics.json").read())  # type: ignore[union-attr]
    assert {"model.onnx", "members/seed-0.onnx", "members/seed-1.onnx"} <= names
    assert recipe["model_version"] == "on-batch-1"
    assert (metrics["commit"], metrics["hyperparameters"]["epochs"]) == ("0a1b2c", 2)


def await_checkpoint(s3: Any, batch: Any, logs: Any, job: str) -> None:
    """Until the first attempt has sent one."""
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline:
        if s3.list_objects_v2(Bucket="models", Prefix="checkpoints/on-batch/")["KeyCount"]:
            return
        found = batch.describe_jobs(jobs=[job])["jobs"][0]
        assert found["status"] not in OVER, lines_of(logs, "/aws/batch/job", found["container"]["logStreamName"])[-10:]
        time.sleep(0.2)
    raise AssertionError("no checkpoint came")
