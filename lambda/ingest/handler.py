"""Fetch every symbol's daily bars from the market and keep the raw answers in bronze.

Nothing is parsed or repaired here: bronze holds what the source said, so that cleaning can be repeated and doubted.
"""

import os
from datetime import date
from typing import Any

import boto3
from bronze import Bronze

from stockcast.contracts.keys import split_symbols
from stockcast.contracts.settings import read
from stockcast.sources import yahoo
from stockcast.sources.answers import SourceError
from stockcast.sources.invocation import SymbolsFailed, run_day, tell
from stockcast.sources.polite_get import Patience

s3 = boto3.client("s3")  # once per container: making a client costs more than using it
settings = read(os.environ, "bronze_bucket", "history_start", "source_base_url", "symbols")
symbols = split_symbols(settings["symbols"])
history_start = date.fromisoformat(settings["history_start"])
patience = Patience()


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Event: {"day": "2013-03-01"}. A repeated day overwrites its own keys."""
    day = run_day(event)
    refuse_day_before_history(day)
    bronze = Bronze(s3, settings["bronze_bucket"], day)
    keys: list[str] = []
    failures: dict[str, str] = {}
    for symbol in symbols:
        if (keys or failures) and not has_time_for_one_more(context):
            failures[symbol] = f"{symbol}: no time left to fetch it. Raise the function's timeout."
            continue
        try:
            keys.append(bronze.store(symbol, fetch(symbol, day), source=yahoo.NAME))
        except SourceError as fault:
            failures[symbol] = str(fault)
            bronze.quarantine(fault)
    if failures:
        raise SymbolsFailed(day, failures, stored=len(keys))
    tell("bars_fetched", day=day, symbols=len(keys))
    return {"day": day.isoformat(), "keys": keys}


def fetch(symbol: str, day: date) -> yahoo.RawAnswer:
    """One symbol's whole history up to the day."""
    return yahoo.fetch(settings["source_base_url"], symbol, history_start, day, patience=patience)


def has_time_for_one_more(context: Any) -> bool:
    """Whether one more fetch fits at its slowest: a killed function could not name what it left out."""
    remaining_ms = getattr(context, "get_remaining_time_in_millis", None)
    return remaining_ms is None or remaining_ms() / 1000 > patience.worst_seconds


def refuse_day_before_history(day: date) -> None:
    """Fail before the first request instead of once per symbol."""
    if day < history_start:
        raise ValueError(
            f"day is {day}; it must not lie before history_start, {history_start}. "
            "Pass a later day or set `history_start` earlier."
        )
