"""Limits of the account that a first apply or a first night run into."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from shipping.doctor.account_at_hand import Account
from shipping.doctor.findings import Finding, Severity

LEFT_UNRESERVED = 10  # Lambda refuses to leave less for functions without a reservation
SAGEMAKER_JOBS = {"processing job usage": "job_instance_type", "training job usage": "job_instance_type"}


@dataclass(frozen=True)
class Quota:
    """A limit on how many of a kind there may be, and how many there are."""

    kind: str
    service: str
    name: str
    used: Callable[[Account], int]


def _vpcs(account: Account) -> int:
    return _count(account, "ec2", "describe_vpcs", "Vpcs")


def _addresses(account: Account) -> int:
    return len(account.client("ec2").describe_addresses()["Addresses"])


def _gateways(account: Account) -> int:
    return _count(account, "ec2", "describe_internet_gateways", "InternetGateways")


def _environments(account: Account) -> int:
    return _count(account, "mwaa", "list_environments", "Environments")


def _nats(account: Account) -> int:
    """Those of the busiest zone, since the limit is one per zone."""
    ec2 = account.client("ec2")
    standing = [{"Name": "state", "Values": ["pending", "available"]}]
    subnets = [nat["SubnetId"] for nat in ec2.describe_nat_gateways(Filter=standing)["NatGateways"]]
    if not subnets:
        return 0
    found = ec2.describe_subnets(SubnetIds=sorted(set(subnets)))["Subnets"]
    zones = {subnet["SubnetId"]: subnet["AvailabilityZone"] for subnet in found}
    return max(Counter(zones[subnet] for subnet in subnets).values())


def _count(account: Account, service: str, call: str, key: str) -> int:
    pages = account.client(service).get_paginator(call).paginate()
    return sum(len(page[key]) for page in pages)


COUNTED = (
    Quota("aws_vpc", "vpc", "VPCs per Region", _vpcs),
    Quota("aws_internet_gateway", "vpc", "Internet gateways per Region", _gateways),
    Quota("aws_eip", "ec2", "EC2-VPC Elastic IPs", _addresses),
    Quota("aws_nat_gateway", "vpc", "NAT gateways per Availability Zone", _nats),
    Quota("aws_mwaa_environment", "airflow", r".*environments.*", _environments),
)


def room_for(account: Account, quota: Quota) -> Iterator[Finding]:
    """Whether what the plan makes still fits."""
    wanted = len(account.to_make(quota.kind))
    if quota.kind == "aws_nat_gateway":
        wanted = min(wanted, 1)  # never more than one per zone
    if not wanted:
        return
    limit = account.quota(quota.service, quota.name)
    if limit is None:
        yield _untold(quota.service, quota.name)
    elif (used := quota.used(account)) + wanted > limit:
        yield Finding(
            f"the account has room for what is planned ({quota.name})",
            quota.service,
            f"{used} of {limit:.0f}, and the plan makes {wanted} more",
            f"Remove what nobody uses, or ask for more: Service Quotas > {quota.service} > {quota.name}.",
        )


def machines(account: Account) -> Iterator[Finding]:
    """A new account often may run none of a type, and says so only when the first job starts."""
    for use, wanted in _machine_uses(account):
        limit = account.quota("sagemaker", use.replace(".", r"\."))
        if limit is None:
            yield _untold("sagemaker", use)
        elif limit < wanted:
            yield Finding(
                "the account may run the machines that jobs and endpoint ask for",
                "sagemaker",
                f"{limit:.0f} of {use}, and {wanted} are wanted",
                f"Ask for {wanted} or more: Service Quotas > Amazon SageMaker > {use}. It takes a day or two.",
            )


def _machine_uses(account: Account) -> Iterator[tuple[str, int]]:
    for use, setting in SAGEMAKER_JOBS.items():
        if machine := account.setting(setting):
            yield f"{machine} for {use}", 1
    if machine := account.setting("serving_instance_type"):
        scaling = json.loads(account.setting("endpoint_scaling") or "{}")
        count = max(int(account.setting("serving_instance_count") or 1), int(scaling.get("MaxCapacity", 0)))
        yield f"{machine} for endpoint usage", 2 * count  # an update has the old and the new ones for a while


def reservations(account: Account) -> Iterator[Finding]:
    """What functions reserve must leave enough for all others."""
    made = account.to_make("aws_lambda_function")
    reserved = [one.values.get("reserved_concurrent_executions") for one in made]
    wanted = sum(count for count in reserved if isinstance(count, int) and count > 0)
    limits: dict[str, Any] = account.client("lambda").get_account_settings()["AccountLimit"]
    unreserved = limits["UnreservedConcurrentExecutions"]
    if wanted and unreserved - wanted < LEFT_UNRESERVED:
        yield Finding(
            f"Lambda keeps at least {LEFT_UNRESERVED} executions at once unreserved",
            "lambda",
            f"{unreserved} unreserved, and the plan reserves {wanted}",
            "Leave `concurrency` out, or ask for more: Service Quotas > AWS Lambda > Concurrent executions.",
        )


def _untold(service: str, name: str) -> Finding:
    return Finding(
        f"the limit {name} is high enough",
        service,
        "not told by Service Quotas",
        "Look at it in the console: Service Quotas.",
        Severity.UNCHECKED,
    )
