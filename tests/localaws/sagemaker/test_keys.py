"""Keys for disks and outputs: a right that is missing must fail here, not in the first job on AWS."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import REGISTRY, archive, policy

NAMES = iter(range(1000))
LAKE = ("s3:*", ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*", "arn:aws:s3:::models/*"])


@pytest.fixture(scope="module")
def key(gateway: Any) -> str:
    """An enabled key; its ARN."""
    arn: str = gateway.client("kms").create_key(Description="of disks")["KeyMetadata"]["Arn"]
    return arn


@pytest.fixture(scope="module")
def asker(make_user: Any, key: str) -> Any:
    """SageMaker as somebody who may do everything in it and nothing with the key."""
    return make_user("asker", policy(("sagemaker:*", "*"), ("iam:PassRole", "*")))("sagemaker")


@pytest.fixture(scope="module")
def lending_role(iam: Any, make_role: Any, s3: Any, key: str) -> str:
    """An execution role that may lend the key to AWS's machines, and encrypt with it."""
    name = "lending"
    role: str = make_role(name, policy(LAKE, (["kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"], key)))
    lend = {"Effect": "Allow", "Action": "kms:CreateGrant", "Resource": key}
    lend["Condition"] = {"Bool": {"kms:GrantIsForAWSResource": "true"}}  # type: ignore[assignment]
    document = json.dumps({"Version": "2012-10-17", "Statement": [lend]})
    iam.put_role_policy(RoleName=name, PolicyName="lend", PolicyDocument=document)
    return role


@pytest.fixture(scope="module")
def poor_role(make_role: Any, s3: Any, key: str) -> str:
    """An execution role without any right to the key."""
    role: str = make_role("poor", policy(LAKE))
    return role


@pytest.fixture
def process() -> Callable[..., None]:
    """Ask for a processing job."""

    def ask(sagemaker: Any, role: str, disk: str = "", output: str = "", machine: str = "ml.m5.large") -> None:
        cluster: dict[str, Any] = {"InstanceType": machine, "InstanceCount": 1, "VolumeSizeInGB": 5}
        request: dict[str, Any] = {
            "ProcessingJobName": f"keyed-{next(NAMES)}",
            "RoleArn": role,
            "AppSpecification": {"ImageUri": f"{REGISTRY}/toy:1", "ContainerEntrypoint": ["python3", "-V"]},
            "ProcessingResources": {"ClusterConfig": cluster | ({"VolumeKmsKeyId": disk} if disk else {})},
        }
        if output:
            request["ProcessingOutputConfig"] = {"KmsKeyId": output, "Outputs": []}
        sagemaker.create_processing_job(**request)

    return ask


def train(sagemaker: Any, role: str, disk: str) -> None:
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5, "VolumeKmsKeyId": disk}
    sagemaker.create_training_job(
        TrainingJobName=f"keyed-{next(NAMES)}", RoleArn=role, ResourceConfig=resources,
        AlgorithmSpecification={"TrainingImage": f"{REGISTRY}/toy:1", "TrainingInputMode": "File"},
        OutputDataConfig={"S3OutputPath": "s3://lake/out"}, StoppingCondition={"MaxRuntimeInSeconds": 60},
    )  # fmt: skip


def test_a_job_whose_role_may_lend_the_key_is_taken(
    process: Any, asker: Any, sagemaker: Any, lending_role: str, key: str
) -> None:
    process(asker, lending_role, disk=key, output=key)
    train(asker, lending_role, key)


def test_a_job_is_refused_when_nobody_may_lend_the_key(
    process: Any, asker: Any, lending_role: str, poor_role: str, key: str
) -> None:
    """On AWS the machine would not come up."""
    with pytest.raises(ClientError, match="kms:DescribeKey"):
        process(asker, poor_role, disk=key)
    with pytest.raises(ClientError, match="kms:DescribeKey"):
        train(asker, poor_role, key)


def test_knowing_a_key_is_not_lending_it(process: Any, asker: Any, make_role: Any, key: str) -> None:
    knowing = make_role("knowing", policy(LAKE, ("kms:DescribeKey", key)))

    with pytest.raises(ClientError, match="kms:CreateGrant"):
        process(asker, knowing, disk=key)


def test_whoever_asks_may_lend_the_key_for_the_role(process: Any, sagemaker: Any, poor_role: str, key: str) -> None:
    process(sagemaker, poor_role, disk=key)


def test_an_output_that_its_role_may_not_encrypt_is_refused(
    process: Any, sagemaker: Any, poor_role: str, key: str
) -> None:
    """Here the role alone counts: it is the role that writes."""
    with pytest.raises(ClientError, match="must be allowed kms:Encrypt"):
        process(sagemaker, poor_role, output=key)


def test_a_key_that_is_not_there_or_on_its_way_out_is_refused(
    process: Any, sagemaker: Any, lending_role: str, gateway: Any
) -> None:
    kms = gateway.client("kms")
    leaving = kms.create_key()["KeyMetadata"]["Arn"]
    kms.schedule_key_deletion(KeyId=leaving, PendingWindowInDays=7)

    with pytest.raises(ClientError, match="does not exist"):
        process(sagemaker, lending_role, disk=leaving.rsplit("/", 1)[0] + "/none")
    with pytest.raises(ClientError, match="must be Enabled"):
        process(sagemaker, lending_role, disk=leaving)


@pytest.mark.parametrize("machine", ["ml.r5d.large", "ml.g5.xlarge", "ml.g4dn.xlarge"])
def test_a_machine_with_its_own_disk_takes_no_key(
    process: Any, sagemaker: Any, lending_role: str, key: str, machine: str
) -> None:
    with pytest.raises(ClientError, match="VolumeKmsKeyId is not supported for instance type"):
        process(sagemaker, lending_role, disk=key, machine=machine)


def test_an_endpoint_is_refused_to_those_who_may_not_lend_its_key(
    make_user: Any, sagemaker: Any, s3: Any, poor_role: str, asker: Any, key: str
) -> None:
    """For endpoints AWS asks whoever makes them, which is Airflow's role."""
    s3.put_object(Bucket="models", Key="keyed/model.tar.gz", Body=archive(factor="3"))
    container = {"Image": f"{REGISTRY}/toy:1", "ModelDataUrl": "s3://models/keyed/model.tar.gz"}
    sagemaker.create_model(ModelName="keyed", ExecutionRoleArn=poor_role, PrimaryContainer=container)
    variants = [{"VariantName": "main", "ModelName": "keyed", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}]
    own_disk = [variants[0] | {"InstanceType": "ml.m5d.large"}]

    with pytest.raises(ClientError, match="kms:DescribeKey"):
        asker.create_endpoint_config(EndpointConfigName="keyed", ProductionVariants=variants, KmsKeyId=key)
    with pytest.raises(ClientError, match="KmsKeyId is not supported"):
        sagemaker.create_endpoint_config(EndpointConfigName="keyed", ProductionVariants=own_disk, KmsKeyId=key)
    sagemaker.create_endpoint_config(EndpointConfigName="keyed", ProductionVariants=variants, KmsKeyId=key)
    with pytest.raises(ClientError, match="kms:CreateGrant"):
        asker.create_endpoint(EndpointName="keyed", EndpointConfigName="keyed")
    assert sagemaker.list_endpoints(NameContains="keyed")["Endpoints"] == []
