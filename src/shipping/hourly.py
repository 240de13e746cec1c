"""What costs by the hour and is therefore removed by `make sleep` and made again by `make wake`; nothing else is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shipping.environments import Refused

# Resource type and, where only some of a type count, the name they have in their module.
HOURLY = {
    "aws_mwaa_environment": None,
    "aws_nat_gateway": None,
    "aws_eip": None,  # the NAT's
    "aws_vpc_endpoint": "interface",  # those of the kind gateway are free
    "aws_cloudwatch_metric_alarm": "airflow",  # they would cry all night
}


def changes(plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The resources that a plan (as JSON) would touch."""
    found = plan.get("resource_changes", [])
    return [change for change in found if change["change"]["actions"] not in (["no-op"], ["read"])]


def check(plan: Mapping[str, Any], environment: str, *, asleep: bool) -> list[str]:
    """Addresses of what would go to sleep or wake; refuses a plan that touches anything besides."""
    wanted = ["delete"] if asleep else ["create"]
    others = [
        f"{change['address']} ({' and '.join(change['change']['actions'])})"
        for change in changes(plan)
        if change["change"]["actions"] != wanted or not is_hourly(change)
    ]
    if others:
        verb = "sleep" if asleep else "wake"
        listed = "\n  ".join(others)
        raise Refused(
            f"`make {verb}` touches only what costs by the hour, but this clone and {environment} differ elsewhere too:"
            f"\n  {listed}\nRun `make plan ENV={environment}` and `make apply ENV={environment}` first."
        )
    return [change["address"] for change in changes(plan)]


def is_hourly(change: Mapping[str, Any]) -> bool:
    if change["type"] == "aws_route":  # without its NAT a route leads nowhere
        return any(_names_nat(side) for side in _sides(change["change"]))
    return change["type"] in HOURLY and HOURLY[change["type"]] in (None, change["name"])


def _sides(change: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Before, after, and what is known only after; a side that does not exist is null."""
    yield from (change.get(side) or {} for side in ("before", "after", "after_unknown"))


def _names_nat(side: Mapping[str, Any]) -> bool:
    return bool(side.get("nat_gateway_id"))
