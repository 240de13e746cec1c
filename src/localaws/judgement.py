"""What the gate said of the newest candidate, in one line for each rule that it failed."""

from __future__ import annotations

import json
from typing import Any


def newest(s3: Any, bucket: str) -> dict[str, Any]:
    """The evaluation that was written last; a KeyError where none was."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="evaluation/")
    found = [one for page in pages for one in page.get("Contents", []) if one["Key"].endswith("/evaluation.json")]
    if not found:
        raise KeyError(f"{bucket} holds no evaluation.json below evaluation/; a training run writes one.")
    key = max(found, key=lambda one: one["LastModified"])["Key"]
    return dict(json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()))


def lines(evaluation: dict[str, Any]) -> list[str]:
    """Promoted, or refused and why: a refusal ends its run green, so nothing else would say it."""
    name, verdict = evaluation["model_version"], evaluation["verdict"]
    if verdict["promote"]:
        return [f"{name} passed the gate"]
    failed = [rule for rule in verdict["rules"] if not rule["passed"]]
    told = [f"  {rule['rule']}{_at(rule)}: {rule['value']}, limit {rule['limit']}" for rule in failed]
    return [f"{name} was refused by the gate; the endpoint serves what it served before", *told]


def _at(rule: dict[str, Any]) -> str:
    return "" if rule["horizon"] is None else f" at {rule['horizon']} days"
