"""Root takes a role as a service of this account would."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import ACCOUNT, Gateway, policy, role_client, trust


def role(iam: Any, name: str, account: str) -> str:
    """A role that SageMaker may take for `account` only."""
    document = json.loads(trust("sagemaker.amazonaws.com"))
    document["Statement"][0]["Condition"] = {"StringEquals": {"aws:SourceAccount": account}}
    made: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
    return made


def test_a_role_that_is_lent_for_this_account_can_be_taken(gateway: Gateway, iam: Any) -> None:
    """The local Airflow could not start its work under a role that keeps other accounts out."""
    arn = role(iam, "lent-here", ACCOUNT)

    taken = gateway.client("sts").assume_role(RoleArn=arn, RoleSessionName="proof")

    assert taken["AssumedRoleUser"]["Arn"].endswith("assumed-role/lent-here/proof")


def test_a_role_that_is_lent_for_another_account_cannot(gateway: Gateway, iam: Any) -> None:
    """A trust policy with another environment's account is a mistake that has to show here."""
    arn = role(iam, "lent-elsewhere", "999999999999")

    with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole"):
        gateway.client("sts").assume_role(RoleArn=arn, RoleSessionName="proof")


def test_a_trust_in_a_roles_name_holds_for_its_sessions(gateway: Gateway, iam: Any) -> None:
    """Deploy roles trust builds by a condition on the role's ARN, since the role itself is made later."""
    mine, other = taker(iam, "builds-mine"), taker(iam, "builds-other")
    document = json.loads(trust("sagemaker.amazonaws.com"))
    document["Statement"][0]["Principal"] = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    document["Statement"][0]["Condition"] = {"ArnEquals": {"aws:PrincipalArn": [mine]}}
    wanted = iam.create_role(RoleName="lent-to-builds", AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]

    taken = role_client(gateway, mine, "sts").assume_role(RoleArn=wanted, RoleSessionName="proof")

    assert taken["AssumedRoleUser"]["Arn"].endswith("assumed-role/lent-to-builds/proof")
    with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole"):
        role_client(gateway, other, "sts").assume_role(RoleArn=wanted, RoleSessionName="proof")


def taker(iam: Any, name: str) -> str:
    """A role that may take any other."""
    made: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust("codebuild.amazonaws.com"))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="grants", PolicyDocument=policy(("sts:AssumeRole", "*")))
    return made
