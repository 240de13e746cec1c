"""Which statements are needed by what was asked."""

from __future__ import annotations

from typing import Any

from localaws.privilege import usage
from localaws.privilege.decisions import Decision
from localaws.privilege.policies import Role, policy
from localaws.privilege.usage import Part

ACCOUNT, REGION = "123456789012", "us-east-1"
READ = {"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::lake/bars/*"]}
READ_AGAIN = {"Sid": "ReadAgain", "Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::lake/*"}
WRITE = {"Sid": "Write", "Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}
VIA_S3 = {"kms:ViaService": ["s3.*.amazonaws.com"]}
USE_KEY = {"Sid": "UseKey", "Effect": "Allow", "Action": ["kms:Decrypt", "kms:Encrypt"], "Resource": "*"}


def role(*statements: dict[str, Any], boundary: list[dict[str, Any]] | None = None) -> Role:
    limit = policy("stockcast-x-boundary", {"Statement": boundary}) if boundary else None
    return Role(f"arn:aws:iam::{ACCOUNT}:role/train", (policy("grants", {"Statement": list(statements)}),), limit)


def asked(action: str, resource: str, answer: str = "Allow", **context: str) -> Decision:
    keys = tuple((key.replace("_", ":"), value) for key, value in context.items())
    return Decision("role/train", action, resource, REGION, keys, answer)


A_BAR = asked("s3:GetObject", "arn:aws:s3:::lake/bars/part.parquet")


def unused(*roles: Role, decisions: list[Decision]) -> list[Part]:
    return [use.part for use in usage.uses(roles, decisions, REGION) if use.needed_by is None]


def test_a_grant_that_nothing_asks_for_is_not_needed() -> None:
    """Known bad: the superfluous statement is what an auditor, or a thief, finds."""
    assert unused(role(READ, WRITE), decisions=[A_BAR]) == [Part("train", "Write")]


def test_the_request_that_needs_a_grant_is_told() -> None:
    needed = {use.part: use.needed_by for use in usage.uses([role(READ)], [A_BAR], REGION)}

    assert needed == {Part("train", "Read"): A_BAR}


def test_of_two_grants_that_give_the_same_neither_is_needed() -> None:
    """Known bad: taking one of them out would break nothing, so no test could ever miss it."""
    assert unused(role(READ, READ_AGAIN), decisions=[A_BAR]) == [Part("train", "Read"), Part("train", "ReadAgain")]


def test_a_request_of_another_role_needs_nothing_of_this_one() -> None:
    of_another = Decision("role/serve", A_BAR.action, A_BAR.resource, REGION, (), "Allow")

    assert unused(role(READ), decisions=[of_another]) == [Part("train", "Read")]


def test_a_refused_request_does_not_make_a_grant_needed() -> None:
    assert unused(role(READ), decisions=[asked(A_BAR.action, A_BAR.resource, "Deny")]) == [Part("train", "Read")]


def test_actions_and_resources_are_told_one_by_one() -> None:
    """Known bad: one action too many hides behind a statement that is needed."""
    two_places = {**USE_KEY, "Resource": ["arn:aws:kms:us-east-1:1:key/a", "arn:aws:kms:us-east-1:1:key/b"]}

    found = unused(role(two_places), decisions=[asked("kms:Decrypt", "arn:aws:kms:us-east-1:1:key/a")])

    assert found == [
        Part("train", "UseKey", resource="arn:aws:kms:us-east-1:1:key/b"),
        Part("train", "UseKey", action="kms:Encrypt"),
    ]


def test_conditions_count() -> None:
    """A statement whose condition never holds grants nothing, however well its action fits."""
    through_s3 = {**USE_KEY, "Action": "kms:Decrypt", "Condition": {"StringLike": VIA_S3}}
    with_key = asked("kms:Decrypt", "key", kms_viaservice="s3.us-east-1.amazonaws.com")

    assert unused(role(through_s3), decisions=[with_key]) == []
    assert unused(role(through_s3), decisions=[asked("kms:Decrypt", "key")]) == [Part("train", "UseKey")]


def test_everything_but_a_resource_is_a_grant_as_well() -> None:
    elsewhere = {"Sid": "Elsewhere", "Effect": "Allow", "Action": "kms:Decrypt", "NotResource": "arn:aws:kms:::key/own"}

    assert unused(role(elsewhere), decisions=[asked("kms:Decrypt", "arn:aws:kms:::key/aws")]) == []
    assert unused(role(elsewhere), decisions=[asked("kms:Decrypt", "arn:aws:kms:::key/own")]) != []


def test_a_denial_is_needed_where_a_grant_would_let_the_request_through() -> None:
    deny = {"Sid": "NotTheSecret", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::lake/bars/secret"}
    refused = asked("s3:GetObject", "arn:aws:s3:::lake/bars/secret", "Deny")

    assert unused(role(READ, deny), decisions=[A_BAR, refused]) == []
    assert unused(role(READ, deny), decisions=[A_BAR]) == [Part("train", "NotTheSecret")]


def test_a_boundary_is_needed_as_far_as_one_role_needs_it() -> None:
    limit = [{**READ_AGAIN, "Sid": "Lake"}, {**WRITE, "Sid": "Writing"}]

    found = unused(role(READ, boundary=limit), decisions=[A_BAR])

    assert found == [Part("stockcast-x-boundary", "Writing")]


def test_a_boundary_may_hold_what_a_role_was_granted_and_has_not_used_yet() -> None:
    """The grant has to say why it stands; the ceiling over it need not say it again."""
    limit = [{**READ_AGAIN, "Sid": "Lake"}, {**WRITE, "Sid": "Writing"}]

    assert unused(role(READ, WRITE, boundary=limit), decisions=[A_BAR]) == [Part("train", "Write")]


def test_a_grant_beyond_the_boundary_is_found() -> None:
    """It looks right in the role, and is refused on the day it is wanted."""
    bounded = role(READ, WRITE, boundary=[READ_AGAIN])

    assert usage.cut_off(bounded, REGION) == [Part("train", "Write", "s3:PutObject", "*")]
    assert usage.cut_off(role(READ, WRITE), REGION) == []


def test_what_was_allowed_by_other_policies_than_these_is_told() -> None:
    """Otherwise a policy changed after the run would make every verdict about it worthless."""
    assert usage.unexplained([role(WRITE)], [A_BAR]) == [A_BAR]
    assert usage.unexplained([role(READ)], [A_BAR]) == []
