"""From the body of POST /invocations to a checked frame of bars."""

import json
import math
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Any

import polars as pl

from stockcast.contracts.bars import MINIMUM_BARS, TOLERANCE
from stockcast.contracts.keys import checked_symbol

PRICES = ("open", "high", "low", "close")
NUMBERS = (*PRICES, "volume")


class BadRequest(ValueError):
    """The client sent what no forecast can be made of."""


def read_request(body: bytes) -> tuple[str, pl.DataFrame]:
    """Symbol and ascending bars; every fault is one BadRequest that names the bar, the value and the rule."""
    try:
        request = json.loads(body)
    except ValueError as fault:
        raise BadRequest(f'body is no JSON ({fault}); send {{"symbol": "AAPL", "bars": [...]}}.') from fault
    if not isinstance(request, dict) or not isinstance(request.get("bars"), list):
        raise BadRequest('body must be an object with "symbol" and a list "bars"; see the serving contract.')
    try:
        symbol = checked_symbol(str(request.get("symbol", "")))
    except ValueError as fault:
        raise BadRequest(str(fault)) from fault
    return symbol, _frame(symbol, request["bars"])


def _frame(symbol: str, bars: Sequence[Any]) -> pl.DataFrame:
    if len(bars) < MINIMUM_BARS:
        raise BadRequest(
            f"{symbol} comes with {len(bars)} bars; at least {MINIMUM_BARS} are needed (250 to warm up, 40 to see). "
            "Send a longer history."
        )
    rows = [_row(place, bar) for place, bar in enumerate(bars)]
    for before, row in pairwise(rows):
        if row["date"] <= before["date"]:
            raise BadRequest(f"{symbol} has {row['date']} after {before['date']}; bars must ascend without repeats.")
    return pl.DataFrame(rows, schema={"date": pl.Date, **dict.fromkeys(NUMBERS, pl.Float64)})


def _row(place: int, bar: Any) -> dict[str, Any]:
    """One bar, checked by the rules of a canonical bar."""
    if not isinstance(bar, dict):
        raise BadRequest(f"bar {place} is {bar!r}; it must be an object with date, {', '.join(NUMBERS)}.")
    row: dict[str, Any] = {"date": _day(place, bar.get("date"))}
    row |= {name: _number(place, name, bar.get(name)) for name in NUMBERS}
    low, high = row["low"] * (1 - TOLERANCE), row["high"] * (1 + TOLERANCE)
    if not low <= min(row["open"], row["close"]) <= max(row["open"], row["close"]) <= high:
        raise BadRequest(
            f"bar {place} ({row['date']}) has open {row['open']} and close {row['close']} outside low {row['low']} to "
            f"high {row['high']}; both must lie inside. Correct or leave out the bar."
        )
    return row


def _day(place: int, value: Any) -> date:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as fault:
        raise BadRequest(f"bar {place} has date {value!r}; it must be ISO text such as 2013-03-01.") from fault


def _number(place: int, name: str, value: Any) -> float:
    """A price above 0, or a volume of at least 0."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadRequest(f"bar {place} has {name} {value!r}; it must be a finite number.")
    if value < 0 or (value == 0 and name in PRICES):
        raise BadRequest(f"bar {place} has {name} {value!r}; prices must be above 0 and volumes at least 0.")
    return float(value)
