"""IAM bites: for callers of our own services, for jobs, for Lambda functions and for the local Airflow."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import ACCOUNT, REGION, REGISTRY, Gateway, policy, trust, zipped

from localaws import roles
from localaws.sagemaker import permissions
from localaws.sagemaker.place import Place

WRITER = """
import importlib.util, os, boto3
def handler(event, context):
    who = boto3.client("sts").get_caller_identity()["Arn"]
    boto3.client("s3").put_object(Bucket="lake", Key=event["key"], Body=b"x")
    return {
        "who": who, "localaws": str(importlib.util.find_spec("localaws")),
        "stack": os.environ["STOCKCAST_STACK"], "path": os.environ.get("PYTHONPATH"),
    }
"""
SAGEMAKER = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:"


def denied(call: Callable[[], Any]) -> str:
    """The message of the denial that a call must get."""
    with pytest.raises(ClientError) as refused:
        call()
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    return str(refused.value)


def test_a_user_is_held_to_the_names_it_may_use(make_user: Any) -> None:
    """The resource in a policy must mean the same here as on AWS."""
    client = make_user("team", policy(("sagemaker:CreateModelPackageGroup", f"{SAGEMAKER}model-package-group/team-*")))(
        "sagemaker"
    )

    client.create_model_package_group(ModelPackageGroupName="team-a")
    message = denied(lambda: client.create_model_package_group(ModelPackageGroupName="other"))

    assert "user/team is not authorized to perform: sagemaker:CreateModelPackageGroup" in message
    assert f"{SAGEMAKER}model-package-group/other" in message


def test_tags_while_creating_need_a_permission_of_their_own(make_user: Any) -> None:
    """On AWS the whole call fails without it."""
    client = make_user("untagged", policy(("sagemaker:CreateModelPackageGroup", "*")))("sagemaker")
    tags = [{"Key": "Project", "Value": "toys"}]

    message = denied(lambda: client.create_model_package_group(ModelPackageGroupName="tagged", Tags=tags))

    assert "sagemaker:AddTags" in message


def test_a_condition_on_request_tags_is_evaluated(make_user: Any) -> None:
    """Tag conditions are how one account is shared."""
    allow = {
        "Effect": "Allow", "Action": "sagemaker:*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:RequestTag/Project": "toys"}},
    }  # fmt: skip
    client = make_user("by-tag", json.dumps({"Version": "2012-10-17", "Statement": [allow]}))("sagemaker")

    client.create_model_package_group(ModelPackageGroupName="by-tag", Tags=[{"Key": "Project", "Value": "toys"}])

    denied(lambda: client.create_model_package_group(ModelPackageGroupName="no-tag"))


def training(name: str, role: str) -> dict[str, Any]:
    """A request whose job would fail, which does not matter here."""
    return {
        "TrainingJobName": name,
        "RoleArn": role,
        "AlgorithmSpecification": {"TrainingImage": f"{REGISTRY}/toy:1", "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": "s3://models/training"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }


def test_a_job_needs_the_right_to_pass_its_role(make_user: Any, job_role: str) -> None:
    """The permission that is forgotten most often, and found only on AWS."""
    create = ("sagemaker:CreateTrainingJob", "*")
    without = make_user("no-pass", policy(create))("sagemaker")
    allowed = make_user("pass", policy(create, ("iam:PassRole", job_role)))("sagemaker")

    message = denied(lambda: without.create_training_job(**training("not-passed", job_role)))

    assert "iam:PassRole" in message and job_role in message
    assert allowed.create_training_job(**training("passed", job_role))["TrainingJobArn"].endswith("/passed")


def test_a_role_can_be_passed_to_sagemaker_only(make_user: Any, job_role: str) -> None:
    """The usual condition on iam:PassRole."""
    allow = [
        {"Effect": "Allow", "Action": "sagemaker:CreateTrainingJob", "Resource": "*"},
        {
            "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*",
            "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
        },
    ]  # fmt: skip
    client = make_user("pass-to-lambda", json.dumps({"Version": "2012-10-17", "Statement": allow}))("sagemaker")

    assert "iam:PassRole" in denied(lambda: client.create_training_job(**training("to-lambda", job_role)))


@pytest.mark.parametrize("service", [None, "lambda.amazonaws.com"])
def test_a_role_that_sagemaker_cannot_assume_is_refused(
    sagemaker: Any, make_role: Callable[..., str], service: str | None
) -> None:
    """A role that does not exist, or trusts somebody else."""
    role = f"arn:aws:iam::{ACCOUNT}:role/never-made"
    if service:
        role = make_role("for-lambda-only", None, service)

    with pytest.raises(
        ClientError, match=r"Could not assume role .* allows principal 'sagemaker\.amazonaws\.com'"
    ) as e:
        sagemaker.create_training_job(**training("not-trusted", role))

    assert e.value.response["Error"]["Code"] == "ValidationException"


def test_invoking_an_endpoint_needs_its_permission(make_user: Any) -> None:
    """The runtime is checked like the control plane."""
    client = make_user("no-invoke", policy(("sagemaker:InvokeEndpoint", f"{SAGEMAKER}endpoint/mine")))(
        "sagemaker-runtime"
    )

    message = denied(lambda: client.invoke_endpoint(EndpointName="yours", Body=b"1"))
    with pytest.raises(ClientError, match=r"Endpoint mine of account \d+ not found"):
        client.invoke_endpoint(EndpointName="mine", Body=b"1")

    assert f"sagemaker:InvokeEndpoint on resource: {SAGEMAKER}endpoint/yours" in message


def test_an_unknown_key_and_a_wrong_secret_are_refused(gateway: Gateway, make_user: Any) -> None:
    """A signature must be checked by our own services too."""
    known = make_user("known", policy(("sagemaker:ListModels", "*")))("sagemaker")
    key = known._request_signer._credentials.access_key

    known.list_models()

    for access_key, code in (
        ("AKIAUNKNOWNUNKNOWNXX", "UnrecognizedClientException"),
        (key, "InvalidSignatureException"),
    ):
        with pytest.raises(ClientError) as refused:
            gateway.client("sagemaker", access_key, "not-the-secret").list_models()
        assert refused.value.response["Error"]["Code"] in (code, "SignatureDoesNotMatch")


@pytest.mark.parametrize(
    ("action", "asked", "resources"),
    [
        ("CreateEndpoint", {"EndpointName": "E", "EndpointConfigName": "C"}, ["endpoint/e", "endpoint-config/c"]),
        ("DescribeTrainingJob", {"TrainingJobName": "t"}, ["training-job/t"]),
        ("CreateModelPackage", {"ModelPackageGroupName": "g"}, ["model-package-group/g", "model-package/g/*"]),
        ("UpdateModelPackage", {"ModelPackageArn": f"{SAGEMAKER}model-package/g/3"}, ["model-package/g/3"]),
        ("GetModelPackageGroupPolicy", {"ModelPackageGroupName": "g"}, ["model-package-group/g"]),
        ("AddTags", {"ResourceArn": f"{SAGEMAKER}model/m"}, ["model/m"]),
    ],
)
def test_actions_are_checked_on_these_resources(action: str, asked: dict[str, Any], resources: list[str]) -> None:
    """The module for roles is written against this table."""
    assert permissions.resources(action, asked, Place(ACCOUNT, REGION)) == [SAGEMAKER + name for name in resources]
    assert permissions.resources("ListModels", {}, Place(ACCOUNT, REGION)) == ["*"]


def test_a_trust_policy_is_read_with_its_denials_and_conditions() -> None:
    """The confused-deputy conditions that AWS recommends must not be skipped."""
    role, job = f"arn:aws:iam::{ACCOUNT}:role/r", f"{SAGEMAKER}training-job/t"
    allow = json.loads(trust("sagemaker.amazonaws.com"))
    here = {"StringEquals": {"aws:SourceAccount": ACCOUNT}, "ArnLike": {"aws:SourceArn": f"{SAGEMAKER}*"}}
    elsewhere = {"StringEquals": {"aws:SourceAccount": "999999999999"}}
    deny = {"Statement": [*allow["Statement"], {**allow["Statement"][0], "Effect": "Deny"}]}

    def trusted(document: dict[str, Any], service: str = "sagemaker.amazonaws.com") -> bool:
        return roles.trusts(document, service, role, job)

    assert trusted(allow)
    assert trusted({"Statement": {**allow["Statement"][0], "Condition": here}})
    assert not trusted({"Statement": {**allow["Statement"][0], "Condition": elsewhere}})
    assert not trusted(deny)
    assert not trusted(allow, "lambda.amazonaws.com")


def test_a_function_runs_under_its_own_role(gateway: Gateway, s3: Any, make_role: Callable[..., str]) -> None:
    """A function that writes outside its policy must fail here, and must not find our own code."""
    role = make_role("writer", policy(("s3:PutObject", "arn:aws:s3:::lake/allowed/*")), "lambda.amazonaws.com")
    functions = gateway.client("lambda")
    functions.create_function(
        FunctionName="writer", Runtime="python3.12", Handler="handler.handler", Role=role,
        Code={"ZipFile": zipped(WRITER)}, Timeout=20,
    )  # fmt: skip

    inside = json.load(functions.invoke(FunctionName="writer", Payload=b'{"key": "allowed/a"}')["Payload"])
    outside = functions.invoke(FunctionName="writer", Payload=b'{"key": "closed/a"}')

    assert inside["who"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/writer/writer"
    assert (inside["localaws"], inside["path"], inside["stack"]) == ("None", None, gateway.stack_id)
    assert outside["FunctionError"] == "Unhandled"
    assert "s3:PutObject" in json.load(outside["Payload"])["errorMessage"]


def test_airflows_role_can_be_assumed_through_a_profile(
    gateway: Gateway, make_role: Callable[..., str], s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The local Airflow works under MWAA's execution role; only its AWS configuration knows how it got it."""
    role = make_role("airflow", policy(("s3:GetObject", "arn:aws:s3:::lake/*")), "airflow-env.amazonaws.com")
    (tmp_path / "config").write_text(
        f"[profile root]\naws_access_key_id = test\naws_secret_access_key = test\nregion = {REGION}\n"
        f"endpoint_url = {gateway.url}\n"
        f"[profile airflow]\nrole_arn = {role}\nsource_profile = root\nregion = {REGION}\n"
        f"endpoint_url = {gateway.url}\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    s3.put_object(Bucket="lake", Key="for-airflow", Body=b"x")

    session = boto3.session.Session(profile_name="airflow")

    assert (
        session.client("sts").get_caller_identity()["Arn"].startswith(f"arn:aws:sts::{ACCOUNT}:assumed-role/airflow/")
    )
    assert session.client("s3").get_object(Bucket="lake", Key="for-airflow")["Body"].read() == b"x"
    with pytest.raises(ClientError, match="AccessDenied"):
        session.client("s3").put_object(Bucket="lake", Key="for-airflow", Body=b"y")


def test_a_user_cannot_assume_a_role_that_trusts_a_service(make_user: Any, make_role: Callable[..., str]) -> None:
    """Only root may stand in for the service, as the local Airflow does."""
    role = make_role("airflow-only", None, "airflow-env.amazonaws.com")
    client = make_user("stranger", policy(("sts:AssumeRole", "*")))("sts")

    with pytest.raises(ClientError, match="AccessDenied"):
        client.assume_role(RoleArn=role, RoleSessionName="mine")
