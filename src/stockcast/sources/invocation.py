"""How a function learns its day, tells what it did, and ends when some of its symbols failed.

Both functions work symbol by symbol: what succeeds is stored, what fails is named in one error at the end, so that
one bad symbol costs neither the others' data nor a second look into the log.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from stockcast.contracts.keys import checked_day


class SymbolsFailed(RuntimeError):
    """At least one symbol failed; the message names each with its reason and remedy."""

    def __init__(self, day: date, failures: Mapping[str, str], stored: int) -> None:
        named = " | ".join(failures.values())
        super().__init__(
            f"{len(failures)} of {len(failures) + stored} symbols failed for {day}: {named} "
            "What succeeded is stored; running this day again only overwrites it."
        )
        self.failures = dict(failures)


def run_day(event: Mapping[str, Any]) -> date:
    """The event's `day`; today in UTC only when a schedule started the function, whose event has none or "".

    Anything else in `day` is refused: a typing error must not turn into today's run.
    """
    day = event.get("day", "")
    if day == "":
        return datetime.now(UTC).date()
    if checked_day(day) != day:
        raise ValueError(f"day is {day!r}; it must be an ISO date such as {checked_day(day)}. Pass the run's day.")
    return date.fromisoformat(day)


def tell(event: str, **facts: Any) -> None:
    """One fact as one line of JSON, which CloudWatch Logs Insights takes apart by itself."""
    print(json.dumps({"event": event, **facts}, default=str, sort_keys=True), flush=True)
