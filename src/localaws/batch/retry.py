"""Whether a job that failed is tried again: AWS's evaluateOnExit.

https://docs.aws.amazon.com/batch/latest/userguide/job_retries.html
"""

from __future__ import annotations

from typing import Any

from localaws.batch.attempt import Outcome

CONDITIONS = ("onExitCode", "onReason", "onStatusReason")


def is_tried_again(strategy: dict[str, Any], made: int, outcome: Outcome) -> bool:
    """The first condition that holds decides; where none does, the job is tried again."""
    if outcome.is_final or made >= (strategy.get("attempts") or 1):
        return False
    for condition in strategy.get("evaluateOnExit") or []:
        if _holds(condition, outcome):
            return str(condition["action"]).upper() == "RETRY"
    return True


def _holds(condition: dict[str, Any], outcome: Outcome) -> bool:
    told = {
        "onExitCode": "" if outcome.code is None else str(outcome.code),
        "onReason": outcome.reason,
        "onStatusReason": outcome.status_reason,
    }
    asked = [name for name in CONDITIONS if condition.get(name)]
    return all(_matches(condition[name], told[name]) for name in asked)


def _matches(pattern: str, text: str) -> bool:
    """A pattern may end with `*`, which stands for any end, and has no other special letter."""
    return text.startswith(pattern[:-1]) if pattern.endswith("*") else text == pattern
