"""Losses compared date by date."""

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from stockcast.evaluation.by_date import compare

DATES = 300
ROWS = pl.DataFrame({"date": [date(2020, 1, 1) + timedelta(days=n) for n in range(DATES)]})


def losses(scale: float) -> np.ndarray:
    """One a date; every third is 0, as where a forecast is exact."""
    drawn = scale * np.random.default_rng(1).exponential(size=DATES)
    return np.where(np.arange(DATES) % 3 == 0, 0.0, drawn)


def noise(seed: int = 2) -> np.ndarray:
    """What sums in another order differ by."""
    return np.random.default_rng(seed).uniform(0.5, 1.0, DATES) * 1e-16


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e6])
@pytest.mark.parametrize("sign", [-1, 1], ids=["smaller", "larger"])
def test_a_model_beside_itself_shows_no_difference(scale, sign):
    """Noise of one sign on losses near 0 would be a difference that no luck explains."""
    theirs = losses(scale)

    beside = compare(ROWS, theirs * (1 + sign * 1e-15) + sign * noise(), theirs, 5)

    assert beside.t == 0
    assert beside.p_worse == 0.5
    assert beside.ratio == pytest.approx(1)


def test_a_difference_above_rounding_counts_however_small():
    """Squared returns are small; a model that is better at them is better."""
    theirs = losses(1e-4)

    beside = compare(ROWS, theirs * 0.999, theirs, 1)

    assert beside.t < -3
    assert beside.p_worse > 0.99
