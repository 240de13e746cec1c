"""Many days fetched from sources that fail at random: each day ends in bronze, and each bad answer in quarantine."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest
import time_machine
from tests.stockcast.sources.fake_source import Reply, Source, body, chart, weekdays, year

from stockcast.sources.invocation import SymbolsFailed
from stockcast.sources.polite_get import Patience

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]

BRONZE = "bronze-bucket"
DAYS = 150
MAX_TRIES = 60  # of one day; more means that a source never recovers from its faults


def good(day: str) -> Reply:
    return Reply(200, body(chart(rows=year(until=day), regularMarketTime=_bell(day))))


def _bell(day: str) -> int:
    return int(datetime.fromisoformat(f"{day}T21:00:00").replace(tzinfo=UTC).timestamp())


def bad(day: str, chance: random.Random) -> Reply:
    """An answer that must not become bars: none, broken in transit, somebody else's, or a refusal."""
    whole = good(day).body
    cut = chance.randrange(1, len(whole) - 1)
    return chance.choice([
        Reply(429, b"Too Many Requests"),
        Reply(500, b"Internal Server Error"),
        Reply(503, b"Service Unavailable", (("Retry-After", "1"),)),
        Reply(401, b"Invalid Crumb"),
        Reply(200, b""),
        Reply(200, whole[:cut]),
        Reply(200, whole[:cut], announce=len(whole)),
        Reply(200, b"<!DOCTYPE html><html>Checking your browser</html>"),
        Reply(200, body(chart("MSFT", year(until=day)))),
    ])  # fmt: skip


def test_no_day_is_lost_and_none_is_invented_while_a_source_fails(
    load: Callable[..., ModuleType],
    source: Source,
    s3: Any,
    monkeypatch: pytest.MonkeyPatch,
    soak_random: random.Random,
) -> None:
    """A source that fails for a while must cost retries, never a day, a bar or a made-up price."""
    unused = {
        "alpha_vantage_base_url": source.base_url,
        "alpha_vantage_daily_budget": "25",
        "alpha_vantage_plan": "free",
    }
    handler = load(
        "ingest", **unused, bronze_bucket=BRONZE, history_start="2010-01-04", market_secret="none", sources="yahoo",
        source_base_url=source.base_url, stooq_base_url=source.base_url, symbols="AAPL",
    )  # fmt: skip
    monkeypatch.setattr(handler, "patience", Patience(timeout_seconds=0.3, sleep=lambda seconds: None))
    days, failures = weekdays(DAYS, "2013-03-01")[::-1], 0

    for day in days:
        with time_machine.travel(f"{day}T23:00:00Z"):
            for _ in range(MAX_TRIES):
                source.replies = [bad(day, soak_random) for _ in range(soak_random.randrange(4))] + [good(day)]
                try:
                    handler.handler({"day": day}, None)
                    break
                except SymbolsFailed:
                    failures += 1
                    assert f"bars/day={day}/symbol=AAPL/source=yahoo.json" not in s3.keys(BRONZE)

    kept = {key: s3.body(BRONZE, key) for key in s3.keys(BRONZE)}
    bars = {key: content for key, content in kept.items() if key.startswith("bars/")}
    refused = {key: content for key, content in kept.items() if key.startswith("quarantine/")}
    assert bars == {f"bars/day={day}/symbol=AAPL/source=yahoo.json": good(day).body for day in days}
    assert failures > 0
    answers = {key for key in refused if key.endswith(".txt")}
    assert answers
    assert not {refused[key] for key in answers} & set(bars.values())
    assert set(refused) - answers == {key.removesuffix(".txt") + ".reason.json" for key in answers}
