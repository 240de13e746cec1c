"""Pooled interval factors."""

import numpy as np
import pytest
from tests.stockcast.generated import silver
from tests.stockcast.predictors import Level, recipe

from stockcast.models.calibration import pooled_factors
from stockcast.models.training_set import training_set


def test_pooled_factors_hold_the_share_they_promise_on_the_validation_part():
    """Symbols with a short past live by these."""
    data = training_set(silver(["AAPL", "GOOG", "MSFT"], 900), 40)

    factors = pooled_factors(data, recipe(), Level())

    at = data.frame[data.validation_ends]
    for h in (1, 5, 21):
        score = np.abs(at[f"y{h}"].to_numpy()) / np.sqrt(np.exp(at["lv21"].to_numpy()) * h)
        for level in (0.8, 0.95):
            assert (score <= factors[str(level)][str(h)]).mean() == pytest.approx(level, abs=0.01)


def test_a_volatility_told_twice_as_high_halves_the_factors():
    """The interval is what must be right, not the volatility it is made from."""
    data = training_set(silver(["AAPL"], 900), 40)

    usual, doubled = (pooled_factors(data, recipe(), Level(log_variance=v)) for v in (0.0, 2 * np.log(2)))

    assert doubled["0.8"]["5"] == pytest.approx(usual["0.8"]["5"] / 2, rel=1e-5)
