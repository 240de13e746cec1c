"""Whether a policy allows more than another: by meaning, and in doubt yes."""

from __future__ import annotations

from typing import Any

import pytest
from tests.shipping.review.plans import allow, deny, policy

from shipping.review.dangers.subsumption import newly_allowed, no_longer_denied, parsed

ACCOUNT = {"Principal": {"AWS": "arn:aws:iam::111111111111:root"}}
IF_OURS = {"Condition": {"StringEquals": {"aws:SourceAccount": "111111111111"}}}
LIKE_OURS = {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::stockcast-*"}}}

SAME_OR_LESS: list[tuple[list[dict[str, Any]], list[dict[str, Any]]]] = [
    ([allow(["s3:Get*", "s3:Put*"], "a/*")], [allow("s3:Put*", "a/*"), allow("s3:GetObject", "a/b/*")]),
    ([allow("s3:GetObject", "a"), allow("s3:GetObject", "b")], [allow("S3:getobject", ["b", "a"], Sid="New")]),
    ([allow("s3:*")], [allow("s3:GetObject", **IF_OURS)]),
    ([allow("s3:*", **LIKE_OURS)],
     [allow("s3:*", Condition={"ArnLike": {"aws:sourcearn": "arn:aws:s3:::stockcast-dev"}})]),
    ([allow("s3:*", **ACCOUNT)], [allow("s3:*", Principal={"AWS": "111111111111"})]),
    ([allow("s3:*", Principal="*")], [allow("s3:*", Principal={"Service": "sns.amazonaws.com"})]),
    ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], [allow("s3:GetObject")]),
    ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
     [{"Effect": "Allow", "NotAction": ["iam:*", "s3:*"], "Resource": "*"}]),
    ([allow("s3:*")], []),
    ([allow("s3:*", Condition={"StringEqualsIfExists": {"k": "v"}})],
     [allow("s3:*", Condition={"StringEquals": {"k": "v"}})]),
    ([allow("s3:*", Condition={"StringNotEquals": {"k": "v"}})],
     [allow("s3:*", Condition={"StringNotEquals": {"k": ["v", "w"]}})]),
]  # fmt: skip

MORE: list[tuple[list[dict[str, Any]], list[dict[str, Any]]]] = [
    ([allow("s3:GetObject", "a/*")], [allow("*", "a/*")]),
    ([allow("s3:GetObject", "a/*")], [allow("s3:GetObject", "*")]),
    ([allow("s3:GetObject", "a")], [allow(["s3:GetObject", "s3:PutObject"], "a")]),
    ([allow("s3:*", **IF_OURS)], [allow("s3:*")]),
    ([allow("s3:*", **IF_OURS)],
     [allow("s3:*", Condition={"StringEquals": {"aws:SourceAccount": ["111111111111", "2"]}})]),
    ([allow("s3:*", **LIKE_OURS)], [allow("s3:*", Condition={"ArnLike": {"aws:SourceArn": "*"}})]),
    ([allow("s3:*", **ACCOUNT)], [allow("s3:*", Principal={"AWS": "222222222222"})]),
    ([allow("s3:*", **ACCOUNT)], [allow("s3:*", Principal="*")]),
    ([allow("s3:*", **ACCOUNT)], [allow("s3:*", NotPrincipal={"AWS": "333333333333"})]),
    ([allow("s3:*", Principal={"Service": "sns.amazonaws.com"})],
     [allow("s3:*", Principal={"Service": "ec2.amazonaws.com"})]),
    ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], [allow("iam:PassRole")]),
    ([{"Effect": "Allow", "NotAction": "iam:P*", "Resource": "*"}], [allow("iam:*")]),
    ([{"Effect": "Allow", "NotAction": ["iam:*", "s3:*"], "Resource": "*"}],
     [{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}]),
    ([allow("s3:*")], [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]),
    ([allow("s3:Get?")], [allow("s3:Get*")]),
    ([allow("s3:*", Condition={"NumericLessThan": {"k": "5"}})],
     [allow("s3:*", Condition={"NumericLessThan": {"k": "9"}})]),
    ([allow("s3:*", Condition={"StringNotEquals": {"k": ["v", "w"]}})],
     [allow("s3:*", Condition={"StringNotEquals": {"k": "v"}})]),
]  # fmt: skip


def more(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> int:
    return len(newly_allowed(parsed(policy(*before)), parsed(policy(*after))))


@pytest.mark.parametrize(("before", "after"), SAME_OR_LESS)
def test_a_policy_that_says_the_same_or_less_widens_nothing(before: Any, after: Any) -> None:
    """Whoever is warned of every reordering no longer reads warnings."""
    assert more(before, after) == 0


@pytest.mark.parametrize(("before", "after"), MORE)
def test_a_policy_that_allows_more_is_seen(before: Any, after: Any) -> None:
    """The one line that opens everything stands among hundreds that open nothing."""
    assert more(before, after) >= 1


def test_a_deny_that_forbids_less_is_seen() -> None:
    """What nobody may do is often forbidden once, for everybody."""
    before = parsed(policy(deny(["s3:DeleteObject", "s3:PutObject"], "a/*")))

    assert no_longer_denied(before, parsed(policy(deny("s3:*", "*")))) == []
    assert len(no_longer_denied(before, parsed(policy(deny("s3:PutObject", "a/*"))))) == 1
    assert len(no_longer_denied(before, parsed(policy(deny("s3:*", "a/*", **IF_OURS))))) == 2
