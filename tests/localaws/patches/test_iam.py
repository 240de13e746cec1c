"""IAM adds nothing of its own, and a boundary bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import Gateway, policy, role_client


def test_a_service_linked_role_has_no_invented_description(iam: Any) -> None:
    """It showed as a change on every plan."""
    role = iam.create_service_linked_role(AWSServiceName="airflow.amazonaws.com")["Role"]["RoleName"]

    assert not iam.get_role(RoleName=role)["Role"].get("Description")


def test_a_boundary_limits_what_a_policy_allows(gateway: Gateway, iam: Any, make_role: Callable[..., str]) -> None:
    """A role's rights are its policies and its boundary together; the emulator's evaluator honours that by itself."""
    gateway.client("s3").create_bucket(Bucket="bounded")
    document = policy(("s3:ListBucket", "*"))
    boundary = iam.create_policy(PolicyName="toys-boundary", PolicyDocument=document)["Policy"]["Arn"]
    arn = make_role("bounded", policy((["s3:ListBucket", "s3:PutObject", "sagemaker:ListModels"], "*")))
    free = role_client(gateway, arn, "s3")
    free.put_object(Bucket="bounded", Key="before", Body=b"x")

    iam.put_role_permissions_boundary(RoleName="bounded", PermissionsBoundary=boundary)

    assert iam.get_role(RoleName="bounded")["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    limited = role_client(gateway, arn, "s3")
    assert limited.list_objects_v2(Bucket="bounded")["KeyCount"] == 1
    with pytest.raises(ClientError, match="s3:PutObject"):
        limited.put_object(Bucket="bounded", Key="after", Body=b"x")
    with pytest.raises(ClientError, match="sagemaker:ListModels"):  # our own services ask the same evaluator
        role_client(gateway, arn, "sagemaker").list_models()


def test_a_boundary_allows_nothing_by_itself(gateway: Gateway, iam: Any, make_role: Callable[..., str]) -> None:
    """A wide boundary must not stand in for a forgotten statement."""
    boundary = iam.create_policy(PolicyName="wide-boundary", PolicyDocument=policy(("*", "*")))["Policy"]["Arn"]
    arn = make_role("empty-but-bounded", None)

    iam.put_role_permissions_boundary(RoleName="empty-but-bounded", PermissionsBoundary=boundary)

    with pytest.raises(ClientError, match="AccessDenied"):
        role_client(gateway, arn, "s3").list_buckets()
