"""ARNs: well-formed, of this account, and of managed policies that exist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session

from shipping.doctor.findings import Finding
from shipping.doctor.plan import UNKNOWN, Plan

ARN = re.compile(
    r"arn:(?P<partition>[^:]*):(?P<service>[^:]*):(?P<region>[^:]*):(?P<account>[^:]*):(?P<resource>.+)", re.S
)
ADDRESSES = ("invoke_arn", "qualified_invoke_arn")  # where API Gateway calls a function; written like ARNs
NO_REGION_NO_ACCOUNT = {"s3"}
NO_REGION = {"iam", "budgets", "ce", "chatbot", "cloudfront", "route53", "health"}
ANY_ACCOUNT = re.compile(  # MWAA's queue and SageMaker's base images lie with AWS
    r"arn:aws[a-z-]*:(sqs:[a-z0-9-]+:\*:airflow-celery-\*|ecr:\*:763104351884:repository/\*)"
)
# The one managed policy of AWS that is used: modules/alerts limits the Slack channel by it.
MANAGED_POLICIES: frozenset[str] = frozenset({"CloudWatchReadOnlyAccess"})


@cache
def regions(partition: str) -> frozenset[str]:
    session = botocore.session.get_session()
    return frozenset(
        region for service in ("ec2", "sqs") for region in session.get_available_regions(service, partition)
    )


@cache
def partitions() -> frozenset[str]:
    return frozenset(botocore.session.get_session().get_available_partitions())


def fault(arn: str, account_id: str) -> str | None:
    """What is wrong with an ARN, wildcards allowed, or None."""
    parts = ARN.fullmatch(arn)
    if not parts:
        return "an ARN is arn:partition:service:region:account:resource"
    if parts["partition"] not in partitions():
        return f"{parts['partition']!r} is no partition of AWS"
    if not re.fullmatch(r"[a-z0-9-]+", parts["service"]):
        return f"{parts['service']!r} is no service"
    return _place_fault(parts, arn, account_id)


def _place_fault(parts: re.Match[str], arn: str, account_id: str) -> str | None:
    service, region, account = parts["service"], parts["region"], parts["account"]
    if service in NO_REGION_NO_ACCOUNT:
        return "an ARN of S3 names neither region nor account" if region or account else None
    if service in NO_REGION or (service, parts["resource"].partition("/")[0]) == ("cloudwatch", "dashboard"):
        if region:
            return f"an ARN of {service} names no region"
    elif region != "*" and region not in regions(parts["partition"]):
        return f"{region!r} is no region of {parts['partition']}"
    if account == "aws" and service == "iam":
        name = parts["resource"].rpartition("/")[2]
        return None if name in MANAGED_POLICIES else f"{name} is no managed policy that this project knows"
    if account != account_id and not ANY_ACCOUNT.fullmatch(arn):
        return f"the account is {account!r} and ours is {account_id}"
    return None


def are_well_formed(plan: Plan) -> Iterator[Finding]:
    for resource in plan.resources:
        for arn in sorted(_arns(resource.values)):
            if wrong := fault(arn, plan.account_id):
                yield Finding(
                    "every ARN is well-formed and of this account",
                    resource.address,
                    f"naming {arn}: {wrong}",
                    "Write it from the partition, region and account of the data sources.",
                )


def _arns(value: Any) -> Iterator[str]:
    """Every string that begins like an ARN, wherever it stands, in JSON too."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _arns(inner) if name not in ADDRESSES else ()
    elif isinstance(value, list):
        for inner in value:
            yield from _arns(inner)
    elif value is not UNKNOWN and isinstance(value, str):
        if value.startswith("arn:"):
            yield value
        elif value[:1] in "{[" and '"arn:' in value:
            yield from _arns(json.loads(value))


RULES = (are_well_formed,)
