"""A review: all that is known of one saved plan, in the order in which people should read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from shipping.environments import Refused
from shipping.review import bill, changes, dangers, price_book
from shipping.review.bill import Bill
from shipping.review.changes import Action, Change, PlannedChanges
from shipping.review.dangers import Danger, Kind


@dataclass(frozen=True)
class ModuleChanges:
    """What changes in one module; the root's name is empty."""

    name: str
    changes: tuple[Change, ...]

    @property
    def counts(self) -> str:
        """Such as `2 to add, 1 to change`."""
        found = Counter(change.action for change in self.changes)
        return ", ".join(f"{found[action]} to {action}" for action in Action if found[action])


@dataclass(frozen=True)
class Review:
    """The plan of an environment, made from a commit, and what is to be said of it."""

    environment: str
    commit: str
    planned: PlannedChanges
    dangers: tuple[Danger, ...]
    bill: Bill

    @property
    def by_kind(self) -> dict[Kind, list[Danger]]:
        grouped: dict[Kind, list[Danger]] = {}
        for danger in self.dangers:
            grouped.setdefault(danger.kind, []).append(danger)
        return grouped

    @property
    def modules(self) -> list[ModuleChanges]:
        grouped: dict[str, list[Change]] = {}
        for change in self.planned.acting:
            grouped.setdefault(change.module, []).append(change)
        return [ModuleChanges(name, tuple(found)) for name, found in sorted(grouped.items())]

    @property
    def counts(self) -> str:
        added, changed, destroyed = self.planned.count()
        return f"{added} to add, {changed} to change, {destroyed} to destroy"

    @property
    def dangers_counted(self) -> str:
        told = ", ".join(kind.counted(len(found)) for kind, found in self.by_kind.items())
        return f"dangers: {told}" if told else "no dangers"

    @property
    def money(self) -> str:
        """Such as `412 -> 436 USD a month (ceiling 900)`."""
        found = self.bill
        limit = "" if found.ceiling is None else f" (ceiling {found.ceiling:.0f})"
        above = ", ABOVE THE CEILING" if found.is_above_ceiling else ""
        unpriced = f", {len(found.not_priced)} not priced" if found.not_priced else ""
        return f"{found.before:.0f} -> {found.after:.0f} USD a month{limit}{above}{unpriced}"

    @property
    def summary(self) -> str:
        """One line of at most 300 characters: a number for each kind, no name of anything."""
        return f"{self.counts}; {self.dangers_counted}; {self.money}"

    def check_money(self) -> None:
        """Refuse a plan above its ceiling, and one that holds what has no price: that would count as nothing."""
        found = self.bill
        reasons = [self._above_ceiling()] if found.is_above_ceiling else []
        if found.not_priced:
            reasons.append(
                f"What {self.environment} would cost is not known, since the book has no price for "
                f"{'; '.join(found.not_priced)}. It would count as 0 under the ceiling, so no pipeline applies it. Add "
                f"its price with the source to {price_book.PATH} (for a type of resource its rate to rates.py beside "
                "it, or its name to the free types), or choose one that is there."
            )
        if reasons:
            raise Refused(" ".join(reasons))

    def _above_ceiling(self) -> str:
        found = self.bill
        dearest = max(found.lines, key=lambda line: line.after or 0)
        return (
            f"{self.environment} would cost {found.after:.0f} USD a month, above its ceiling of {found.ceiling:.0f}; "
            "no pipeline applies a plan above budget.monthly_limit_usd. The dearest part is "
            f"{dearest.label}: {dearest.after or 0:.0f} USD ({dearest.how}). Make it smaller, or raise the ceiling: "
            f"set budget.monthly_limit_usd in envs/{self.environment}/platform.tfvars."
        )


def of(shown: Mapping[str, Any], environment: str, commit: str, today: date | None = None) -> Review:
    """The review of a plan as `terraform show -json` tells it."""
    planned = changes.of(shown)
    priced = bill.of(shown, planned, price_book.load(), today or date.today())
    return Review(environment, commit, planned, tuple(dangers.find(planned)), priced)
