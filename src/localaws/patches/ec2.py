"""EC2: endpoints lose groups, private DNS and policy; flow logs lose all but their target; rules lose prefix lists; a
group's default egress rule cannot be taken away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import ec2

from localaws.patches.replace import replace

LOG_FORMAT = (
    "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} "
    "${bytes} ${start} ${end} ${action} ${log-status}"
)
DESTINATION_OPTIONS = {"FileFormat": "fileFormat", "HiveCompatiblePartitions": "hiveCompatiblePartitions",
                       "PerHourPartition": "perHourPartition"}  # fmt: skip


def apply() -> None:
    """Keep what was asked for."""
    replace(ec2, "_create_flow_logs", _create_flow_logs)
    replace(ec2, "_describe_flow_logs", _describe_flow_logs)
    replace(ec2, "_parse_ip_permissions", _parse_ip_permissions)
    replace(ec2, "_create_vpc_endpoint", _create_vpc_endpoint)
    replace(ec2, "_vpce_fields_xml", _vpc_endpoint_xml)
    replace(ec2, "_rules_match", _rules_match)
    replace(ec2, "_sg_rule_xml", _rule_xml)


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
    if endpoint.get("PolicyDocument"):
        missing += f"<policyDocument>{escape(endpoint['PolicyDocument'])}</policyDocument>"
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


def _parse_ip_permissions(old: Callable[..., Any], parameters: Any, prefix: str) -> Any:
    rules = old(parameters, prefix)
    for number, rule in enumerate(rules, 1):
        base, lists = f"{prefix}.{number}.PrefixListIds", rule["PrefixListIds"]
        while found := ec2._p(parameters, f"{base}.{len(lists) + 1}.PrefixListId"):
            said = ec2._p(parameters, f"{base}.{len(lists) + 1}.Description")
            lists.append({"PrefixListId": found} | ({"Description": said} if said else {}))
    return rules


def _rule_xml(old: Callable[..., Any], group: str, rule: dict[str, Any], *args: Any, **kwargs: Any) -> str:
    described: str = old(group, rule, *args, **kwargs)
    if "<prefixListId>" in described or not rule.get("PrefixListIds"):
        return described
    named = rule["PrefixListIds"][0]  # a rule of its own for each source, as Terraform asks for them
    missing = f"<prefixListId>{named['PrefixListId']}</prefixListId>"
    if named.get("Description") and "<description>" not in described:
        missing += f"<description>{escape(named['Description'])}</description>"
    return described.replace("<ipProtocol>", f"{missing}<ipProtocol>", 1)


def _create_flow_logs(old: Callable[..., Any], parameters: Any) -> Any:
    """AWS looks for the tags of a `vpc-flow-log`; the emulator for those of a `flow-log`."""
    before = set(ec2._flow_logs.keys())
    answer = old(parameters)
    for flow_log in set(ec2._flow_logs.keys()) - before:
        ec2._parse_tag_specs(parameters, "vpc-flow-log", flow_log)
        ec2._flow_logs[flow_log]["Told"] = _flow_log_xml(parameters)
    return answer


def _flow_log_xml(parameters: Any) -> str:
    """What the emulator does not tell of a flow log."""
    told = {
        "deliverLogsPermissionArn": ec2._p(parameters, "DeliverLogsPermissionArn"),
        "logGroupName": _log_group(parameters),
        "logFormat": ec2._p(parameters, "LogFormat") or LOG_FORMAT,
        "maxAggregationInterval": ec2._p(parameters, "MaxAggregationInterval") or "600",
        "deliverLogsStatus": "SUCCESS",
    }
    options = {
        tag: ec2._p(parameters, f"DestinationOptions.{name}") or ("plain-text" if name == "FileFormat" else "false")
        for name, tag in DESTINATION_OPTIONS.items()
    }
    inner = _elements(told)
    is_chosen = any(ec2._p(parameters, f"DestinationOptions.{name}") for name in DESTINATION_OPTIONS)
    return inner + (f"<destinationOptions>{_elements(options)}</destinationOptions>" if is_chosen else "")


def _log_group(parameters: Any) -> str:
    if ec2._p(parameters, "LogDestinationType") not in ("", "cloud-watch-logs"):
        return ""
    named = ec2._p(parameters, "LogGroupName") or ec2._p(parameters, "LogDestination")
    return str(named).split(":log-group:")[-1].removesuffix(":*")


def _elements(values: dict[str, str]) -> str:
    return "".join(f"<{tag}>{escape(value)}</{tag}>" for tag, value in values.items() if value)


def _describe_flow_logs(old: Callable[..., Any], parameters: Any) -> Any:
    status, headers, body = old(parameters)
    text = body.decode() if isinstance(body, bytes) else body
    for flow_log in ec2._flow_logs.values():
        named = f"<flowLogId>{flow_log['FlowLogId']}</flowLogId>"
        text = text.replace(named, named + flow_log.get("Told", ""))
    kept = {name: value for name, value in headers.items() if name.lower() != "content-length"}
    return status, kept, text.encode() if isinstance(body, bytes) else text
