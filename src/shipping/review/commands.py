"""`make review`, `make changes` and `make summary`: what is to be known of the saved plan, and of no other.

Reading a plan takes Terraform's providers and seconds, so `review` leaves its answers beside its pages; the other two
only look there, and refuse answers that are about another plan.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from shipping import dag_sync, saved_plan, terraform_root, tools
from shipping.environments import Refused
from shipping.review import markdown, page, terminal, verdict
from shipping.review.report import build_report
from shipping.review.verdict import Review
from shipping.saved_plan import SavedPlan

NO_PLAN = "none"
REPORT = "report"  # the key of review.json that `make approve` shows


def folder(environment: str) -> Path:
    """Where a review lies: plan.html, plan.md and review.json."""
    return tools.ROOT / "build" / "review" / environment


def review(environment: str) -> None:
    """Show the saved plan's review and keep its forms; refuse one above its ceiling, or without a price."""
    saved = saved_plan.of(environment)
    saved.check()
    digest = _digest(saved)
    found = verdict.of(_as_json(environment, saved), environment, dag_sync.commit_here(tools.ROOT))
    to = folder(environment)
    _keep(found, digest, to)
    place = str((to / "plan.html").relative_to(tools.ROOT))
    colours, width = terminal.wants_colours(), terminal.find_width()
    print(terminal.shown(found, colours=colours, page=place, width=width), flush=True)
    found.check_money()


def changes(environment: str) -> None:
    """Print `yes`, `no` or, without a saved plan, `none`: what a pipeline skips its approval and apply by."""
    print(answer(environment, "changes"))


def summary(environment: str) -> None:
    """Print one line on the saved plan, or `none` without one."""
    print(answer(environment, "summary"))


def answer(environment: str, what: str) -> str:
    """`changes` or `summary` of the review of the saved plan; refuses a review of another one."""
    saved = saved_plan.of(environment)
    if not saved.file.exists():
        return NO_PLAN
    file = folder(environment) / "review.json"
    again = f"Run `make review ENV={environment}` first."
    if not file.exists():
        raise Refused(f"the saved plan of {environment} was not reviewed: there is no {file}. {again}")
    kept: dict[str, Any] = json.loads(file.read_text())
    if kept.get("plan") != _digest(saved):
        raise Refused(f"{file} is of another plan than the one saved for {environment}. {again}")
    return str(kept[what])


def _as_json(environment: str, saved: SavedPlan) -> dict[str, Any]:
    """Where `make plan` ran just before, Terraform is initialised already, and initialising again takes seconds."""
    root = terraform_root.platform(environment)
    try:
        return root.plan_json(saved.file)
    except Refused:
        root.init(quietly=True)
        return root.plan_json(saved.file)


def _keep(found: Review, digest: str, to: Path) -> None:
    to.mkdir(parents=True, exist_ok=True)
    (to / "plan.html").write_text(page.shown(found))
    (to / "plan.md").write_text(markdown.shown(found))
    kept = {
        "plan": digest,
        "changes": "yes" if found.planned.is_any else "no",
        "summary": found.summary,
        "is_above_ceiling": found.bill.is_above_ceiling,
        "not_priced": found.bill.not_priced,
        REPORT: build_report(found).as_json(),
    }
    (to / "review.json").write_text(json.dumps(kept, indent=2) + "\n")


def _digest(saved: SavedPlan) -> str:
    return hashlib.sha256(saved.file.read_bytes()).hexdigest()
