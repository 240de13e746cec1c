"""Losses."""

import numpy as np
import pytest

from stockcast.evaluation.losses import inside, qlike, winkler


def test_qlike_is_least_for_the_true_variance_also_under_noise():
    """A loss that prefers a biased forecast would promote one."""
    random = np.random.default_rng(1)
    came = 4.0 * random.chisquare(5, 20_000) / 5  # a noisy proxy of 4.0

    means = {forecast: qlike(came, np.full(20_000, forecast)).mean() for forecast in (3.0, 4.0, 5.0)}

    assert min(means, key=means.get) == 4.0
    assert qlike(np.array([4.0]), np.array([4.0]))[0] == 0


def test_winkler_fines_a_miss_by_its_distance():
    """Otherwise the narrowest interval always wins."""
    came, low, high = np.array([0.0, 3.0, -2.0]), np.full(3, -1.0), np.full(3, 1.0)

    assert winkler(came, low, high, 0.8) == pytest.approx([2.0, 2.0 + 10 * 2.0, 2.0 + 10 * 1.0])


def test_an_unknown_outcome_is_neither_inside_nor_outside():
    """Counted as outside it would lower live coverage every single day."""
    marks = inside(np.array([0.5, 2.0, np.nan]), np.zeros(3), np.ones(3))

    assert marks[:2].tolist() == [1.0, 0.0]
    assert np.isnan(marks[2])
