"""Data that would be kept for a shorter time, or could be lost more easily; and who would no longer ring."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from shipping.doctor.plan import UNKNOWN
from shipping.review.changes import Action, Change
from shipping.review.dangers.danger import Danger, Kind

FOREVER = 0  # what CloudWatch's retention writes for it
ANYTHING = object()

# By type: an attribute, its good value (ANYTHING: any but nothing), and what holds without it.
GUARDS: dict[str, tuple[tuple[str, Any, str], ...]] = {
    "aws_cloudwatch_metric_alarm": (
        ("actions_enabled", True, "it goes off and tells nobody"),
        ("alarm_actions", ANYTHING, "it goes off and tells nobody"),
    ),
    "aws_db_instance": (("deletion_protection", True, "one command destroys it"),),
    "aws_ecr_repository": (
        ("force_delete", False, "it may be destroyed with its images"),
        ("image_tag_mutability", "IMMUTABLE", "a tag may become another image"),
    ),
    "aws_s3_bucket": (("force_destroy", False, "it may be destroyed with its objects"),),
    "aws_s3_bucket_versioning": (
        ("versioning_configuration.0.status", "Enabled", "what is overwritten or deleted is gone"),
    ),
    "aws_scheduler_schedule": (("state", "ENABLED", "nothing starts by itself any more"),),
}
# By type: an attribute in days, where fewer keep less.
DAYS = {
    "aws_cloudwatch_log_group": "retention_in_days",
    "aws_db_instance": "backup_retention_period",
    "aws_kms_key": "deletion_window_in_days",
    "aws_secretsmanager_secret": "recovery_window_in_days",
    "aws_sqs_queue": "message_retention_seconds",
}
LIFECYCLES = ("aws_s3_bucket_lifecycle_configuration", "aws_ecr_lifecycle_policy")
PROTECTORS = {
    "aws_s3_bucket_logging": "nobody can read any more who asked for what",
    "aws_s3_bucket_versioning": "what is overwritten or deleted is gone",
}


def find(change: Change, _: Sequence[Change]) -> Iterator[Danger]:
    told = [*_unguarded(change), *_shorter(change), *_lifecycle(change), *_gone(change)]
    for what, meaning in told:
        yield Danger(Kind.DATA, change.address, what, meaning)


def _unguarded(change: Change) -> Iterator[tuple[str, str]]:
    if not (change.before and change.after):
        return
    for path, good, meaning in GUARDS.get(change.type, ()):
        before, after = _at(change.before, path), _at(change.after, path)
        if after is UNKNOWN or not _is_good(before, good) or _is_good(after, good):
            continue
        yield f"{path.replace('.0.', '.')} was {_word(before)} and is {_word(after)}", meaning


def _is_good(value: Any, good: Any) -> bool:
    return value is UNKNOWN or (bool(value) if good is ANYTHING else bool(value == good))


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"{len(value)} of them" if value else "none"
    return str(value) if value else "none"


def _at(side: Any, path: str) -> Any:
    for part in path.split("."):
        if side is UNKNOWN:
            return UNKNOWN
        if isinstance(side, list):
            side = side[int(part)] if int(part) < len(side) else None
        else:
            side = side.get(part) if isinstance(side, dict) else None
    return side


def _shorter(change: Change) -> Iterator[tuple[str, str]]:
    attribute = DAYS.get(change.type)
    if not attribute or not (change.before and change.after):
        return
    before, after = change.before.get(attribute), change.after.get(attribute)
    if not isinstance(before, int) or not isinstance(after, int) or before == after:
        return
    if change.type == "aws_cloudwatch_log_group":
        before, after = (float("inf") if days == FOREVER else days for days in (before, after))
    if after < before:
        shown = ["forever" if days == float("inf") else str(days) for days in (before, after)]
        yield f"{attribute} goes from {shown[0]} to {shown[1]}", "what is older than that cannot be had back"


def _lifecycle(change: Change) -> Iterator[tuple[str, str]]:
    """Rules that let go of objects: new ones, and shorter ones. Others are compared by their text alone."""
    if change.type not in LIFECYCLES or not change.after or change.action is Action.CREATE:
        return
    if change.type == "aws_ecr_lifecycle_policy":
        if change.before.get("policy") != change.after.get("policy"):
            yield "keeps images by other rules", "images may go that a model in the registry names"
        return
    before, after = _expiries(change.before), _expiries(change.after)
    for rule, days in sorted(after.items()):
        if rule not in before:
            yield f"{rule} is new: objects go after {days} days", "what is older than that goes within a day"
        elif days < before[rule]:
            yield f"{rule} goes from {before[rule]} to {days} days", "what is older than that goes within a day"


def _expiries(side: dict[str, Any]) -> dict[str, int]:
    """Days by rule and kind, such as `logs.expiration`; only of rules that are switched on."""
    found: dict[str, int] = {}
    rules = side.get("rule")
    for rule in rules if isinstance(rules, list) else []:
        for kind, attribute in (("expiration", "days"), ("noncurrent_version_expiration", "noncurrent_days")):
            days = _at(rule, f"{kind}.0.{attribute}")
            if isinstance(days, int) and days > 0 and rule.get("status") == "Enabled":
                found[f"{rule.get('id')}.{kind}"] = days
    return found


def _gone(change: Change) -> Iterator[tuple[str, str]]:
    if change.action is Action.DELETE and change.type in PROTECTORS:
        yield "is taken away", PROTECTORS[change.type]
