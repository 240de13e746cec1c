"""Whether a median is worth telling."""

import dataclasses

import numpy as np
import polars as pl
import pytest
from tests.stockcast.generated import silver
from tests.stockcast.predictors import Level, recipe

from stockcast.forecasting.trusted_medians import trusted_medians
from stockcast.models.outlook import unscaled
from stockcast.models.training_set import TrainingSet, training_set


@pytest.fixture(scope="module")
def data() -> TrainingSet:
    """Prices that nobody can foretell."""
    return training_set(silver(["AAPL", "GOOG", "MSFT"], 1100), 40)


class Prophet:
    """Knows the validation days' returns, up to some noise; nobody else does."""

    def __init__(self, data: TrainingSet, noise: float) -> None:
        came = np.column_stack([data.targets[data.validation_ends][:, place] for place in range(3)])
        median = came + noise * np.random.default_rng(1).standard_normal(came.shape)
        self._told = np.hstack([np.repeat(median, 3, axis=1), np.zeros((len(came), 3))]).astype(np.float32)

    def predict(self, windows):
        assert len(windows) == len(self._told)
        return self._told


def test_a_median_that_foretells_is_trusted(data):
    """A real signal must reach the forecast."""
    assert trusted_medians(data, recipe(), Prophet(data, noise=0.5)) == (True, True, True)


def test_a_median_that_guesses_is_not(data):
    """A bet of half a standard deviation on a random walk costs error and widens every interval."""
    assert trusted_medians(data, recipe(), Level(median=0.5)) == (False, False, False)


def test_a_median_that_only_knows_that_the_year_went_up_is_not(data):
    """The mood of one year is no skill, and the next year has another."""
    lift = np.array([0.02, 0.1, 0.42])  # of the log price, over each horizon
    ends = data.validation_ends
    risen = data.frame.with_columns(pl.col(f"y{h}") + up for h, up in zip((1, 5, 21), lift, strict=True))
    reach = data.frame["sd63"].gather(ends).median() * np.sqrt([1, 5, 21])
    up = np.array([*np.repeat(lift / reach, 3), 0, 0, 0], dtype=np.float32)

    class Up:
        def predict(self, windows):
            return np.tile(up, (len(windows), 1))

    assert trusted_medians(dataclasses.replace(data, frame=risen), recipe(), Up()) == (False, False, False)


def test_no_change_is_no_better_than_itself(data):
    """Equal losses are no evidence."""
    assert trusted_medians(data, recipe(), Level()) == (False, False, False)


def test_where_a_median_is_not_trusted_the_last_close_stands_in(data):
    """And only there: a month may be foretold where a day is not."""
    at = data.frame[data.validation_ends]
    told = np.tile(np.array([0.4] * 9 + [0.0] * 3), (at.height, 1))

    median, _ = unscaled(told, at, recipe().with_trust((False, True, False)))

    assert (median[:, [0, 2]] == 0).all()
    assert (median[:, 1] > 0).all()
