"""All origins of one symbol, as evaluation judges them."""

import numpy as np
import polars as pl
import pytest
from tests.stockcast.generated import bars
from tests.stockcast.predictors import LastRow, Level, recipe

from stockcast.forecasting.history import history
from stockcast.models.lstm import Lstm

FUTURE = ["came", "came_variance"]


@pytest.mark.parametrize("h", [1, 5, 21])
def test_later_bars_change_nothing_that_was_said_before(h):
    """Intervals, scaling and baselines too: a leak in any of them flatters the model."""
    whole, cut = (
        history("GENX", bars(1000).head(length), Lstm(recipe(), LastRow()), recipe().factors) for length in (1000, 800)
    )

    whole, cut = (frame.filter(pl.col("horizon") == h).drop(FUTURE) for frame in (whole, cut))

    assert whole.head(cut.height).equals(cut, null_equal=True)


def test_outcomes_are_unknown_for_exactly_the_newest_origins():
    """An outcome one day early would let the last interval know its own answer."""
    past = history("GENX", bars(700), Lstm(recipe(), Level()), recipe().factors)

    for h in (1, 5, 21):
        unknown = past.filter(pl.col("horizon") == h)["came"].is_nan().to_numpy()
        assert unknown.sum() == h
        assert unknown[-h:].all()


def test_intervals_cover_what_they_promise_on_a_market_with_known_volatility():
    """The whole road at once: features, unscaling, conformal step."""
    past = history("GENX", bars(3000, seed=9), Lstm(recipe(), Level()), recipe().factors)

    for h, slack in ((1, 0.02), (5, 0.04), (21, 0.08)):
        known = past.filter((pl.col("horizon") == h) & pl.col("came").is_finite() & (pl.col("calibration") == "symbol"))
        miss = np.abs(known["came"].to_numpy() - known["median"].to_numpy())
        assert (miss <= known["reach_80"].to_numpy()).mean() == pytest.approx(0.80, abs=slack)
        assert (known["reach_95"] >= known["reach_80"]).all()
