"""Transform jobs send every object through a model."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import REGISTRY, archive, wait_for


@pytest.fixture(scope="module", autouse=True)
def model(sagemaker: Any, s3: Any, job_role: str) -> None:
    """A model that triples, and objects to triple."""
    s3.put_object(Bucket="models", Key="triple/model.tar.gz", Body=archive(factor="3"))
    s3.put_object(Bucket="lake", Key="ask/day=1/a.json", Body=b"1\n2")
    s3.put_object(Bucket="lake", Key="ask/day=1/b.json", Body=b"5")
    s3.put_object(Bucket="lake", Key="nonsense/a.json", Body=b"{bad")
    container = {"Image": f"{REGISTRY}/toy:1", "ModelDataUrl": "s3://models/triple/model.tar.gz"}
    sagemaker.create_model(ModelName="triple", ExecutionRoleArn=job_role, PrimaryContainer=container)


def transform(sagemaker: Any, name: str, prefix: str, model: str = "triple") -> dict[str, Any]:
    """Run a job over a prefix, line by line."""
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://lake/{prefix}"}}
    sagemaker.create_transform_job(
        TransformJobName=name,
        ModelName=model,
        TransformInput={"ContentType": "application/json", "DataSource": source, "SplitType": "Line"},
        TransformOutput={"S3OutputPath": f"s3://lake/answers/{name}", "AssembleWith": "Line"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )
    describe = lambda: sagemaker.describe_transform_job(TransformJobName=name)  # noqa: E731
    return wait_for(describe, "TransformJobStatus", ("InProgress",))


def test_every_object_gets_an_answer_beside_its_name(sagemaker: Any, s3: Any) -> None:
    """One answer per line, one file per object."""
    job = transform(sagemaker, "triples", "ask/")

    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    first = s3.get_object(Bucket="lake", Key="answers/triples/day=1/a.json.out")["Body"].read()
    second = s3.get_object(Bucket="lake", Key="answers/triples/day=1/b.json.out")["Body"].read()
    assert (first, second) == (b'{"value": 3.0}\n{"value": 6.0}', b'{"value": 15.0}')


def test_an_object_that_the_model_refuses_fails_the_job(sagemaker: Any) -> None:
    """A hole in a day of forecasts must not pass for a day."""
    job = transform(sagemaker, "refused", "nonsense/")

    assert job["TransformJobStatus"] == "Failed"
    assert "The model answered 400 for nonsense/a.json" in job["FailureReason"]


def test_a_prefix_without_objects_fails_the_job(sagemaker: Any) -> None:
    """Nothing in is nothing done."""
    assert "No S3 objects found" in transform(sagemaker, "nothing", "none/")["FailureReason"]


def test_a_job_needs_an_existing_model(sagemaker: Any) -> None:
    """The mistake shows at once."""
    with pytest.raises(ClientError, match="Could not find model"):
        transform(sagemaker, "no-model", "ask/", model="never-made")
