"""EC2: interface endpoints lose groups, private DNS and policy; a group's default egress rule cannot be taken away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services import ec2

from localaws.patches.replace import replace


def apply() -> None:
    """Keep what was asked for."""
    replace(ec2, "_create_vpc_endpoint", _create_vpc_endpoint)
    replace(ec2, "_vpce_fields_xml", _vpc_endpoint_xml)
    replace(ec2, "_rules_match", _rules_match)


def _create_vpc_endpoint(old: Callable[..., Any], parameters: Any) -> Any:
    before = set(ec2._vpc_endpoints.keys())
    answer = old(parameters)
    for endpoint in set(ec2._vpc_endpoints.keys()) - before:
        ec2._vpc_endpoints[endpoint].update(
            Groups=ec2._parse_member_list(parameters, "SecurityGroupId"),
            PrivateDnsEnabled=ec2._p(parameters, "PrivateDnsEnabled") or "false",
            PolicyDocument=ec2._p(parameters, "PolicyDocument") or "",
        )
    return answer


def _vpc_endpoint_xml(old: Callable[..., Any], endpoint: dict[str, Any], tag: str = "item") -> str:
    groups = "".join(
        f"<item><groupId>{group}</groupId><groupName>{group}</groupName></item>" for group in endpoint.get("Groups", [])
    )
    private = endpoint.get("PrivateDnsEnabled", "false")
    missing = f"<groupSet>{groups}</groupSet><privateDnsEnabled>{private}</privateDnsEnabled>"
    described: str = old(endpoint, tag)
    return described.replace("<routeTableIdSet>", f"{missing}<routeTableIdSet>", 1)


def _rules_match(old: Callable[..., Any], one: dict[str, Any], other: dict[str, Any]) -> bool:
    """A rule for every protocol has no ports, however they are written.

    Terraform takes a new group's default egress rule away by naming ports 0 to 0. While that matched nothing, the
    default rule stayed and stood in for the one Terraform made, without its description and tags.
    """
    return bool(old(_without_ports(one), _without_ports(other)))


def _without_ports(rule: dict[str, Any]) -> dict[str, Any]:
    if str(rule.get("IpProtocol")) != "-1":
        return rule
    return {key: value for key, value in rule.items() if key not in ("FromPort", "ToPort")}
