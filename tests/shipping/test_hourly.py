"""What may go to sleep, as Terraform's plan names it."""

from __future__ import annotations

from typing import Any

import pytest

from shipping import hourly
from shipping.environments import Refused

NAT = {"nat_gateway_id": "nat-1"}


def change(address: str, *actions: str, **sides: Any) -> dict[str, Any]:
    kind, name = address.split("[")[0].split(".")[-2:]
    return {"address": address, "type": kind, "name": name, "change": {"actions": list(actions), **sides}}


def plan(*changes: dict[str, Any]) -> dict[str, Any]:
    return {"resource_changes": list(changes)}


HOURLY = [
    change("module.airflow.aws_mwaa_environment.this[0]", "delete"),
    change("module.network.aws_nat_gateway.this[0]", "delete"),
    change("module.network.aws_eip.nat[0]", "delete"),
    change("module.network.aws_route.nat[0]", "delete", before=NAT, after=None),
    change("module.network.aws_vpc_endpoint.interface[0]", "delete"),
    change("module.observability.aws_cloudwatch_metric_alarm.airflow[0]", "delete"),
]


def test_what_costs_by_the_hour_may_sleep() -> None:
    """And what is only looked at, or stays as it is, does not count."""
    untouched = [change("module.lake.aws_s3_bucket.this", "no-op"), change("data.aws_region.current", "read")]

    assert hourly.check(plan(*HOURLY, *untouched), "dev", asleep=True) == [c["address"] for c in HOURLY]


def test_waking_makes_the_same_again() -> None:
    """A route to a NAT that does not exist yet names it as unknown."""
    route = change(
        "module.network.aws_route.nat[0]", "create", before=None, after={}, after_unknown={"nat_gateway_id": True}
    )
    nat = change("module.network.aws_nat_gateway.this[0]", "create")

    assert len(hourly.check(plan(route, nat), "dev", asleep=False)) == 2


@pytest.mark.parametrize(
    "other",
    [
        change("module.lake.aws_s3_bucket.this", "delete"),
        change("module.lake.aws_s3_bucket_policy.this", "update"),
        change("module.network.aws_vpc_endpoint.s3", "delete"),
        change("module.network.aws_route.gateway", "delete", before={"gateway_id": "igw-1"}, after=None),
        change("module.observability.aws_cloudwatch_metric_alarm.endpoint", "delete"),
        change("module.airflow.aws_mwaa_environment.this[0]", "update"),
        change("module.airflow.aws_mwaa_environment.this[0]", "delete", "create"),
        change("module.network.aws_nat_gateway.this[0]", "create"),
    ],
    ids=lambda other: f"{other['address']} {'+'.join(other['change']['actions'])}",
)
def test_anything_else_is_refused_by_name(other: dict[str, Any]) -> None:
    """A bucket that is deleted to save money at night is not there in the morning."""
    with pytest.raises(Refused) as refused:
        hourly.check(plan(*HOURLY, other), "dev", asleep=True)

    assert other["address"] in str(refused.value)
    assert "Run `make plan ENV=dev` and `make apply ENV=dev` first." in str(refused.value)
