"""What a plan changes, and what only looks like a change."""

from __future__ import annotations

import pytest
from tests.shipping.review.plans import Shown, change, plan

from shipping.review import changes
from shipping.review.changes import Action

STAYS = change("aws_vpc.stays", {"id": "vpc-1"}, {"id": "vpc-1"})


@pytest.mark.parametrize(
    ("shown", "is_any"),
    [
        (plan(STAYS), False),
        (plan(change("aws_vpc.a", None, {"id": "x"})), True),
        (plan({**STAYS, "previous_address": "aws_vpc.old"}), True),
        (plan(STAYS, output_changes={"url": {"actions": ["update"]}}), True),
        (plan(STAYS, output_changes={"url": {"actions": ["no-op"]}}), False),
        (plan(STAYS, checks=[{"address": {"to_display": "check.a"}, "status": "fail"}]), False),
        (plan(STAYS, resource_drift=[change("aws_vpc.stays", {"status": "a"}, {"status": "b"})]), False),
        (plan({**change("aws_region.a", None, {}), "mode": "data"}), False),
    ],
    ids=["nothing", "new", "moved", "output", "same output", "failed check", "drift", "data source"],
)
def test_what_counts_as_a_change(shown: Shown, is_any: bool) -> None:
    """A `no` skips the apply: what is skipped by mistake never comes, what is not asks people for nothing."""
    assert changes.of(shown).is_any is is_any


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (["create"], Action.CREATE),
        (["update"], Action.UPDATE),
        (["delete"], Action.DELETE),
        (["delete", "create"], Action.REPLACE),
        (["create", "delete"], Action.REPLACE),
        (["forget"], Action.FORGET),
        (["no-op"], Action.NONE),
    ],
)
def test_terraforms_actions_are_understood(actions: list[str], expected: Action) -> None:
    """A replacement that is taken for an update hides that something is destroyed."""
    (found,) = changes.of(plan(change("aws_vpc.a", {"a": 1}, {"a": 2}, actions=actions))).every

    assert found.action is expected


def test_counts_are_those_that_terraform_tells() -> None:
    """Two different numbers for one plan make people trust neither."""
    shown = plan(
        change("aws_vpc.a", None, {}), change("aws_vpc.b", {"x": 1}, {"x": 2}), change("aws_vpc.c", {"x": 1}),
        change("aws_vpc.d", {"x": 1}, {"x": 2}, actions=["delete", "create"]), STAYS,
    )  # fmt: skip

    assert changes.of(shown).count() == (2, 1, 2)
    assert changes.of(shown).resources == (4, 4)


def test_differences_tell_harmless_values_and_only_names_of_the_rest() -> None:
    """Numbers, switches and sizes say what changes; any other text may hold what somebody put there."""
    before = {"memory_size": 128, "environment_class": "mw1.small", "description": "a", "tags": {"n": 1}, "same": 1}
    after = {"memory_size": 256, "environment_class": "mw1.medium", "description": "b", "tags": {"n": 2}, "same": 1}
    (found,) = changes.of(plan(change("aws_vpc.a", before, after))).every

    assert [str(one) for one in found.differences] == [
        "description", "environment_class (mw1.small -> mw1.medium)", "memory_size (128 -> 256)", "tags",
    ]  # fmt: skip


def test_what_aws_decides_is_told_as_known_after_apply() -> None:
    """An empty place would look like a value that goes."""
    (found,) = changes.of(plan(change("aws_vpc.a", {"size": 1}, {}, {"size": True}))).every

    assert [str(one) for one in found.differences] == ["size (1 -> known after apply)"]


def test_drift_is_told_without_what_other_resources_keep() -> None:
    """After every first apply buckets show policies that their own resources made: nobody changed anything there."""
    noise = change("aws_s3_bucket.a", {"policy": "", "tags": None, "x": None}, {"policy": "{}", "tags": {}, "x": False})
    real = change("aws_s3_bucket.b", {"force_destroy": False}, {"force_destroy": True})
    gone = change("aws_s3_bucket.c", {"bucket": "c"})

    found = changes.of(plan(resource_drift=[noise, real, gone])).drift

    assert [one.address for one in found] == ["aws_s3_bucket.b", "aws_s3_bucket.c"]
