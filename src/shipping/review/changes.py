"""A saved plan's changes, without its secrets: what each resource was, what it will be, and what forces it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from shipping.doctor.plan import Plan
from shipping.review import differences
from shipping.review.differences import AFTER_APPLY, Difference
from shipping.review.secrets import without_secrets

Side = dict[str, Any]

# Attributes that show what a resource of its own keeps, such as a bucket's policy what aws_s3_bucket_policy says.
KEPT_BY_OTHERS = {
    "aws_iam_role": ("inline_policy", "managed_policy_arns"),
    "aws_route_table": ("route",),
    "aws_s3_bucket": (
        "acl", "grant", "lifecycle_rule", "logging", "policy", "server_side_encryption_configuration", "versioning",
    ),
    "aws_security_group": ("egress", "ingress"),
    "aws_sns_topic": ("policy",),
    "aws_sqs_queue": ("policy",),
}  # fmt: skip


class Action(StrEnum):
    """What happens to a resource, in the order in which people should read it."""

    DELETE = "destroy"
    REPLACE = "replace"
    CREATE = "add"
    UPDATE = "change"
    FORGET = "forget"  # AWS keeps it, the state lets go of it
    STATE = "move or import"  # only the state learns of it
    NONE = "nothing"


@dataclass(frozen=True)
class Change:
    """One resource on both sides of the apply; an empty side does not exist. Secrets are hidden in both."""

    address: str
    module: str
    type: str
    name: str
    action: Action
    before: Side = field(repr=False)  # what is no secret may still be nobody's business
    after: Side = field(repr=False)
    forced_by: tuple[str, ...] = ()
    reason: str = ""

    @property
    def differences(self) -> list[Difference]:
        """What differs, without what AWS fills in by itself; a new resource gets all of that anew."""
        if self.action not in (Action.UPDATE, Action.REPLACE):
            return []
        found = [one for one in differences.between(self.before, self.after) if not one.is_left_to_aws]
        if self.action is Action.UPDATE:
            return found
        return [one for one in found if one.after not in (AFTER_APPLY, "none") or one.path in self.forced_by]

    @property
    def acts(self) -> bool:
        return self.action is not Action.NONE


@dataclass(frozen=True)
class PlannedChanges:
    """All of a plan: `every` also has the resources that stay as they are; `drift` is what was found changed in AWS."""

    every: tuple[Change, ...]
    drift: tuple[Change, ...]
    outputs: tuple[str, ...]  # names of those that change
    failed_checks: tuple[str, ...]  # conditions of `check` blocks that do not hold

    @property
    def acting(self) -> list[Change]:
        return [change for change in self.every if change.acts]

    @property
    def is_any(self) -> bool:
        """Whether an apply would do something.

        Outputs count: builds and people read names from them, and left alone the next plan would tell of them again.
        So does what only the state learns. A `check` that does not hold is told, but nothing an apply would change.
        """
        return bool(self.acting or self.outputs)

    @property
    def resources(self) -> tuple[int, int]:
        """How many stand before and after."""
        gone = (Action.DELETE, Action.FORGET)
        return sum(bool(one.before) for one in self.every), sum(one.action not in gone for one in self.every)

    def count(self) -> tuple[int, int, int]:
        """To add, to change, to destroy, counted as Terraform does: a replacement is one of each end."""
        actions = [change.action for change in self.every]
        replaced = actions.count(Action.REPLACE)
        return (
            actions.count(Action.CREATE) + replaced,
            actions.count(Action.UPDATE),
            actions.count(Action.DELETE) + replaced,
        )


def of(shown: Mapping[str, Any]) -> PlannedChanges:
    """From the answer of `terraform show -json <saved plan>`."""
    after = {resource.address: resource.values for resource in Plan.from_json(dict(shown)).resources}
    managed = [change for change in shown.get("resource_changes", []) if change["mode"] == "managed"]
    return PlannedChanges(
        every=tuple(_change(change, after.get(change["address"], {})) for change in managed),
        drift=tuple(one for one in map(_drifted, shown.get("resource_drift", [])) if _tells_something(one)),
        outputs=tuple(n for n, c in sorted(shown.get("output_changes", {}).items()) if c["actions"] != ["no-op"]),
        failed_checks=tuple(c["address"]["to_display"] for c in shown.get("checks", []) if c["status"] == "fail"),
    )


def _change(entry: Mapping[str, Any], after: Side) -> Change:
    what = entry["change"]
    return Change(
        address=entry["address"],
        module=entry.get("module_address", ""),
        type=entry["type"],
        name=entry["name"],
        action=_action(entry),
        before=without_secrets(what.get("before") or {}, what.get("before_sensitive")),
        after=without_secrets(after, what.get("after_sensitive")),
        forced_by=tuple(_path(path) for path in what.get("replace_paths") or ()),
        reason=entry.get("action_reason", ""),
    )


def _path(parts: list[Any]) -> str:
    """An attribute's path in words. A part that is no name nor place could hold values."""
    return ".".join(str(part) if isinstance(part, str | int) else "*" for part in parts)


def _drifted(entry: Mapping[str, Any]) -> Change:
    """Without what other resources keep: an apply itself lets these differ, and their own resources tell of drift."""
    found = _change(entry, entry["change"].get("after") or {})
    others = KEPT_BY_OTHERS.get(found.type, ())
    sides = [{key: one for key, one in side.items() if key not in others} for side in (found.before, found.after)]
    return replace(found, before=sides[0], after=sides[1])


def _tells_something(drifted: Change) -> bool:
    """AWS answers `false` or 0 where nothing was asked for, which is no change by anybody."""
    return not drifted.after or any(
        (one.before, one.after) not in (("none", "false"), ("none", "0")) for one in drifted.differences
    )


def _action(entry: Mapping[str, Any]) -> Action:
    what = entry["change"]
    match sorted(what["actions"]):
        case ["create", "delete"]:
            return Action.REPLACE
        case ["create", "forget"]:
            return Action.REPLACE
        case ["create"]:
            return Action.CREATE
        case ["update"]:
            return Action.UPDATE
        case ["delete"]:
            return Action.DELETE
        case ["forget"]:
            return Action.FORGET
    is_told_to_state = entry.get("previous_address") or what.get("importing")
    return Action.STATE if is_told_to_state else Action.NONE
