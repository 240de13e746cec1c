"""What `make up` shows at its end is what was asked for, and says what it is worth."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localaws import forecast_table
from localaws.stack import Choice, Stack

RECORD = {
    "symbol": "AAPL", "as_of": "2013-03-01", "horizon": 5, "last_close": 61.5, "median": 61.72, "q10": 58.0,
    "q90": 65.25, "volatility": 0.314, "mae": 0.0312, "mae_persistence": 0.0311, "stale": False,
}  # fmt: skip


class Gold:
    """Plays S3 with the gold bucket, listed in S3's own order, three keys to a page."""

    def __init__(self, records: dict[str, dict[str, Any]]) -> None:
        self.records = records

    def get_paginator(self, operation: str) -> Gold:
        assert operation == "list_objects_v2"
        return self

    def paginate(self, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:
        assert (Bucket, Prefix) == ("stockcast-local-123456789012-gold", "forecasts/")
        keys = sorted(self.records)
        yield from ({"Contents": [{"Key": key} for key in keys[at : at + 3]]} for at in range(0, len(keys), 3))
        yield {}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        assert Bucket == "stockcast-local-123456789012-gold"
        return {"Body": io.BytesIO(json.dumps(self.records[Key]).encode())}


def key(day: str, symbol: str, horizon: int) -> str:
    return f"forecasts/day={day}/symbol={symbol}/horizon={horizon}.json"


@pytest.fixture
def gold() -> Gold:
    """AAPL and the S&P on two days, MSFT on the earlier one only."""
    days = {"AAPL": ("2013-02-28", "2013-03-01"), "index-GSPC": ("2013-02-28", "2013-03-01"), "MSFT": ("2013-02-28",)}
    return Gold({
        key(day, slug, horizon): {
            **RECORD, "symbol": slug.replace("index-", "^"), "as_of": day, "horizon": horizon
        }
        for slug, known in days.items() for day in known for horizon in (1, 21, 5)
    })  # fmt: skip


def test_each_symbol_s_newest_record_is_shown(gold: Gold) -> None:
    """A symbol without a bar on the last day must still appear, with the day it has."""
    keys = forecast_table.newest_keys(gold)

    days = {("index-GSPC", "2013-03-01"), ("AAPL", "2013-03-01"), ("MSFT", "2013-02-28")}
    assert set(keys) == {key(day, slug, horizon) for slug, day in days for horizon in (1, 5, 21)}


def test_a_day_asked_for_shows_nothing_newer(gold: Gold) -> None:
    """Who asks for an earlier day would be shown the later forecasts of an earlier `make up`."""
    keys = forecast_table.newest_keys(gold, until="2013-02-28")

    assert len(keys) == 9
    assert all("day=2013-02-28" in key for key in keys)


def test_only_the_symbols_asked_for_are_shown(gold: Gold) -> None:
    """Others are left in the lake from an earlier choice, and were not forecast now."""
    keys = forecast_table.newest_keys(gold, "2013-03-01", ("^GSPC",))

    assert keys == sorted(key("2013-03-01", "index-GSPC", horizon) for horizon in (1, 5, 21))


def test_records_stand_by_symbol_and_horizon_with_the_indices_last(gold: Gold) -> None:
    found = forecast_table.records(gold, forecast_table.newest_keys(gold))

    order = [(record["symbol"], record["horizon"]) for record in found]
    assert order == [(symbol, horizon) for symbol in ("AAPL", "MSFT", "^GSPC") for horizon in (1, 5, 21)]


def test_every_column_stands_under_its_heading_and_our_error_beside_the_naive_one() -> None:
    """A median without its interval, or an error without the naive one, promises what no model here can."""
    headings, line, row = forecast_table.table([RECORD]).splitlines()

    assert headings == "symbol       as of  close  days  median  80 % interval  volatility  MAE ours / persistence"
    assert row == "  AAPL  2013-03-01  61.50     5   61.72  58.00 - 65.25       31.4%         0.0312 / 0.0311"
    assert line == "-" * len(headings)


def test_a_stale_record_is_starred_and_unknown_errors_are_said_to_be_so() -> None:
    """A forecast from last week's bar must not pass for today's."""
    record = {**RECORD, "stale": True, "mae": None, "mae_persistence": None}

    row = forecast_table.table([record]).splitlines()[-1]

    assert "2013-03-01*" in row
    assert row.endswith("too few outcomes known")


def test_the_places_name_buckets_addresses_and_the_password(tmp_path: Path) -> None:
    """The password is made per stack; nobody could log in to Airflow without being told."""
    stack = Stack(tmp_path, Choice())

    told = forecast_table.places(stack)

    assert "s3://stockcast-local-123456789012-gold/forecasts/" in told
    assert "stockcast-local-forecasts at http://127.0.0.1:4566" in told
    assert f"password {(stack.airflow / 'admin-password.secret').read_text()[:16]})" in told
