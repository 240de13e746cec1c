"""IAM: what a request is about. Where the emulator asks about `*`, or of the wrong thing, it asks as AWS does.

A policy that names our things alone would otherwise be refused here, and one that names everybody's would pass. It also
tells conditions what AWS tells them: the boundary of a role that is made or given rights, and tags of what EC2 makes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.core.iam_actions import SERVICE_TO_IAM_NAMESPACE, extract_iam_action
from ministack.services import ec2, iam, tagging

from localaws.patches.replace import replace

Named = str | list[str] | None  # what a request names: ARNs, or what follows the account in them
BOUNDED = ("AttachRolePolicy", "DeleteRolePermissionsBoundary", "DeleteRolePolicy", "DetachRolePolicy", "PutRolePolicy")
EC2_KINDS = {"eipalloc": "elastic-ip", "fl": "vpc-flow-log", "igw": "internet-gateway", "nat": "natgateway",
             "rtb": "route-table", "sg": "security-group", "sgr": "security-group-rule", "subnet": "subnet",
             "vpc": "vpc", "vpce": "vpc-endpoint"}  # fmt: skip
EC2_NEW = {"AllocateAddress": "elastic-ip", "CreateFlowLogs": "vpc-flow-log",
           "CreateInternetGateway": "internet-gateway", "CreateVpc": "vpc"}  # fmt: skip
MEMBER = re.compile(r"(\.member)?\.\d+$")
EC2_TAG = re.compile(r"TagSpecification\.\d+\.Tag\.\d+\.Key")


class Several(str):
    """The first of several resources that one request names, and `each` of them: AWS asks about every one."""

    each: tuple[str, ...]

    def __new__(cls, each: Sequence[str]) -> Several:
        made = super().__new__(cls, each[0])
        made.each = tuple(each)
        return made


def apply() -> None:
    """Ask about the things that the request names, and tell conditions more."""
    replace(iam_actions, "extract_iam_action", _action)
    replace(iam_actions, "extract_resource_arn", _resource)
    replace(iam_actions, "request_tag_context", _context)
    replace(tagging, "resource_tags", _tags)


def ask_about_each() -> None:
    """Call it when decisions are recorded already, so that the answer about each resource is noted."""
    replace(iam_evaluator, "enforce", _enforce)


def _action(old: Callable[..., str | None], service: str, *request: Any) -> str | None:
    """Budgets know two actions only, whatever the operation is called."""
    found = old(service, *request)
    if found is None or not found.startswith("budgets:") or "Tag" in found:
        return found
    return "budgets:ViewBudget" if found.startswith("budgets:Describe") else "budgets:ModifyBudget"


def _resource(
    old: Callable[..., str], service: str, method: str, path: str, headers: Any, body: bytes, query: Any, region: str,
    account: str,
) -> str:  # fmt: skip
    found = old(service, method, path, headers, body, query, region, account)
    namespace = SERVICE_TO_IAM_NAMESPACE.get(service, service)
    name = NAMED.get(namespace)
    if name is None:
        return found
    action = str(extract_iam_action(service, method, path, headers, body, query) or "").partition(":")[2]
    told = name(action, path, _asked(body, query))
    each = [told] if isinstance(told, str) else told or []
    arns = [one if one.startswith("arn:") else _arn(namespace, region, account, one) for one in each]
    return Several(arns) if len(arns) > 1 else arns[0] if arns else found


def _arn(namespace: str, region: str, account: str, told: str) -> str:
    place = "" if namespace in ("budgets", "iam") or told.startswith("dashboard/") else region
    return f"arn:aws:{namespace}:{place}:{account}:{told}"


def _enforce(
    old: Callable[..., Any], access_key: str, action: str, service: str, region: str, resource_arn: str = "*",
    service_context: dict[str, Any] | None = None,
) -> Any:  # fmt: skip
    """What is denied for one of several resources is denied."""
    each = resource_arn.each if isinstance(resource_arn, Several) else (resource_arn,)
    answers = (old(access_key, action, service, region, arn, service_context) for arn in each)
    return next((denied for denied in answers if denied), None)


def _asked(body: bytes, query: Mapping[str, Any]) -> dict[str, Any]:
    """What is asked for, by name: from a JSON body or from the form, whose lists have numbered members."""
    try:
        given = json.loads(body) if body[:1] == b"{" else {}
    except ValueError:
        given = {}
    form = {name: value[0] if isinstance(value, list) else value for name, value in query.items()}
    lists = {name: _members(form, name) for name in {MEMBER.sub("", name) for name in form if MEMBER.search(name)}}
    return {**form, **lists, **given}


def _members(form: Mapping[str, Any], name: str) -> list[Any]:
    """`ResourceId.1`, `ResourceId.2` and `AlarmNames.member.1`, in the order of the form."""
    return [value for key, value in form.items() if MEMBER.sub("", key) == name and MEMBER.search(key)]


def _listed(asked: Mapping[str, Any], key: str, prefix: str) -> list[str]:
    """Each of the things that a list names."""
    value = asked.get(key)
    return [f"{prefix}{one}" for one in (value if isinstance(value, list) else [value] if value else [])]


def _airflow(action: str, path: str, asked: dict[str, Any]) -> str | None:
    parts = path.strip("/").split("/")
    return f"environment/{parts[1]}" if parts[0] == "environments" and len(parts) > 1 else None


def _budget(action: str, path: str, asked: dict[str, Any]) -> str | None:
    name = asked.get("BudgetName") or asked.get("Budget", {}).get("BudgetName")
    return f"budget/{name}" if name else asked.get("ResourceARN")


def _cloudwatch(action: str, path: str, asked: dict[str, Any]) -> Named:
    if dashboards := _listed(asked, "DashboardName", "dashboard/") + _listed(asked, "DashboardNames", "dashboard/"):
        return dashboards
    if action == "DeleteAlarms":
        return _listed(asked, "AlarmNames", "alarm:")
    return asked.get("ResourceARN")


def _ec2(action: str, path: str, asked: dict[str, Any]) -> Named:
    if action.startswith("Describe"):
        return None
    if action in EC2_NEW:
        return f"{EC2_NEW[action]}/*"
    if action == "DisassociateRouteTable":
        return _table_of(asked["AssociationId"])
    named = {"CreateTags": "ResourceId", "DeleteFlowLogs": "FlowLogId", "DeleteNatGateway": "NatGatewayId",
             "DeleteTags": "ResourceId"}.get(action, "")  # fmt: skip
    kinds = [(EC2_KINDS.get(identity.split("-")[0]), identity) for identity in _listed(asked, named, "")]
    return [f"{kind}/{identity}" for kind, identity in kinds] if all(kind for kind, _ in kinds) else None


def _table_of(association: str) -> str | None:
    for table, told in ec2._route_tables.items():
        if any(association in one.values() for one in told.get("Associations", [])):
            return f"route-table/{table}"
    return None


def _ecr(action: str, path: str, asked: dict[str, Any]) -> Named:
    return _listed(asked, "repositoryNames", "repository/") or asked.get("resourceArn")


def _glue(action: str, path: str, asked: dict[str, Any]) -> str | None:
    if action in ("GetTags", "TagResource", "UntagResource"):
        return asked.get("ResourceArn")
    if action.endswith("Database"):
        return f"database/{asked.get('Name') or asked.get('DatabaseInput', {}).get('Name')}"
    table = asked.get("TableName") or asked.get("TableInput", {}).get("Name")
    table = table or (asked.get("Name") if action.endswith("Table") else None)
    return f"table/{asked['DatabaseName']}/{table}" if table and "DatabaseName" in asked else None


def _iam(action: str, path: str, asked: dict[str, Any]) -> str | None:
    return f"policy/{asked['PolicyName']}" if action == "CreatePolicy" else None


def _kms(action: str, path: str, asked: dict[str, Any]) -> str | None:
    return str(asked["AliasName"]) if action in ("CreateAlias", "DeleteAlias", "UpdateAlias") else None


def _lambda(action: str, path: str, asked: dict[str, Any]) -> str | None:
    return f"function:{asked.get('FunctionName')}" if action == "CreateFunction" else None


def _logs(action: str, path: str, asked: dict[str, Any]) -> str | None:
    """Streams are below their group, so that a grant on the group's name alone does not reach them."""
    if action not in ("CreateLogStream", "GetLogEvents", "PutLogEvents"):
        return None
    stream = "" if action == "CreateLogStream" else asked.get("logStreamName")
    return f"log-group:{asked.get('logGroupName')}:log-stream:{stream}"


def _sns(action: str, path: str, asked: dict[str, Any]) -> str | None:
    return asked.get("ResourceArn")


def _ssm(action: str, path: str, asked: dict[str, Any]) -> Named:
    names = [name.lstrip("/") for name in _listed(asked, "Names", "")]
    return [f"parameter/{name}" for name in names] if action in ("DeleteParameters", "GetParameters") else None


NAMED: dict[str, Callable[[str, str, dict[str, Any]], Named]] = {
    "airflow": _airflow, "budgets": _budget, "cloudwatch": _cloudwatch, "ec2": _ec2, "ecr": _ecr, "glue": _glue,
    "iam": _iam, "kms": _kms, "lambda": _lambda, "logs": _logs, "sns": _sns, "ssm": _ssm,
}  # fmt: skip


def _tags(old: Callable[..., dict[str, str] | None], arn: str) -> dict[str, str] | None:
    if not arn.startswith("arn:aws:ec2:"):
        return old(arn)
    return {tag["Key"]: tag["Value"] for tag in ec2._tags.get(arn.rpartition("/")[2]) or []}


def _context(
    old: Callable[..., dict[str, Any]], service: str, action: str, body: bytes, params: Mapping[str, Any]
) -> dict[str, Any]:
    found = old(service, action, body, params)
    if service == "ec2":
        return found | _ec2_tags(params)
    boundary = _boundary(action.partition(":")[2], _asked(body, params)) if service == "iam" else None
    return found | ({"iam:PermissionsBoundary": boundary} if boundary else {})


def _ec2_tags(params: Mapping[str, Any]) -> dict[str, Any]:
    form = _asked(b"", params)
    keys = [name for name in form if EC2_TAG.fullmatch(name)]
    tags = {f"aws:RequestTag/{form[name]}".lower(): form.get(name.removesuffix("Key") + "Value") for name in keys}
    return tags | ({"aws:TagKeys": [form[name] for name in keys]} if keys else {})


def _boundary(action: str, asked: dict[str, Any]) -> str | None:
    """The boundary that a role is to get, or has while its rights are changed."""
    if action in ("CreateRole", "PutRolePermissionsBoundary"):
        return asked.get("PermissionsBoundary")
    if action not in BOUNDED:
        return None
    role = iam._roles.get(asked.get("RoleName", "")) or {}
    kept = role.get("PermissionsBoundary")
    return kept.get("PermissionsBoundaryArn") if isinstance(kept, dict) else kept
