"""A plan's JSON as rules see it: what is known, what is not, and what points where before any id is known."""

from __future__ import annotations

from typing import Any

import pytest

from shipping.doctor.plan import UNKNOWN, Plan


def change(address: str, after: dict[str, Any], unknown: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    kind, name = address.split("[")[0].split(".")[-2:]
    what = {"actions": more.pop("actions", ["create"]), "after": after, "after_unknown": unknown or {}}
    return {"address": address, "mode": "managed", "type": kind, "name": name, "change": what, **more}


def read(*changes: dict[str, Any], configuration: dict[str, Any] | None = None) -> Plan:
    variables = {"account_id": {"value": "111111111111"}, "region": {"value": "us-east-1"}}
    shown = {"variables": variables, "resource_changes": list(changes), "configuration": configuration or {}}
    return Plan.from_json(shown)


def test_what_aws_decides_is_unknown_at_any_depth() -> None:
    """A rule that took it for empty would find fault with every first plan."""
    plan = read(
        change("aws_vpc.this", {"tags": {"Name": "a"}, "ways": [{"to": "x"}]}, {"id": True, "ways": [{"by": True}]})
    )
    (vpc,) = plan.resources

    assert (vpc.get("id"), vpc.get("ways.0.by")) == (UNKNOWN, UNKNOWN)
    assert (vpc.get("ways.0.to"), vpc.get("tags.Name"), vpc.get("ways.1.to")) == ("x", "a", None)
    assert plan.unanswered == {("aws_vpc.this", "id"), ("aws_vpc.this", "ways.0.by")}


def test_an_unknown_value_is_neither_true_nor_false() -> None:
    """`if value:` over it would decide by chance."""
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(UNKNOWN)


def test_what_the_plan_removes_is_not_there() -> None:
    """Rules judge what an apply leaves behind."""
    gone = change("aws_eip.nat", {}, actions=["delete"])
    gone["change"]["after"] = None

    assert read(gone, change("aws_vpc.this", {})).resources[0].address == "aws_vpc.this"


def test_data_sources_are_no_resources() -> None:
    """Nothing is made of them."""
    assert read({**change("aws_region.current", {}), "mode": "data"}).resources == ()


def test_a_known_id_leads_to_its_resource() -> None:
    """After an apply the ids tell what belongs together."""
    plan = read(change("aws_vpc.a", {"id": "vpc-1"}), change("aws_vpc.b", {"id": "vpc-2"}),
                change("aws_subnet.x", {"vpc_id": "vpc-2"}))  # fmt: skip

    assert [vpc.name for vpc in plan.linked(plan.resources[2], "vpc_id", "aws_vpc")] == ["b"]


def references(kind: str, name: str, for_each: list[str] | None = None, **expressions: list[str]) -> dict[str, Any]:
    written = {attribute: {"references": found} for attribute, found in expressions.items()}
    over = {"for_each_expression": {"references": for_each}} if for_each else {}
    return {"type": kind, "name": name, "expressions": written, **over}


ROUTED = {
    "root_module": {
        "module_calls": {
            "network": {
                "module": {
                    "resources": [
                        references("aws_route_table", "private"),
                        references("aws_subnet", "private"),
                        references(
                            "aws_route_table_association",
                            "private",
                            for_each=["aws_subnet.private"],
                            route_table_id=["aws_route_table.private", "each.key"],
                            subnet_id=["each.value.id", "each.value"],
                        ),
                    ],
                    "outputs": {
                        "subnet_ids": {
                            "expression": {"references": ["aws_subnet.private"]},
                            "depends_on": ["aws_route_table_association.private"],
                        }
                    },
                }
            },
            "airflow": {
                "expressions": {"network": {"references": ["module.network.subnet_ids", "module.network"]}},
                "module": {
                    "resources": [
                        references("aws_mwaa_environment", "this", subnets=["var.network.ids", "var.network"])
                    ]
                },
            },
        }
    }
}


def routed() -> Plan:
    unknown = {"id": True, "route_table_id": True, "subnet_id": True}
    changes = [
        change(f'module.network.{kind}.private["{zone}"]', {}, unknown, index=zone)
        for kind in ("aws_route_table", "aws_subnet", "aws_route_table_association")
        for zone in "ab"
    ]
    environment = change("module.airflow.aws_mwaa_environment.this", {}, {"subnets": True})
    return read(*changes, environment, configuration=ROUTED)


@pytest.mark.parametrize(("attribute", "kind"), [("route_table_id", "aws_route_table"), ("subnet_id", "aws_subnet")])
def test_each_instance_leads_to_its_own_counterpart_before_any_id_is_known(attribute: str, kind: str) -> None:
    """Otherwise the network of a first plan could not be judged, which is when it matters."""
    plan = routed()
    association = next(r for r in plan.resources if r.type == "aws_route_table_association" and r.index == "b")

    assert [one.index for one in plan.linked(association, attribute, kind)] == ["b"]


def test_references_are_followed_through_variables_and_outputs() -> None:
    """Modules hand ids on under other names."""
    plan = routed()
    environment = plan.resources[-1]

    assert [one.index for one in plan.linked(environment, "subnets", "aws_subnet")] == ["a", "b"]
    assert plan.configuration.waits_for(environment.module, environment.type, environment.name, "subnets") == {
        "aws_route_table_association"
    }


def test_a_link_that_nobody_can_follow_is_noted() -> None:
    """Locals are not part of a plan's JSON."""
    configuration = {"root_module": {"resources": [references("aws_subnet", "this", vpc_id=["local.vpc"])]}}
    plan = read(
        change("aws_vpc.this", {}), change("aws_subnet.this", {}, {"vpc_id": True}), configuration=configuration
    )

    assert plan.linked(plan.resources[1], "vpc_id", "aws_vpc") == []
    assert plan.unanswered == {("aws_subnet.this", "vpc_id")}
