"""The challengers' figures at the end of `make up`."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

from localaws import challenger_table

RECORD = {
    "symbol": "AAPL", "as_of": "2013-03-01", "horizon": 1, "model_type": "lstm", "baseline_mae_ratio": 1.0,
    "coverage_last_252": 0.8, "qlike_ratio_ewma_63": 0.9,
}  # fmt: skip


class Gold:
    """Plays S3 with challengers of two days, two models, two symbols and three horizons, two keys to a page."""

    def __init__(self) -> None:
        self.objects = {
            f"challengers/day={day}/model={model}/symbol={symbol}/horizon={h}.json": {
                **RECORD, "as_of": day, "model_type": model, "symbol": symbol, "horizon": h,
            }
            for day in ("2013-02-28", "2013-03-01") for model in ("prophet", "har") for symbol in ("AAPL", "IBM")
            for h in (1, 5, 21)
        }  # fmt: skip

    def get_paginator(self, operation: str) -> Gold:
        assert operation == "list_objects_v2"
        return self

    def paginate(self, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:
        assert Bucket == "stockcast-local-123456789012-gold"
        keys = sorted(key for key in self.objects if key.startswith(Prefix))
        yield from ({"Contents": [{"Key": key} for key in keys[at : at + 2]]} for at in range(0, len(keys), 2))
        yield {}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(json.dumps(self.objects[Key]).encode())}


def test_only_challengers_of_the_served_days_and_symbols_are_compared() -> None:
    """Last week's Prophet beside today's network would compare two markets."""
    found = challenger_table.records(Gold(), [RECORD])

    assert {(one["as_of"], one["symbol"]) for one in found} == {("2013-03-01", "AAPL")}
    assert [one["model_type"] for one in found] == ["har"] * 3 + ["prophet"] * 3


def test_each_model_is_one_row_with_the_served_one_first() -> None:
    records = [
        RECORD | {"model_type": model, "symbol": symbol, "horizon": h, "baseline_mae_ratio": ratio}
        for model in ("prophet", "lstm") for symbol, ratio in (("AAPL", 1.0), ("IBM", 1.2)) for h in (1, 5, 21)
    ]  # fmt: skip

    headings, _, *rows = challenger_table.table(records).splitlines()

    assert " ".join(headings.split()) == "model MAE / persistence inside the 80 % interval QLIKE / EWMA, 63 days"
    assert [row.split()[0] for row in rows] == ["lstm", "prophet"]
    assert rows[1].split() == ["prophet", "1.100/1.100/1.100", "80%/80%/80%", "0.90/0.90/0.90"]


def test_a_figure_that_is_not_known_is_a_dash_and_no_zero() -> None:
    """A young symbol has no year of outcomes."""
    young = RECORD | {"symbol": "IBM", "qlike_ratio_ewma_63": None}

    assert challenger_table.table([RECORD, young]).splitlines()[-1].endswith("0.90")
    assert challenger_table.table([young]).splitlines()[-1].endswith("-")


def test_without_challengers_the_served_model_stands_alone() -> None:
    """Theirs is a job of its own, which may fail."""
    assert challenger_table.records(Gold(), []) == []
    assert len(challenger_table.table([RECORD]).splitlines()) == 3
