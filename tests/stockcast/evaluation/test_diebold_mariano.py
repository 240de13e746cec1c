"""Skill or luck."""

import numpy as np
import pytest

from stockcast.evaluation.diebold_mariano import diebold_mariano


@pytest.mark.parametrize(("horizon", "most"), [(1, 0.08), (5, 0.11), (21, 0.13)])
def test_equally_good_forecasters_are_rarely_told_apart(horizon, most):
    """Overlapping windows make neighbours alike; without the correction six of ten would be false alarms at 21 days."""
    random = np.random.default_rng(5)

    def squared_errors() -> np.ndarray:
        noise = random.standard_normal(1000 + horizon - 1)
        return np.convolve(noise, np.ones(horizon), mode="valid") ** 2

    verdicts = [diebold_mariano(squared_errors() - squared_errors(), horizon) for _ in range(600)]

    assert 0.02 < np.mean([abs(verdict.t) > 1.96 for verdict in verdicts]) < most


def test_a_lasting_disadvantage_is_significant_and_its_mirror_is_not():
    """The gate asks one way only: is ours worse?"""
    difference = np.random.default_rng(6).normal(0.2, 1.0, 500)

    worse, better = diebold_mariano(difference, 1), diebold_mariano(-difference, 1)

    assert worse.t == pytest.approx(-better.t)
    assert worse.t > 3
    assert worse.p_worse < 0.01 < 0.99 < better.p_worse


def test_forecasts_equal_to_the_naive_ones_are_not_worse():
    """A median of exactly "nothing changes" has no difference and no variance."""
    assert diebold_mariano(np.zeros(300), 5) == (0.0, 0.5)
    assert diebold_mariano(np.full(300, 0.1), 5).p_worse == 0.0


@pytest.mark.parametrize("value", [np.nan, -np.nan, np.inf, -np.inf])
def test_a_loss_that_is_no_number_is_no_advantage(value):
    """One NaN among the losses made t minus infinity, and that passes every rule."""
    difference = np.full(300, 0.1)
    difference[5] = value

    assert np.isnan(diebold_mariano(difference, 1)).all()


def test_a_handful_of_dates_is_refused():
    """A variance from twenty overlapping months is no variance."""
    with pytest.raises(ValueError, match="20 dates at horizon 21; more than 21 are needed"):
        diebold_mariano(np.zeros(20), 21)
