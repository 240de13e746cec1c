"""Plans as `terraform show -json` tells them, written as short as a test can read."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from shipping.review import changes, dangers, verdict
from shipping.review.dangers import Danger

TODAY = date(2026, 11, 25)
VALUES = {"region": "us-east-1", "asleep": False, "budget": {"anomaly_usd": 1, "monthly_limit_usd": 500}}
Shown = dict[str, Any]


def change(address: str, before: Any = None, after: Any = None, unknown: Any = None, **more: Any) -> Shown:
    """One resource's change; its actions follow from which side is there."""
    parts = address.split("[")[0].split(".")
    kind, name = parts[-2:]
    module = ".".join(parts[:-2])
    actions = more.pop("actions", None) or _actions(before, after)
    what = {
        "actions": actions, "before": before, "after": after, "after_unknown": unknown or {},
        "before_sensitive": more.pop("before_sensitive", {}), "after_sensitive": more.pop("after_sensitive", {}),
        "replace_paths": more.pop("replace_paths", None),
    }  # fmt: skip
    return {"address": address, "module_address": module, "mode": "managed", "type": kind, "name": name,
            "change": what, **more}  # fmt: skip


def _actions(before: Any, after: Any) -> list[str]:
    if before is None:
        return ["create"]
    if after is None:
        return ["delete"]
    return ["no-op"] if before == after else ["update"]


def plan(*found: Shown, variables: dict[str, Any] | None = None, **more: Any) -> Shown:
    given = {name: {"value": value} for name, value in (VALUES | (variables or {})).items()}
    return {"variables": given, "resource_changes": list(found), **more}


def dangers_of(*found: Shown) -> list[Danger]:
    return dangers.find(changes.of(plan(*found)))


def told(*found: Shown) -> list[str]:
    """Dangers as `kind: what`."""
    return [f"{one.kind}: {one.what}" for one in dangers_of(*found)]


def review_of(shown: Shown) -> verdict.Review:
    return verdict.of(shown, "dev", "c0ffee", TODAY)


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def settings(count: int, instance_type: str = "ml.m5.large") -> list[Shown]:
    """The parameters by which DAGs know what endpoint to make, standing already."""
    values = {"serving_instance_count": str(count), "serving_instance_type": instance_type,
              "job_instance_type": "ml.m5.large"}  # fmt: skip
    sides = {key: {"name": f"/stockcast/dev/{key}", "value": value} for key, value in values.items()}
    return [
        change(f'module.settings.aws_ssm_parameter.this["{key}"]', side, side,
               before_sensitive={"value": True}, after_sensitive={"value": True})
        for key, side in sides.items()
    ]  # fmt: skip
