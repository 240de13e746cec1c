"""What the internet can reach afterwards and could not before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from shipping.doctor.policies import Statement
from shipping.review.changes import Change
from shipping.review.dangers import policy_sides
from shipping.review.dangers.danger import Danger, Kind
from shipping.review.dangers.policy_sides import Unreadable

ANYWHERE = ("0.0.0.0/0", "::/0")
BLOCKS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
# A condition on one of these keeps strangers out of a statement for everybody.
KEEPS_STRANGERS_OUT = (
    "aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:sourceaccount", "aws:sourcearn",
    "aws:sourceorgid", "aws:sourcevpc", "aws:sourcevpce", "kms:calleraccount",
)  # fmt: skip

# Attributes that open a resource, by type: the value that opens, and what then holds.
OPENED_BY: dict[str, tuple[str, Any, str]] = {
    "aws_db_instance": ("publicly_accessible", True, "its address is public"),
    "aws_lambda_function_url": ("authorization_type", "NONE", "whoever has the link calls the function, unsigned"),
    "aws_lambda_permission": ("principal", "*", "everybody may call the function"),
    "aws_lb": ("internal", False, "it takes requests from the internet"),
    "aws_mwaa_environment": (
        "webserver_access_mode", "PUBLIC_ONLY", "Airflow's page is on the internet, kept by AWS's sign-in alone",
    ),
    "aws_redshift_cluster": ("publicly_accessible", True, "its address is public"),
    "aws_redshiftserverless_workgroup": ("publicly_accessible", True, "its address is public"),
    "aws_sagemaker_notebook_instance": ("direct_internet_access", "Enabled", "it reaches the internet past the VPC"),
}  # fmt: skip


def find(change: Change, every: Sequence[Change]) -> Iterator[Danger]:
    told = [*_opened(change), *_blocks(change, every), *_ports(change), *_everybody(change), *_acl(change)]
    for what, meaning in told:
        yield Danger(Kind.EXPOSED, change.address, what, meaning)


def _opened(change: Change) -> Iterator[tuple[str, str]]:
    if change.type not in OPENED_BY or not change.after:
        return
    attribute, opens, meaning = OPENED_BY[change.type]
    before, after = change.before.get(attribute), change.after.get(attribute)
    if after == opens and before != opens:
        yield f"{attribute} is {str(after).lower() if isinstance(after, bool) else after}", meaning


def _blocks(change: Change, every: Sequence[Change]) -> Iterator[tuple[str, str]]:
    """A public access block that opens or goes. One that goes with its bucket keeps nobody out of anything."""
    if change.type not in ("aws_s3_bucket_public_access_block", "aws_s3_account_public_access_block"):
        return
    if not change.after:
        buckets = [one for one in every if one.type == "aws_s3_bucket" and one.after]
        if change.type != "aws_s3_bucket_public_access_block" or _names_bucket(change.before, buckets):
            yield "is taken away", "policies and ACLs may make the bucket public"
        return
    opened = [name for name in BLOCKS if change.after.get(name) is False and change.before.get(name) is not False]
    if opened:
        yield f"{', '.join(opened)} {'is' if len(opened) == 1 else 'are'} off", "the bucket may be made public"


def _names_bucket(side: dict[str, Any], buckets: list[Change]) -> bool:
    return any(side.get("bucket") in (one.after.get("id"), one.after.get("bucket")) for one in buckets)


def _ports(change: Change) -> Iterator[tuple[str, str]]:
    for rule in sorted(_open_rules(change.type, change.after) - _open_rules(change.type, change.before)):
        yield f"lets {rule} in", "the whole internet may connect"


def _open_rules(kind: str, side: dict[str, Any]) -> set[str]:
    """What a security group lets in from anywhere, such as `0.0.0.0/0 on tcp 443`."""
    rules: list[dict[str, Any]] = []
    if kind in ("aws_security_group", "aws_default_security_group"):
        found = side.get("ingress")
        rules = found if isinstance(found, list) else []
    elif kind == "aws_vpc_security_group_ingress_rule" or (
        kind == "aws_security_group_rule" and side.get("type") == "ingress"
    ):
        rules = [side]
    return {f"{source} on {_port(rule)}" for rule in rules for source in _sources(rule) if source in ANYWHERE}


def _sources(rule: dict[str, Any]) -> list[Any]:
    single = [rule.get("cidr_ipv4"), rule.get("cidr_ipv6")]
    lists = [rule.get("cidr_blocks"), rule.get("ipv6_cidr_blocks")]
    return single + [one for many in lists if isinstance(many, list) for one in many]


def _port(rule: dict[str, Any]) -> str:
    protocol = rule.get("ip_protocol", rule.get("protocol"))
    if protocol in (None, "-1", "all"):
        return "every port"
    first, last = rule.get("from_port"), rule.get("to_port")
    return f"{protocol} {first}" if first == last else f"{protocol} {first}-{last}"


def _everybody(change: Change) -> Iterator[tuple[str, str]]:
    """Policies of resources that let strangers in."""
    for sides in policy_sides.of(change):
        if not sides.differs:
            continue
        try:
            before, after = sides.statements()
        except Unreadable:
            continue  # told as access that nobody can read beforehand
        opened = {_actions(one) for one in after if _is_for_strangers(one)}
        for actions in sorted(opened - {_actions(one) for one in before if _is_for_strangers(one)}):
            yield f"{sides.attribute} allows everybody {actions}", "no condition keeps strangers out"


def _is_for_strangers(statement: Statement) -> bool:
    kept_out = any(key.lower() in KEEPS_STRANGERS_OUT for _, key, _ in statement.conditions)
    return statement.effect == "Allow" and "*" in statement.others and not kept_out


def _actions(statement: Statement) -> str:
    return ", ".join(statement.actions) or f"all but {', '.join(statement.not_actions)}"


def _acl(change: Change) -> Iterator[tuple[str, str]]:
    if change.type in ("aws_s3_bucket", "aws_s3_bucket_acl", "aws_s3_object"):
        before, after = change.before.get("acl"), change.after.get("acl")
        if after != before and isinstance(after, str) and after.startswith(("public-", "authenticated-")):
            yield f"acl is {after}", "strangers may read it"
    given = [side.get("map_public_ip_on_launch") for side in (change.before, change.after)]
    if change.type == "aws_subnet" and given[1] is True and given[0] is not True:
        yield "map_public_ip_on_launch is true", "whatever starts in it gets a public address"
