"""No form of a review may show a secret, wherever a plan holds it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.shipping.review.plans import change, plan, review_of

from shipping.doctor.plan import UNKNOWN
from shipping.review import commands, markdown, page, terminal
from shipping.review.secrets import HIDDEN, Hidden, without_secrets

SECRET = "hunter2-planted"


def planted() -> dict[str, object]:
    """A plan with the same secret in every place that a plan has for one, before, after, and in drift."""
    old, new = f"{SECRET}-old", f"{SECRET}-new"
    environment = [{"variables": {"HARMLESS_LOOKING": old}}], [{"variables": {"HARMLESS_LOOKING": new}}]
    found = [
        change("aws_db_instance.a", {"password": old, "engine": "x"}, {"password": new, "engine": "x"}),
        change("aws_lambda_function.f", {"environment": environment[0]}, {"environment": environment[1]}),
        change(
            "aws_thing.marked", {"instance_type": old, "blocks": [{"count": 1, "status": old}]},
            {"instance_type": new, "blocks": [{"count": 2, "status": new}]},
            before_sensitive={"instance_type": True, "blocks": [{"status": True}]},
            after_sensitive={"instance_type": True, "blocks": [{"status": True}]},
        ),
        change("aws_thing.nested", {"a": [{"b": [{"api_key": old}]}]}, {"a": [{"b": [{"api_key": new}]}]}),
        change("aws_thing.text", {"description": old, "list": [old]}, {"description": new, "list": [new]}),
        change("aws_thing.replaced", {"name": old}, {"name": new}, actions=["delete", "create"],
               replace_paths=[["name"], ["entries", {"value": SECRET}]]),
        change("aws_thing.made", None, {"token": new, "user_data": new}, after_sensitive={"user_data": True}),
        change("aws_thing.gone", {"token": old, "user_data": old}),
        change("aws_iam_role_policy.hidden", {"policy": json.dumps({"Statement": [{"Sid": old}]})},
               {"policy": json.dumps({"Statement": [{"Sid": new}]})},
               before_sensitive={"policy": True}, after_sensitive={"policy": True}),
        change("aws_iam_role.r", {"assume_role_policy": trust("sts:ExternalId", old)},
               {"assume_role_policy": trust("sts:ExternalId", new)}),
        change("aws_cloudwatch_log_group.broken", {"kms_key_id": old, "retention_in_days": 7},
               {"kms_key_id": new, "retention_in_days": 3}),
        change("aws_ssm_parameter.s", {"name": "/stockcast/dev/serving_instance_type", "value": old},
               {"name": "/stockcast/dev/serving_instance_type", "value": new},
               before_sensitive={"value": True}, after_sensitive={"value": True}),
        change("aws_ssm_parameter.c", None, {"name": "/stockcast/dev/serving_instance_count", "value": "1"}),
    ]  # fmt: skip
    outputs = {"login": {"actions": ["update"], "before": old, "after": new, "before_sensitive": True,
                         "after_sensitive": True}}  # fmt: skip
    drift = [change("aws_db_instance.a", {"password": SECRET, "status": "a"}, {"password": old, "status": "b"})]
    return plan(*found, variables={"pin": SECRET}, output_changes=outputs, resource_drift=drift)


def trust(key: str, value: str) -> str:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "111111111111"},
                 "Condition": {"StringEquals": {key: value}}}  # fmt: skip
    return json.dumps({"Statement": [statement]})


def test_no_form_shows_a_planted_secret(tmp_path: Path) -> None:
    """A comment on a pull request is read by everybody, and a log is kept for years."""
    review = review_of(planted())
    commands._keep(review, "digest", tmp_path)

    forms = [terminal.shown(review, colours=True, page="x"), markdown.shown(review), page.shown(review), review.summary]
    forms += [file.read_text() for file in tmp_path.iterdir()]
    forms += [str(review), str(review.dangers), repr(review.planned)]

    assert len(forms) == 10
    assert [form for form in forms if SECRET in form] == []
    assert "aws_db_instance.a" in forms[0]
    assert "password (hidden)" in forms[0]


def test_what_is_hidden_is_told_as_changed_only_where_it_changed() -> None:
    """A new password has to be seen as a change; an old one must not look like one."""
    one, same, other = (without_secrets({"password": text}, {})["password"] for text in ("a", "a", "b"))

    assert one == same
    assert one != other
    assert (str(one), repr(one)) == (HIDDEN, "Hidden()")


@pytest.mark.parametrize("name", ["password", "client_secret", "auth_token", "apiKey", "private_key", "key_material"])
def test_names_that_sound_like_secrets_hide_their_values(name: str) -> None:
    """Providers forget to mark some."""
    assert isinstance(without_secrets({"deep": [{name: "x"}]}, False)["deep"][0][name], Hidden)


def test_keys_arns_switches_and_unknown_values_are_no_secrets() -> None:
    """A review that hides everything hides the dangers."""
    values = {"kms_key_arn": "arn:aws:kms:x", "manage_master_user_password": True, "token": UNKNOWN, "secret": None}

    assert without_secrets(values, {}) == values


def test_marks_of_a_list_reach_their_own_entry() -> None:
    """Marks and values are two trees of one form; off by one would show the wrong one."""
    found = without_secrets(["open", "shut"], [False, True])

    assert (found[0], str(found[1])) == ("open", HIDDEN)
