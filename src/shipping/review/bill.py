"""A month's bill before and after a plan, line by line, with what it assumes and what it could not price."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from shipping.review import rates, standing
from shipping.review.changes import PlannedChanges
from shipping.review.price_book import PriceBook
from shipping.review.rates import Part
from shipping.review.standing import Standing

CENT = 0.005


@dataclass(frozen=True)
class Line:
    """USD a month; None where there is something without a price."""

    label: str
    before: float | None
    after: float | None
    how: str

    @property
    def change(self) -> float | None:
        return None if self.before is None or self.after is None else self.after - self.before


@dataclass(frozen=True)
class Bill:
    """Lines, and what makes their sum less than the truth: `not_priced` is missing in the sums, so it is refused."""

    lines: tuple[Line, ...]
    not_priced: tuple[str, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    ceiling: float | None

    @property
    def before(self) -> float:
        return sum(line.before or 0 for line in self.lines)

    @property
    def after(self) -> float:
        return sum(line.after or 0 for line in self.lines)

    @property
    def is_above_ceiling(self) -> bool:
        return self.ceiling is not None and self.after > self.ceiling + CENT


def of(shown: Mapping[str, Any], planned: PlannedChanges, book: PriceBook, today: date) -> Bill:
    """The bill of a plan as JSON, under the ceiling that its own values name."""
    sides = [standing.of(shown, planned, when) for when in standing.SIDES]
    parts = [[part for rate in rates.RATES for part in rate(side, book)] for side in sides]
    after = sides[1]
    variables = {name: entry.get("value") for name, entry in shown.get("variables", {}).items()}
    region = str(variables.get("region") or book.region)
    ceiling = (variables.get("budget") or {}).get("monthly_limit_usd")
    return Bill(
        lines=_lines(*parts),
        not_priced=(*_unpriced_parts(parts[1]), *_unknown_types(after, book)),
        notes=_notes(after, book),
        warnings=tuple(book.warnings(region, today)),
        ceiling=None if ceiling is None else float(ceiling),
    )


def _lines(before: list[Part], after: list[Part]) -> tuple[Line, ...]:
    labels = dict.fromkeys(part.label for part in (*after, *before))
    how = {part.label: part.how for part in (*before, *after)}
    return tuple(Line(label, _sum(before, label), _sum(after, label), how[label]) for label in labels)


def _sum(parts: list[Part], label: str) -> float | None:
    found = [part.usd for part in parts if part.label == label]
    return None if None in found else sum(usd for usd in found if usd is not None)


def _unpriced_parts(parts: list[Part]) -> list[str]:
    return [f"{part.label}: {part.how}" for part in parts if part.usd is None]


def _unknown_types(after: Standing, book: PriceBook) -> list[str]:
    counts = Counter(kind for kind, _ in after.resources)
    unknown = sorted(after.types - book.free - rates.PRICED_TYPES)
    return [f"{counts[kind]} × {kind}: price_book.toml does not know this type" for kind in unknown]


def _notes(after: Standing, book: PriceBook) -> tuple[str, ...]:
    """What a reader has to know to judge the sum."""
    found = [f"On-demand prices of {book.region} as read on {book.read_on}, without free tiers, discounts and taxes."]
    if after.asleep:
        found.append("The environment is asleep: no Airflow, no NAT and no endpoint are counted.")
    elif after.machines:
        found.append("The endpoint is counted as if the DAGs had made it already, and all parts as standing all month.")
    assumed = ", ".join(f"{name.replace('_', ' ')} {one.value:g} ({one.why})" for name, one in book.assumed.items())
    return (*found, f"Assumed of a month: {assumed}.")
