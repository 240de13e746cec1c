"""The model registry: versions, approval, what they scored, and lists of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import REGISTRY, archive

SPECIFICATION = {
    "Containers": [{"Image": f"{REGISTRY}/toy:1", "ModelDataUrl": "s3://models/registered/model.tar.gz"}],
    "SupportedContentTypes": ["application/json"],
    "SupportedResponseMIMETypes": ["application/json"],
}


def register(sagemaker: Any, group: str, **more: Any) -> str:
    """A new version; its ARN."""
    arn: str = sagemaker.create_model_package(
        ModelPackageGroupName=group, InferenceSpecification=SPECIFICATION, **more
    )["ModelPackageArn"]
    return arn


@pytest.fixture
def group(sagemaker: Any, request: pytest.FixtureRequest) -> str:
    """A fresh group with a tag."""
    name: str = request.node.name.replace("_", "-")[:60].rstrip("-")
    tags = [{"Key": "Project", "Value": "toys"}]
    sagemaker.create_model_package_group(ModelPackageGroupName=name, ModelPackageGroupDescription="Toys", Tags=tags)
    return name


def test_versions_are_counted_and_wait_for_approval(sagemaker: Any, group: str) -> None:
    """A number that is given out twice would deploy the wrong model."""
    first, second = register(sagemaker, group), register(sagemaker, group)
    sagemaker.delete_model_package(ModelPackageName=second)
    third = register(sagemaker, group)

    assert [arn.rsplit("/", 2)[-2:] for arn in (first, third)] == [[group, "1"], [group, "3"]]
    package = sagemaker.describe_model_package(ModelPackageName=third)
    assert (package["ModelPackageVersion"], package["ModelApprovalStatus"]) == (3, "PendingManualApproval")
    assert package["ModelPackageStatus"] == "Completed"


def test_a_version_keeps_its_scores_and_properties(sagemaker: Any, group: str) -> None:
    """The reviewer decides on these."""
    statistics = {"ContentType": "application/json", "S3Uri": "s3://models/evaluation/a/evaluation.json"}
    arn = register(
        sagemaker,
        group,
        ModelMetrics={"ModelQuality": {"Statistics": statistics}},
        CustomerMetadataProperties={"mae_ratio": "0.98", "job": "a"},
    )

    sagemaker.update_model_package(
        ModelPackageArn=arn,
        ModelApprovalStatus="Approved",
        ApprovalDescription="beats persistence",
        CustomerMetadataProperties={"reviewer": "me"},
        CustomerMetadataPropertiesToRemove=["job"],
    )
    package = sagemaker.describe_model_package(ModelPackageName=arn)

    assert package["ModelMetrics"]["ModelQuality"]["Statistics"] == statistics
    assert package["CustomerMetadataProperties"] == {"mae_ratio": "0.98", "reviewer": "me"}
    assert (package["ModelApprovalStatus"], package["ApprovalDescription"]) == ("Approved", "beats persistence")


def test_versions_are_listed_by_approval_order_and_page(sagemaker: Any, group: str) -> None:
    """The newest approved version is what gets deployed."""
    arns = [register(sagemaker, group) for _ in range(3)]
    for arn in arns[1:]:
        sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    asked = {"ModelPackageGroupName": group, "ModelApprovalStatus": "Approved", "SortBy": "CreationTime"}

    newest = sagemaker.list_model_packages(**asked, SortOrder="Descending", MaxResults=1)
    older = sagemaker.list_model_packages(**asked, SortOrder="Descending", NextToken=newest["NextToken"])
    every = sagemaker.list_model_packages(ModelPackageGroupName=group)

    assert [p["ModelPackageArn"] for p in newest["ModelPackageSummaryList"]] == [arns[2]]
    assert [p["ModelPackageArn"] for p in older["ModelPackageSummaryList"]] == [arns[1]]
    assert [p["ModelPackageVersion"] for p in every["ModelPackageSummaryList"]] == [1, 2, 3]


def test_only_an_approved_version_becomes_a_model(sagemaker: Any, s3: Any, group: str, job_role: str) -> None:
    """The gate must hold for whoever deploys by hand, too."""
    s3.put_object(Bucket="models", Key="registered/model.tar.gz", Body=archive(factor="2"))
    arn = register(sagemaker, group)
    asked = {"ModelName": group, "ExecutionRoleArn": job_role, "PrimaryContainer": {"ModelPackageName": arn}}

    with pytest.raises(ClientError, match="is PendingManualApproval; approve it first"):
        sagemaker.create_model(**asked)
    sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    sagemaker.create_model(**asked)

    assert sagemaker.describe_model(ModelName=group)["PrimaryContainer"] == {"ModelPackageName": arn}


def test_a_group_with_versions_is_not_deleted(sagemaker: Any, group: str) -> None:
    """The history of what was deployed goes only on purpose."""
    arn = register(sagemaker, group)

    with pytest.raises(ClientError, match="still has 1 model packages") as refused:
        sagemaker.delete_model_package_group(ModelPackageGroupName=group)
    sagemaker.delete_model_package(ModelPackageName=arn)
    sagemaker.delete_model_package_group(ModelPackageGroupName=group)

    assert refused.value.response["Error"]["Code"] == "ConflictException"
    with pytest.raises(ClientError, match="does not exist"):
        sagemaker.describe_model_package_group(ModelPackageGroupName=group)


def test_a_groups_tags_can_be_read_and_changed(sagemaker: Any, group: str) -> None:
    """Terraform compares tags on every plan."""
    arn = sagemaker.describe_model_package_group(ModelPackageGroupName=group)["ModelPackageGroupArn"]

    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "Owner", "Value": "me"}])
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["Project"])

    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "Owner", "Value": "me"}]


def test_a_groups_policy_can_be_written_read_and_deleted(sagemaker: Any, group: str) -> None:
    """Terraform looks for these words to tell "no policy" from "broken"."""
    with pytest.raises(ClientError, match="Cannot find Model Package Group"):
        sagemaker.get_model_package_group_policy(ModelPackageGroupName=group)

    sagemaker.put_model_package_group_policy(ModelPackageGroupName=group, ResourcePolicy='{"Statement": []}')

    answer = sagemaker.get_model_package_group_policy(ModelPackageGroupName=group)
    assert answer["ResourcePolicy"] == '{"Statement": []}'
    sagemaker.delete_model_package_group_policy(ModelPackageGroupName=group)
    with pytest.raises(ClientError, match="Cannot find Model Package Group"):
        sagemaker.get_model_package_group_policy(ModelPackageGroupName=group)


def test_an_existing_group_is_told_in_the_words_that_airflow_looks_for(sagemaker: Any, group: str) -> None:
    """Its operator takes an existing group for granted when it reads them."""
    with pytest.raises(ClientError, match="Model Package Group already exists"):
        sagemaker.create_model_package_group(ModelPackageGroupName=group)


def test_a_policy_can_keep_a_role_from_approving_what_it_registers(make_user: Any, group: str) -> None:
    """Where a person approves, the pipeline that registers must not be able to."""
    allow = {"Effect": "Allow", "Action": "sagemaker:CreateModelPackage", "Resource": "*"}
    pending = {"StringEquals": {"sagemaker:ModelApprovalStatus": "PendingManualApproval"}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow | {"Condition": pending}]})
    registrar = make_user("registrar", document)("sagemaker")

    assert register(registrar, group, ModelApprovalStatus="PendingManualApproval")
    with pytest.raises(ClientError, match="not authorized to perform: sagemaker:CreateModelPackage"):
        register(registrar, group, ModelApprovalStatus="Approved")
