"""From rows as a source quotes them to bars: the checks that all sources share.

Whether a bar is plausible (high above low, no jump) is for cleaning to judge; here a row is rejected only when it
cannot be a bar at all.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple, TypeGuard

from stockcast.contracts.bars import Bar, Rejected

PRICES = ("open", "high", "low", "close")
QUOTED = (*PRICES, "volume")


class Row(NamedTuple):
    """One day as a source quotes it: open, high, low, close, volume and adjclose, or whatever stood in their place."""

    day: date | None  # None if what the source told is no day
    told: Any  # the day in the source's own words, a JSON value
    values: dict[str, Any]
    shares: float = 1.0  # how many of today's shares one share of that day became


def bars_of(
    symbol: str, source: str, rows: Iterable[Row], unfinished: date | None = None
) -> tuple[list[Bar], list[Rejected]]:
    """Every row as a bar, ascending by date, or rejected with its reason; of several rows of a day the first counts."""
    bars: dict[date, Bar] = {}
    rejected: list[Rejected] = []
    for row in rows:
        result = _bar(row, symbol, source, unfinished, taken=bars)
        if isinstance(result, Bar):
            bars[result.date] = result
        else:
            rejected.append(result)
    return [bars[day] for day in sorted(bars)], rejected


def is_number(value: Any) -> TypeGuard[int | float]:
    """A finite number; the comparison is false for NaN, and true and false are no prices."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300


def number(text: Any) -> Any:
    """The number that a text says; what says none stays as it is, so that people see it in quarantine."""
    if not isinstance(text, str) or not text.isascii() or "_" in text:  # float() takes 1_000 and Arabic digits
        return text
    try:
        value = float(text)
    except ValueError:
        return text
    return value if is_number(value) else text


def iso_day(text: Any) -> date | None:
    """The day that a text of the form 2013-03-01 says."""
    if not isinstance(text, str) or len(text) != len("2013-03-01"):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _bar(row: Row, symbol: str, source: str, unfinished: date | None, taken: dict[date, Bar]) -> Bar | Rejected:
    day = row.day
    shown = {"symbol": symbol, "date": day.isoformat() if day else None, "told": row.told, **row.values}
    if day is None:
        return Rejected(shown, "is_dated", row.told, f"{symbol} has a row without a trading day.")
    if day == unfinished:
        return Rejected(shown, "is_finished", day.isoformat(), f"{symbol} was still trading on {day}.")
    fault = _fault(row.values, symbol, day)
    if fault:
        return Rejected(shown, *fault)
    if day in taken:
        reason = f"{symbol} has a second row for {day}; the first counts."
        return Rejected(shown, "one_bar_a_day", day.isoformat(), reason)
    return _adjusted(symbol, source, day, row)


def _fault(values: dict[str, Any], symbol: str, day: date) -> tuple[str, Any, str] | None:
    """Rule, value and reason of the first thing that keeps these values from being a bar."""
    missing = [name for name, value in values.items() if value is None]
    if missing:
        return "no_nulls", missing, f"{symbol} has no {', '.join(missing)} on {day}."
    strange = {name: str(value) for name, value in values.items() if not is_number(value)}
    if strange:
        return "is_number", strange, f"{symbol} has values on {day} that are no finite numbers: {strange}."
    low = {name: values[name] for name in (*PRICES, "adjclose") if values[name] <= 0}
    if low:
        return "price_above_zero", low, f"{symbol} has prices on {day} that are not above 0: {low}."
    return None


def _adjusted(symbol: str, source: str, day: date, row: Row) -> Bar:
    """Carry open, high and low over to the adjusted close, and the volume to today's shares."""
    values = row.values
    factor = values["adjclose"] / values["close"]
    return Bar(
        symbol=symbol,
        date=day,
        open=values["open"] * factor,
        high=values["high"] * factor,
        low=values["low"] * factor,
        close=float(values["adjclose"]),
        volume=float(values["volume"]) * row.shares,
        close_raw=float(values["close"]),
        source=source,
    )
