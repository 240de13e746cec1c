"""What is said of a whole symbol: either it is held back from this run, or somebody should know."""

from datetime import date
from typing import NamedTuple

from stockcast.contracts.bars import Rejected

REMEDY = "See its raw answer in bronze and what another source says; if it is true, say so in training/annotations."


class Finding(NamedTuple):
    """One rule that a symbol's history broke, where it shows, and the value."""

    symbol: str
    rule: str
    day: date | None  # where it shows; None for the history as a whole
    value: str
    reason: str  # one sentence for people

    def as_rejected(self, source: str | None) -> Rejected:
        """For quarantine: one line for the symbol, because none of its rows alone is to blame."""
        row = {"symbol": self.symbol, "date": self.day and self.day.isoformat(), "source": source}
        return Rejected(row, self.rule, self.value, f"{self.reason} The symbol is held back from this run. {REMEDY}")

    def as_json(self) -> dict[str, str | None]:
        """For the report."""
        day = None if self.day is None else self.day.isoformat()
        return {"symbol": self.symbol, "rule": self.rule, "date": day, "value": self.value, "reason": self.reason}
