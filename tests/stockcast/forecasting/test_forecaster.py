"""The newest forecast."""

import json
import math

import polars as pl
import pytest
from tests.stockcast.generated import bars
from tests.stockcast.predictors import LastRow, Level, recipe

from stockcast.contracts.bars import CALIBRATED_BARS, MINIMUM_BARS
from stockcast.contracts.records import Forecast
from stockcast.forecasting.forecaster import forecast
from stockcast.forecasting.history import history
from stockcast.models.lstm import Lstm
from stockcast.models.outlook import Unforecastable


def level_history(median: float) -> pl.DataFrame:
    return history("GENX", bars(1000), Lstm(recipe(), Level(median)), recipe().factors)


def test_a_record_has_every_field_of_the_contract_as_json():
    """Gold, API and page read these fields."""
    answer = forecast("GENX", bars(1000), recipe(), Level())

    assert [record["horizon"] for record in answer["forecasts"]] == [1, 5, 21]
    assert all(set(record) == set(Forecast.__annotations__) for record in answer["forecasts"])
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    assert answer["as_of"] == bars(1000)["date"][-1].isoformat()


def test_every_day_up_to_the_longest_horizon_is_answered_too():
    """Whoever asks for ten days must not draw a line of their own."""
    answer = forecast("GENX", bars(1000), recipe(), Level())

    assert [day["days_ahead"] for day in answer["days"]] == list(range(1, 22))
    for record in answer["forecasts"]:
        day = answer["days"][record["horizon"] - 1]
        assert (day["median"], day["q90"]) == pytest.approx((record["median"], record["q90"]))


def test_prices_follow_from_last_close_median_and_interval():
    """Log returns have to become prices once, and rightly."""
    past = level_history(median=0.2).filter(pl.col("horizon") == 5).row(-1, named=True)
    record = forecast("GENX", bars(1000), recipe(), Level(median=0.2))["forecasts"][1]

    assert record["median"] == record["q50"] == pytest.approx(past["last_close"] * math.exp(past["median"]))
    assert record["q90"] == pytest.approx(record["median"] * math.exp(past["reach_80"]))
    assert record["q025"] == pytest.approx(record["median"] * math.exp(-past["reach_95"]))
    assert record["q025"] < record["q10"] < record["q50"] < record["q90"] < record["q975"]
    assert record["volatility"] == pytest.approx(math.sqrt(252 * past["variance"]))


def test_a_median_of_no_change_is_as_good_as_persistence():
    """The baseline's error stands beside ours in every record and must be the real one."""
    record = forecast("GENX", bars(1000), recipe(), Level())["forecasts"][0]
    close = bars(1000)["close"].log().diff().to_numpy()

    assert record["mae"] == pytest.approx(abs(close[-252:]).mean())
    assert record["baseline_mae_ratio"] == pytest.approx(1.0)
    assert 0.7 < record["coverage_last_252"] < 0.9


@pytest.mark.parametrize(("count", "calibration"), [(MINIMUM_BARS, "pooled"), (CALIBRATED_BARS, "symbol")])
def test_short_and_long_histories_tell_how_they_were_calibrated(count, calibration):
    """Whoever reads an interval should know whether it is this symbol's own."""
    records = forecast("GENX", bars(count), recipe(), Level())["forecasts"]

    assert {record["calibration"] for record in records} == {calibration}


def test_figures_that_nothing_is_known_about_are_left_out():
    """A mean over no outcomes is not zero."""
    record = forecast("GENX", bars(MINIMUM_BARS), recipe(), Level())["forecasts"][0]

    assert record["mae"] is record["coverage_last_252"] is record["base_rate_up"] is None
    assert record["q10"] == pytest.approx(record["median"] * math.exp(-record["volatility"] / math.sqrt(252)))


def test_a_thousand_bars_forecast_the_same_as_the_whole_history():
    """The server sees the last thousand bars, evaluation sees all: both must judge one model."""
    whole = bars(2500, seed=5)

    long, short = (forecast("GENX", frame, recipe(), LastRow())["forecasts"] for frame in (whole, whole.tail(1000)))

    for one, other in zip(long, short, strict=True):
        for name in ("median", "q025", "q10", "q90", "q975", "volatility"):
            assert one[name] == pytest.approx(other[name], rel=1e-6)


def test_a_newest_bar_without_a_window_is_no_forecast_of_an_older_day():
    """Prices of a halted stock must not appear as today's forecast."""
    still = pl.concat(
        [bars(600), bars(600).tail(1).with_columns(pl.col("date").dt.offset_by("3d"), open=pl.lit(None, pl.Float64))]
    )

    with pytest.raises(Unforecastable, match="GENX has no whole window ending on"):
        forecast("GENX", still, recipe(), Level())
