"""`git push` deploys: what is approved arrives, and nothing before.

Each test begins where the one before ended. The name of this file lets it come after the main job's tests, whose stack
it changes; test_push_faults.py begins where this one ends.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.local.conftest import Running
from tests.local.pushing import DAGS, HELLO, INFRASTRUCTURE, VALUES, Clone, current_clone, listed, retention

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("stack"), pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def clone(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return current_clone(running, tmp_path_factory.mktemp("push") / "clone")


@pytest.fixture(scope="module")
def pushed(running: Running, clone: Clone) -> dict[str, Any]:
    """One push of a changed value and a new DAG, approved when it waits."""
    clone.edit(VALUES, "log_days = 7", "log_days = 3")
    clone.write(*HELLO)
    commit = clone.push("Keep logs for three days, and say hello")
    clone.waiting(INFRASTRUCTURE, commit)
    seen: dict[str, Any] = {"commit": commit, "while it waits": retention(running), "approve": running.make("approve")}
    seen["approved"] = clone.ended(INFRASTRUCTURE, commit)
    return seen


def test_a_changed_value_waits_for_approval_with_nothing_changed_until_then(pushed: dict[str, Any]) -> None:
    """A plan is read by a person before it costs money or data."""
    assert pushed["while it waits"] == 7


def test_what_is_approved_is_shown_applied_and_verified(pushed: dict[str, Any], running: Running, clone: Clone) -> None:
    """The whole way: push, plan, review, approval, apply of that very plan, and the look whether it stands."""
    assert pushed["approve"].returncode == 0, pushed["approve"].stderr
    assert "to change" in pushed["approve"].stdout
    assert pushed["approved"]["status"] == "Succeeded", clone.why(pushed["approved"])
    assert retention(running) == 3


def test_a_pushed_dag_is_listed_in_airflow(pushed: dict[str, Any], running: Running, clone: Clone) -> None:
    found = clone.ended(DAGS, pushed["commit"])

    assert found["status"] == "Succeeded", clone.why(found)
    assert listed(running, "watch_pushes")
