"""The newest records of models that do not serve."""

import json
import math
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from tests.stockcast.generated import bars

from stockcast.contracts.records import Forecast
from stockcast.forecasting import challengers
from stockcast.forecasting.challengers import first_origin, newest_records
from stockcast.forecasting.history import history
from stockcast.forecasting.walk_forward import BELL_CURVE
from stockcast.models.classical.ewma import Ewma
from stockcast.models.classical.naive import Drift, Naive
from stockcast.models.outlook import Outlook

SYMBOLS = pl.concat([bars(1000, seed, f"GEN{seed}") for seed in range(2)])


def test_every_symbol_gets_the_same_record_as_from_the_network():
    """Whoever compares must not have to translate."""
    forecasts, left_out = newest_records(SYMBOLS, Ewma(), "challengers-1")

    assert left_out == {}
    assert [(one["symbol"], one["horizon"]) for one in forecasts] == [
        (symbol, h) for symbol in ("GEN0", "GEN1") for h in (1, 5, 21)
    ]
    for one in forecasts:
        assert set(one) == set(Forecast.__annotations__)
        assert (one["model_type"], one["model_version"]) == ("ewma", "challengers-1")
        assert one["as_of"] == str(bars(1000)["date"][-1])
        assert one["q025"] < one["q10"] < one["median"] < one["q90"] < one["q975"]
        assert one["baseline_mae_ratio"] == pytest.approx(1)
        assert one["qlike_ratio_ewma_63"] == pytest.approx(1)
    assert json.loads(json.dumps(forecasts, allow_nan=False)) == forecasts


def test_twenty_months_of_origins_tell_what_the_whole_past_would():
    """A year of outcomes for the figures is enough, and Prophet's time is bounded."""
    since = first_origin(SYMBOLS)

    short, whole = (newest_records(SYMBOLS, Naive(first), "v").forecasts for first in (since, None))

    assert (SYMBOLS["date"].unique() >= since).sum() == challengers.ORIGINS
    for one, other in zip(short, whole, strict=True):
        assert one["median"] == other["median"]
        assert one["coverage_last_252"] is not None
        assert one["mae"] == pytest.approx(other["mae"])
        assert one["q10"] == pytest.approx(other["q10"], rel=0.05)  # the last 400 outcomes instead of 500


def test_the_coverage_of_the_last_year_is_of_intervals_that_did_not_know_it():
    """Pooled factors are made of all outcomes, those of that year included; they would flatter the coverage."""
    one = bars(1000)
    past = history("GENX", one, Naive(first_origin(one)), BELL_CURVE)

    for h in (1, 5, 21):
        known = past.filter((pl.col("horizon") == h) & pl.col("came").is_finite()).tail(252)
        assert known["calibration"].unique().to_list() == ["symbol"]


def test_slow_models_are_fitted_on_the_newest_day():
    """A fit of last month would stand as today's forecast."""
    assert (challengers.ORIGINS - 1) % challengers.REFIT_EVERY == 0


def test_a_symbol_that_cannot_be_forecast_costs_the_others_nothing():
    """A new listing, or one that stands still, is told with its reason."""
    young = bars(280, 5, "YOUNG")
    still = bars(1000, 6, "STILL").with_columns(
        pl.when(pl.int_range(pl.len()) >= 900).then(10.0).otherwise(pl.col(name)).alias(name)
        for name in ("open", "high", "low", "close")
    )

    class NeedsMovement(Naive):
        """Says nothing on days after a quarter without any."""

        def outlook(self, bars: pl.DataFrame) -> Outlook:
            moving = bars.filter(pl.col("close").rolling_std(63).fill_null(1) > 0)
            return super().outlook(moving)

    forecasts, left_out = newest_records(pl.concat([SYMBOLS, young, still]), NeedsMovement(), "v")

    assert {one["symbol"] for one in forecasts} == {"GEN0", "GEN1"}
    assert "290 are needed" in left_out["YOUNG"]
    assert "prices that stand still" in left_out["STILL"]


def test_a_young_symbol_borrows_the_misses_of_the_others():
    """A hundred outcomes of its own are half a year away."""
    young = bars(1000, 7, "YOUNG").tail(300)

    forecasts, _ = newest_records(pl.concat([SYMBOLS, young]), Ewma(), "v")

    theirs = [one for one in forecasts if one["symbol"] == "YOUNG"]
    assert {one["calibration"] for one in theirs} == {"pooled"}
    month = theirs[2]
    reach = math.log(month["q90"] / month["median"]) / (month["volatility"] * math.sqrt(21 / 252))
    assert reach != pytest.approx(1.2816, abs=1e-3), "a bell curve's factor: nothing was learned"
    assert 0.7 < reach < 2


def test_without_enough_known_misses_the_bell_curve_stands_in():
    """Three outcomes make no quantile."""
    (forecasts, _) = newest_records(bars(295, 7, "YOUNG"), Ewma(), "v")

    day = forecasts[0]
    assert math.log(day["q90"] / day["median"]) / (day["volatility"] / math.sqrt(252)) == pytest.approx(
        1.2816, abs=1e-3
    )
    assert day["mae"] is day["p_up"] is None


def test_cutting_the_future_off_changes_no_record():
    """The record of a Friday must be the same on Saturday and a year later."""
    day = SYMBOLS["date"].max() - timedelta(days=60)
    known = SYMBOLS.filter(pl.col("date") <= day)
    later = Drift().outlook(SYMBOLS.filter(pl.col("symbol") == "GEN0"))

    told = newest_records(known, Drift(), "v").forecasts[1]

    place = later.dates.index(known["date"].max())
    assert math.log(told["median"] / told["last_close"]) == pytest.approx(later.median[place, 1])
    assert np.isfinite(later.came_return[place, 1])
