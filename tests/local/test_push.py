"""`git push` deploys: what is approved arrives, and what people have not approved stays away.

Each test begins where the one before ended. The name of this file lets it come after the main job's tests, whose stack
it changes; test_push_faults.py begins where this one ends.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.local.conftest import Running
from tests.local.pushing import DAGS, HELLO, INFRASTRUCTURE, VALUES, Clone, current_clone, listed, retention

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("stack"), pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def clone(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return current_clone(running, tmp_path_factory.mktemp("push") / "clone")


@pytest.fixture(scope="module")
def rejected_and_queued(running: Running, clone: Clone) -> dict[str, Any]:
    """Two pushes at once that both change a value; the first is rejected, the second approved."""
    clone.edit(VALUES, "log_days = 7", "log_days = 5")
    first = clone.push("Keep logs for five days")
    clone.edit(VALUES, "log_days = 5", "log_days = 3")
    clone.write(*HELLO)
    second = clone.push("Keep logs for three days, and say hello")
    waiting = clone.waiting(INFRASTRUCTURE, first)
    seen = {"first": first, "second": second, "waiting": waiting, "while it waits": retention(running)}
    behind = f"behind {waiting['id'][:8]}"  # it plans meanwhile, until it comes to where the first one waits
    seen["queued"] = clone.await_execution(
        INFRASTRUCTURE, second, lambda found: found["status"] != "InProgress" or behind in found["waits"]
    )
    seen["reject"] = running.make("reject")
    seen["rejected"] = clone.ended(INFRASTRUCTURE, first)
    clone.waiting(INFRASTRUCTURE, second)
    seen["after the rejection"] = retention(running)
    seen["approve"] = running.make("approve")
    seen["approved"] = clone.ended(INFRASTRUCTURE, second)
    return seen


def test_a_changed_value_waits_for_approval_with_nothing_changed_until_then(
    rejected_and_queued: dict[str, Any],
) -> None:
    """A plan is read by a person before it costs money or data."""
    assert rejected_and_queued["while it waits"] == 7


def test_a_second_push_is_queued_behind_one_that_waits(rejected_and_queued: dict[str, Any], clone: Clone) -> None:
    """Two applies at once, or a newer one overtaking an older one, would leave what nobody has planned."""
    first, queued = rejected_and_queued["waiting"], rejected_and_queued["queued"]
    assert queued["status"] == "InProgress", clone.why(queued)
    assert queued["waits"] == f"waits before stage Approve-local, behind {first['id'][:8]}"
    assert clone.status(queued, "Apply-local") == "NotStarted"


def test_what_is_rejected_is_not_applied(rejected_and_queued: dict[str, Any], clone: Clone) -> None:
    assert rejected_and_queued["reject"].returncode == 0, rejected_and_queued["reject"].stderr
    assert rejected_and_queued["rejected"]["status"] == "Failed"
    assert clone.status(rejected_and_queued["rejected"], "Apply-local") != "Succeeded"
    assert rejected_and_queued["after the rejection"] == 7


def test_what_is_approved_is_shown_applied_and_verified(
    rejected_and_queued: dict[str, Any], running: Running, clone: Clone
) -> None:
    """The whole way: push, plan, review, approval, apply of that very plan, and the look whether it stands."""
    approved = rejected_and_queued["approved"]
    assert rejected_and_queued["approve"].returncode == 0, rejected_and_queued["approve"].stderr
    assert "to change" in rejected_and_queued["approve"].stdout
    assert approved["status"] == "Succeeded", clone.why(approved)
    assert retention(running) == 3


def test_a_pushed_dag_is_listed_in_airflow(rejected_and_queued: dict[str, Any], running: Running, clone: Clone) -> None:
    found = clone.ended(DAGS, rejected_and_queued["second"])

    assert found["status"] == "Succeeded", clone.why(found)
    assert listed(running, "watch_pushes")
