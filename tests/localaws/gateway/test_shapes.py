"""Requests that AWS would refuse are refused here, in AWS's words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from tests.localaws.helpers import REGION, Gateway

from localaws.gateway import config as gateway_config
from localaws.gateway.checked import Checked
from localaws.gateway.messages import ServiceError
from localaws.gateway.own_services import OwnServices
from localaws.gateway.shapes import Shapes, for_python
from localaws.sagemaker.service import SageMaker


@pytest.fixture(scope="module")
def shapes() -> Shapes:
    """The shapes of a few actions."""
    read = Shapes("sagemaker")
    read.read(["CreateTrainingJob", "CreateModelPackageGroup", "CreateEndpointConfig", "ListTrainingJobs"])
    return read


@pytest.fixture(scope="module")
def unchecked(gateway: Gateway) -> Callable[..., Any]:
    """A client that sends whatever it is given, as another SDK or an older one might."""
    return boto3.session.Session().client(
        "sagemaker", endpoint_url=gateway.url, region_name=REGION, aws_access_key_id="test",
        aws_secret_access_key="test", config=Config(parameter_validation=False),
    )  # fmt: skip


AT = "failed to satisfy constraint: Member must"
WRONG: dict[str, tuple[str, dict[str, Any], str]] = {
    "a missing name": ("CreateModelPackageGroup", {}, f"Value null at 'modelPackageGroupName' {AT} not be null"),
    "a wrong name": (
        "CreateModelPackageGroup",
        {"ModelPackageGroupName": "a_b"},
        f"Value 'a_b' at 'modelPackageGroupName' {AT} satisfy regular expression pattern: ",
    ),
    "a long name": (
        "CreateModelPackageGroup",
        {"ModelPackageGroupName": "a" * 64},
        f"{AT} have length less than or equal to 63",
    ),
    "a field that is not there": (
        "CreateModelPackageGroup",
        {"ModelPackageGroupName": "a", "Colour": "red"},
        "Unknown parameter 'Colour'; must be one of: ",
    ),
    "a number for a name": (
        "CreateModelPackageGroup",
        {"ModelPackageGroupName": 5},
        f"Value '5' at 'modelPackageGroupName' {AT} be of type string",
    ),
    "no variant": (
        "CreateEndpointConfig",
        {"EndpointConfigName": "a", "ProductionVariants": []},
        f"at 'productionVariants' {AT} have length greater than or equal to 1",
    ),
    "an instance type that is none": (
        "CreateEndpointConfig",
        {"EndpointConfigName": "a", "ProductionVariants": [{"VariantName": "v", "InstanceType": "ml.huge"}]},
        f"Value 'ml.huge' at 'productionVariants.1.member.instanceType' {AT} satisfy enum value set: ",
    ),
    "a page that is too long": (
        "ListTrainingJobs",
        {"MaxResults": 1000},
        f"Value '1000' at 'maxResults' {AT} have value less than or equal to 100",
    ),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_wrong_request_is_told_where_and_why(shapes: Shapes, mistake: str) -> None:
    """A request that passes here and fails on AWS costs a deployment."""
    action, asked, words = WRONG[mistake]

    with pytest.raises(ServiceError, match=re.escape(words)) as refused:
        shapes.check(action, asked)

    assert refused.value.code == "ValidationException"


@pytest.fixture(scope="module")
def served(gateway: Gateway) -> dict[str, Shapes]:
    """The shapes of services of ours, by signing name."""
    config = gateway_config.read(gateway.folder / "gateway.json")
    sagemaker = SageMaker(config)
    others = OwnServices(config, sagemaker).by_signing_name()
    return {name: one.shapes for name, one in others.items() if isinstance(one, Checked)} | {
        "sagemaker": sagemaker.shapes
    }


def test_every_pattern_of_the_served_actions_can_be_used(served: dict[str, Shapes]) -> None:
    """A pattern that Python cannot read would turn a good request into an error."""
    patterns = [shape["pattern"] for shape in served["sagemaker"]._shapes.values() if "pattern" in shape]

    assert len(patterns) > 100
    for pattern in patterns:
        re.compile(for_python(pattern))


@pytest.mark.parametrize("name", ["application-autoscaling", "ce", "codeconnections", "emr-serverless"])
def test_the_patterns_of_the_smaller_services_can_be_used(served: dict[str, Shapes], name: str) -> None:
    """A policy's name is `\\p{Print}+` to AWS."""
    assert name in served

    patterns = [shape["pattern"] for shape in served[name]._shapes.values() if "pattern" in shape]

    assert patterns
    for pattern in patterns:
        re.compile(for_python(pattern))


def test_the_gateway_answers_a_wrong_request_with_400(unchecked: Any) -> None:
    """The same over the wire, from a client that does not check."""
    with pytest.raises(ClientError, match="2 validation errors detected") as refused:
        unchecked.create_model_package_group(ModelPackageGroupName="a_b", Tags=[{"Key": "no value"}])

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert refused.value.response["Error"]["Code"] == "ValidationException"
