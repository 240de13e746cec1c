"""Drift is told with what helps and without what harms: no noise, no secrets."""

from __future__ import annotations

from typing import Any

import pytest

from shipping import drift_page

SECRET = "correct-horse-battery"


def entry(kind: str, before: Any, after: Any, *actions: str, **more: Any) -> dict[str, Any]:
    change = {"actions": list(actions or ("update",)), "before": before, "after": after}
    marks = {key: more.pop(key) for key in ("before_sensitive", "after_sensitive") if key in more}
    return {"address": f"module.m.{kind}.this", "type": kind, "mode": "managed", "change": change | marks, **more}


def told(*entries: dict[str, Any]) -> str:
    return "\n".join(map(str, drift_page.drifted({"resource_drift": list(entries)})))


def test_a_changed_attribute_is_told_with_both_values() -> None:
    """Whoever reads the mail at night has to see what to set back."""
    found = told(entry("aws_lambda_function", {"timeout": 300, "memory_size": 512}, {"timeout": 5, "memory_size": 512}))

    assert found == "module.m.aws_lambda_function.this\n  timeout (300 -> 5)"


def test_what_is_gone_is_told() -> None:
    found = told(entry("aws_sns_topic", {"name": "alerts"}, None, "delete"))

    assert found == "module.m.aws_sns_topic.this\n  is gone"


@pytest.mark.parametrize(
    ("before", "after", "marks"),
    [
        ({"value": SECRET}, {"value": "other"}, {"before_sensitive": {"value": True}}),
        ({"value": "plain"}, {"value": SECRET}, {"after_sensitive": {"value": True}}),
        ({"password": "a"}, {"password": SECRET}, {}),
        ({"environment": [{"variables": {"URL": "a"}}]}, {"environment": [{"variables": {"URL": SECRET}}]}, {}),
        ({"policy": "{}"}, {"policy": f'{{"api_key": "{SECRET}"}}'}, {}),
        ({"blocks": [{"token": "a"}]}, {"blocks": [{"token": SECRET}, {"token": SECRET}]}, {}),
    ],
)  # fmt: skip
def test_no_secret_is_mailed(before: Any, after: Any, marks: dict[str, Any]) -> None:
    """A mail goes through hands that must not see it; that something changed has to be told all the same."""
    found = told(entry("aws_lambda_function", before, after, **marks))

    assert SECRET not in found
    assert next(iter(after)) in found


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("aws_lambda_function", {"last_modified": "2026-03-04"}, {"last_modified": "2026-03-05"}),
        ("aws_sns_topic_subscription", {"pending_confirmation": True}, {"pending_confirmation": False}),
        ("aws_glue_catalog_table", {"columns": [{"comment": None}]}, {"columns": [{"comment": ""}]}),
        ("aws_s3_bucket", {"policy": ""}, {"policy": None}),
    ],
)
def test_what_nobody_changed_is_not_told(kind: str, before: Any, after: Any) -> None:
    """After three mails about nothing the fourth is not read."""
    assert told(entry(kind, before, after)) == ""


def test_what_is_only_read_is_no_drift() -> None:
    """A check block reads data sources anew at every plan."""
    read = entry("aws_caller_identity", {"arn": "a"}, {"arn": "b"}) | {"mode": "data"}

    assert drift_page.drifted({"resource_drift": [read]}) == []
    assert drift_page.drifted({}) == []


def test_a_mail_fits_what_sns_takes() -> None:
    """SNS refuses a longer one, and nobody would hear of the largest drift."""
    many = [drift_page.Drift(f"module.m.aws_s3_object.file[{number}]", True, ()) for number in range(2000)]

    body = drift_page.written("dev", many, "")

    assert len(drift_page.subject("an-environment" * 10, many)) <= 100
    assert len(body.encode()) < 256 * 1024
    assert "and more: `make drift ENV=dev`" in body


def test_somebody_at_work_is_named_first() -> None:
    """Half an apply looks like drift."""
    gone = drift_page.Drift("aws_sns_topic.this", True, ())

    body = drift_page.written("dev", [gone], "The state is locked by jane@laptop")

    assert body.index("jane@laptop") < body.index("aws_sns_topic.this")
