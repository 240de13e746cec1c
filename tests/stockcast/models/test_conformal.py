"""Intervals learned from the forecaster's own misses."""

import numpy as np
import pytest

from stockcast.models.conformal import LAST, LEAST, factor, rolling_factors

LEVELS, POOLED = (0.8, 0.95), (1.5, 2.5)


def test_a_factor_is_the_order_statistic_with_the_finite_sample_correction():
    """Without it intervals on few scores are too narrow."""
    assert factor(list(range(1, 101)), 0.8) == 81
    assert factor(list(range(1, 101)), 0.95) == 96
    assert factor([3.0], 0.95) == 3.0


@pytest.mark.parametrize("horizon", [1, 5, 21])
def test_factors_equal_the_plain_recipe_and_use_only_what_was_known(horizon):
    """A score of the last days before an origin tells what came after it."""
    scores = np.abs(np.random.default_rng(2).standard_normal(900))
    scores[-horizon:] = np.nan

    factors, own = rolling_factors(scores, horizon, LEVELS, POOLED)

    for origin in (LEAST + horizon - 1, 400, 640, 899):
        known = sorted(scores[max(0, origin - horizon - LAST + 1) : origin - horizon + 1])
        assert factors[origin].tolist() == [factor(known, level) for level in LEVELS]
    assert own.tolist() == [origin - horizon + 1 >= LEAST for origin in range(900)]


def test_changing_the_future_changes_no_earlier_factor():
    """Coverage measured with a leak would promise what live intervals cannot keep."""
    scores = np.abs(np.random.default_rng(3).standard_normal(600))
    other = scores.copy()
    other[400:] = 50.0

    before, _ = rolling_factors(scores, 21, LEVELS, POOLED)
    after, _ = rolling_factors(other, 21, LEVELS, POOLED)

    np.testing.assert_array_equal(before[:421], after[:421])
    assert (after[430:] >= before[430:]).all()


def test_a_short_past_falls_back_to_the_pooled_factors():
    """A newly listed company gets an honest interval of all companies instead of one made of ten days."""
    factors, own = rolling_factors(np.ones(80), 1, LEVELS, POOLED)

    assert not own.any()
    assert factors.tolist() == [list(POOLED)] * 80


def test_coverage_is_kept_when_the_forecast_volatility_is_wrong_by_half():
    """This is what conformal intervals are for."""
    random = np.random.default_rng(4)
    outcomes = random.standard_normal(4000)
    scores = np.abs(outcomes) / 0.5  # sigma told too small

    factors, own = rolling_factors(scores, 1, LEVELS, POOLED)

    inside = scores[own] <= factors[own, 0]
    assert inside.mean() == pytest.approx(0.8, abs=0.015)
