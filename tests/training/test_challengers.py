"""Each challenger's records, from silver to gold."""

import json
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from tests.stockcast.generated import bars, silver, weekdays
from training import challengers

from stockcast.contracts.records import GoldRecord
from stockcast.forecasting import challengers as newest
from stockcast.models.classical.arima import Arima
from stockcast.models.classical.prophet import Prophet

LAST = weekdays(700)[-1]


@pytest.fixture
def folder(tmp_path):
    silver(["AAPL", "^GSPC"], 700).write_parquet(tmp_path / "part.parquet")
    return tmp_path


def written(out):
    return {path.relative_to(out).as_posix(): json.loads(path.read_text()) for path in sorted(out.rglob("*.json"))}


def run(folder, *more, day=LAST):
    challengers.main(["--bars", str(folder), "--out", str(folder / "out"), "--day", str(day), *more])
    return written(folder / "out")


def test_all_six_models_leave_a_record_per_symbol_and_horizon(folder, monkeypatch):
    """The keys are those that pages and tables look for."""
    monkeypatch.setattr(newest, "ORIGINS", newest.REFIT_EVERY + 1)
    for model in (Arima, Prophet):  # "nothing changes" in place of their fits
        monkeypatch.setattr(model, "_medians", lambda *arguments: np.zeros((len(arguments[-1]), 3)))

    records = run(folder, "--model_version", "stockcast-test-challengers-1")

    models = ("naive", "drift", "ewma", "har", "arima", "prophet")
    assert sorted(records) == sorted(
        f"challengers/day={LAST}/model={model}/symbol={symbol}/horizon={h}.json"
        for model in models for symbol in ("AAPL", "index-GSPC") for h in (1, 5, 21)
    )  # fmt: skip
    assert all(set(record) == set(GoldRecord.__annotations__) for record in records.values())
    assert {record["model_version"] for record in records.values()} == {"stockcast-test-challengers-1"}
    assert {record["stale"] for record in records.values()} == {False}


def test_a_run_without_new_bars_marks_its_records_stale(folder):
    """Yesterday's forecast must not pass for today's."""
    records = run(folder, "--models", "naive", day=LAST + timedelta(days=7))

    assert {record["stale"] for record in records.values()} == {True}
    assert {record["as_of"] for record in records.values()} == {str(LAST)}


def test_a_repeat_writes_the_same_records_over(folder):
    first = run(folder, "--models", "ewma,har")
    again = run(folder, "--models", "ewma,har")

    assert [one | {"generated_at": ""} for one in first.values()] == [
        one | {"generated_at": ""} for one in again.values()
    ]


def test_har_learns_from_training_rows_and_counts_only_days_it_has_not_learned():
    """A model judged on days it was fitted on looks better than it is."""
    table = silver(["AAPL"], 1000)
    marked = dict(zip(table["date"], table["split"], strict=True))

    learned = challengers.learned_from(table)
    last = challengers.last_day_learned(table)

    assert {marked[day] for day in learned["date"]} == {"train"}
    assert last < table.filter(pl.col("split") == "validation")["date"].min()
    known_by = learned["date"].max() + timedelta(days=29)  # 21 weekdays
    assert known_by <= last


def test_bars_that_no_model_can_forecast_end_the_job_with_the_reasons(folder, monkeypatch, capsys):
    """An empty folder in gold would look like a quiet day."""
    monkeypatch.setattr(newest, "MINIMUM_BARS", 701)

    with pytest.raises(SystemExit, match="no symbol in"):
        run(folder, "--models", "naive")

    assert "naive leaves out AAPL: 700 bars; 701 are needed" in capsys.readouterr().out


def test_a_model_that_nobody_knows_is_refused_before_anything_is_read(folder, capsys):
    with pytest.raises(SystemExit):
        run(folder, "--models", "naive,crystal_ball")

    assert "crystal_ball is none of naive, drift" in capsys.readouterr().err


def test_prices_are_those_of_the_symbol_s_last_bar(folder):
    record = run(folder, "--models", "naive")[f"challengers/day={LAST}/model=naive/symbol=AAPL/horizon=5.json"]

    assert record["median"] == record["last_close"] == pytest.approx(bars(700, 0)["close"][-1])
    assert date.fromisoformat(record["as_of"]) == LAST


def test_har_learns_no_outcome_of_the_days_after_training_where_bars_are_missing():
    """21 rows then span more than the purged days, and the figures would count days it has learned from."""
    table = silver(["AAPL"], 1000)
    purged = table.filter(pl.col("split") == "purge")["date"].unique().sort()[:21]
    holed = table.filter(~pl.col("date").is_in(purged[5:15].to_list()))
    last_row = challengers.learned_from(holed)["date"].max()

    days = holed["date"].to_list()
    assert days[days.index(last_row) + 21] <= challengers.last_day_learned(holed)
