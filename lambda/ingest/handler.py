"""Fetch symbols' daily bars from the market's sources and keep the raw answers in bronze.

Nothing is repaired here: bronze holds what a source said, so that cleaning can be repeated and doubted. An answer
only has to be this symbol's bars at all; else the next source is asked, and the refused one goes into quarantine.
"""

import os
from datetime import UTC, date, datetime
from typing import Any

import boto3
import market
from articles import ingest_news
from asked import Asked, asked
from bronze import Bronze

from stockcast.contracts.keys import split_symbols
from stockcast.contracts.settings import read
from stockcast.sources.acceptance import Question
from stockcast.sources.adapters import checked_names
from stockcast.sources.answers import BadAnswer, SourceError
from stockcast.sources.chain import Chain, NoSource, Taken
from stockcast.sources.cross_check import LOUD, Finding, compared, not_checkable
from stockcast.sources.invocation import SymbolsFailed, tell
from stockcast.sources.polite_get import Patience

s3 = boto3.client("s3")  # once per container: making a client costs more than using it
settings = read(
    os.environ,
    "alpha_vantage_base_url",
    "alpha_vantage_daily_budget",
    "alpha_vantage_plan",
    "bronze_bucket",
    "history_start",
    "market_secret",
    "source_base_url",
    "sources",
    "stooq_base_url",
    "symbols",
)
symbols = split_symbols(settings["symbols"])
source_names = checked_names(settings["sources"])
history_start = date.fromisoformat(settings["history_start"])
patience = Patience()


class Disagreement(Exception):
    """Two sources tell of different symbols, or one lacks a split: neither is believed until somebody looked."""


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Event: {"day": "2013-03-01"}, and where wanted "since": a day, "symbols": [...], "cross_check": true; or
    "news": true, which fetches articles instead of bars.

    A night's increment and a back-fill of years are this same call; a repeat overwrites its own keys.
    """
    wanted = asked(event, history_start, symbols, source_names)
    bronze = Bronze(s3, settings["bronze_bucket"], wanted.day)
    chain = Chain(market.sources(settings, bronze, patience), history_start, bronze.older, bronze.quarantine)
    news = market.news(settings, bronze, patience)
    stored: dict[str, list[str]] = {}
    failures: dict[str, str] = {}
    for symbol in wanted.symbols:
        if (stored or failures) and not has_time_for_one_more(context):
            failures[symbol] = (
                f"{symbol}: no time left to fetch it. Raise the function's timeout or name fewer symbols."
            )
            continue
        try:
            if wanted.news:
                stored[symbol] = ingest_news(symbol, wanted.since, bronze, news)
            else:
                stored[symbol] = ingest(symbol, wanted, bronze, chain)
        except (NoSource, Disagreement, SourceError) as fault:
            failures[symbol] = str(fault)
    if failures:
        raise SymbolsFailed(wanted.day, failures, stored=len(stored))
    tell("news_fetched" if wanted.news else "bars_fetched", day=wanted.day, symbols=len(stored))
    return {"day": wanted.day.isoformat(), "keys": [key for keys in stored.values() for key in keys]}


def ingest(symbol: str, wanted: Asked, bronze: Bronze, chain: Chain) -> list[str]:
    """Store the first good answer for one symbol, or two where they shall be compared; their keys."""
    answers = chain.answers(Question(symbol, wanted.since, wanted.day, datetime.now(UTC).date()))
    first = next(answers)
    if not wanted.cross_check:
        return [bronze.store(symbol, first)]
    second = next(answers, None)
    finding = compare(symbol, first, second)
    bronze.note(finding)
    good = [first] if second is None else [first, second]
    if finding["verdict"] in LOUD:
        refuse(symbol, good, finding, bronze)
    return [bronze.store(symbol, taken) for taken in good]


def compare(symbol: str, first: Taken, second: Taken | None) -> Finding:
    """Lay two answers side by side."""
    if second is None:
        return not_checkable(symbol, f"only {first.source} has it.")
    return compared(symbol, first.parsed.bars, second.parsed.bars)


def refuse(symbol: str, good: list[Taken], finding: Finding, bronze: Bronze) -> None:
    """Put both answers aside and fail the symbol: nothing tells yet which of the two is right."""
    remedy = (
        "Compare both answers under quarantine/ in the bronze bucket with the exchange's own page, name the right "
        "source first in `market.sources`, and run the day again without cross_check."
    )
    told = f"{finding['verdict']}: {' and '.join(finding['sources'])} disagree: {finding['reason']}"
    for taken in good:
        bronze.quarantine(taken.source, BadAnswer(symbol, told, remedy, taken.answer))
    raise Disagreement(f"{symbol}: {told} {remedy}")


def has_time_for_one_more(context: Any) -> bool:
    """Whether one more symbol fits at its slowest: a killed function could not name what it left out."""
    remaining_ms = getattr(context, "get_remaining_time_in_millis", None)
    return remaining_ms is None or remaining_ms() / 1000 > market.worst_seconds(settings, patience)
