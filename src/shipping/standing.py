"""What stands in an account of all that `make bootstrap` makes, told in Terraform's words, so that it is taken over."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from shipping import account, connections, values

if TYPE_CHECKING:
    from shipping.bootstrap import Account

KEY_ALIAS = "alias/stockcast-tfstate"
KEY_DESCRIPTION = "stockcast: Terraform's state of this account"  # as main.tf gives it
DEPLOY_ROLES = ("apply", "plan", "release", "review")  # as modules/deployer names them
GITHUB = "token.actions.githubusercontent.com"


def of(here: Account) -> Iterator[tuple[str, str]]:
    """Address in the root and identity in AWS of everything that a run before may have made without writing it down."""
    if account.bucket_status(here.s3, here.bucket) == 200:
        yield "aws_s3_bucket.state", here.bucket
    yield from _keys(here)
    yield from _policies(here)
    yield from _roles(here)
    yield from _identity_providers(here)
    yield from _connections(here)


def _policies(here: Account) -> Iterator[tuple[str, str]]:
    pages = _iam(here).get_paginator("list_policies").paginate(Scope="Local")
    arns = {found["PolicyName"]: found["Arn"] for page in pages for found in page["Policies"]}
    for name in here.environments:
        if arn := arns.get(f"stockcast-{name}-state"):
            yield f'aws_iam_policy.state["{name}"]', arn
        start = f"stockcast-{name}-deploy-"
        for policy in sorted(policy for policy in arns if policy.startswith(start)):
            yield f'module.deployer["{name}"].aws_iam_policy.this["{policy.removeprefix(start)}"]', arns[policy]


def _roles(here: Account) -> Iterator[tuple[str, str]]:
    """Deploy roles. What hangs on them is left out: to attach a policy again changes nothing."""
    pages = _iam(here).get_paginator("list_roles").paginate()
    names = {found["RoleName"] for page in pages for found in page["Roles"]}
    for name in here.environments:
        for role in DEPLOY_ROLES:
            if f"stockcast-{name}-{role}" in names and (role != "review" or _wants_github(here)):
                yield f'module.deployer["{name}"].aws_iam_role.this["{role}"]', f"stockcast-{name}-{role}"


def _identity_providers(here: Account) -> Iterator[tuple[str, str]]:
    """GitHub's provider, of which an account has one only: also where something else made it."""
    if not _wants_github(here):
        return
    for found in _iam(here).list_open_id_connect_providers()["OpenIDConnectProviderList"]:
        if found["Arn"].endswith(f"/{GITHUB}"):
            yield "aws_iam_openid_connect_provider.github[0]", found["Arn"]


@cache
def _wants_github(here: Account) -> bool:
    return values.evaluated([here.values], {"github": "var.github"})["github"] is not None


def _iam(here: Account) -> Any:
    return boto3.client("iam", region_name=here.region)


def _keys(here: Account) -> Iterator[tuple[str, str]]:
    """The key by its alias; one that was cut off before it got its alias by its description."""
    kms = boto3.client("kms", region_name=here.region)
    pages = kms.get_paginator("list_aliases").paginate()
    targets = {found["AliasName"]: found.get("TargetKeyId") for page in pages for found in page["Aliases"]}
    if key := targets.get(KEY_ALIAS):
        yield "aws_kms_key.state", key
        yield "aws_kms_alias.state", KEY_ALIAS
        return
    for page in kms.get_paginator("list_keys").paginate():
        for listed in page["Keys"]:
            found = _described(kms, listed["KeyId"])
            if found.get("Description") == KEY_DESCRIPTION and found["KeyState"] == "Enabled":
                yield "aws_kms_key.state", listed["KeyId"]
                return


def _described(kms: Any, key: str) -> dict[str, Any]:
    """What a key says of itself; nothing where its policy shuts us out, for then it is not the one we made."""
    try:
        found: dict[str, Any] = kms.describe_key(KeyId=key)["KeyMetadata"]
    except ClientError as problem:
        if problem.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException"):
            return {}
        raise
    return found


def _connections(here: Account) -> Iterator[tuple[str, str]]:
    wanted = connections.wanted(here.values)
    if wanted is None:
        return
    for found in connections.standing(boto3.client("codeconnections", region_name=here.region)):
        if found["ConnectionName"] == wanted:
            yield "aws_codeconnections_connection.code[0]", found["ConnectionArn"]
