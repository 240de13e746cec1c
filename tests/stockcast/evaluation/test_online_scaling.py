"""Bias taken away online."""

import numpy as np
import pytest

from stockcast.evaluation.online_scaling import online_scaled


def test_a_constant_bias_disappears_after_the_first_known_origins():
    """Two models must be compared by how they follow the times, not by a constant."""
    came = np.full(300, 4.0)

    scaled = online_scaled(np.full(300, 1.0), came, 5)

    assert np.isnan(scaled[:64]).all()
    assert scaled[64:] == pytest.approx(np.full(236, 4.0))


def test_outcomes_that_are_not_known_yet_scale_nothing():
    """At 21 days the last 20 outcomes lie in the future."""
    came = np.ones(300)
    changed = came.copy()
    changed[200:] = 100.0

    before, after = (online_scaled(np.ones(300), outcome, 21) for outcome in (came, changed))

    np.testing.assert_array_equal(before[:221], after[:221])
    assert after[221] > before[221]


def test_the_newest_origins_keep_their_scale_while_their_outcomes_are_unknown():
    """These are the forecasts that people read."""
    came = np.full(300, 4.0)
    came[-21:] = np.nan

    assert online_scaled(np.ones(300), came, 21)[-1] == pytest.approx(4.0)
