"""Whether a network's median price path may be spoken of, or the last close says as much."""

import math

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stockcast.evaluation.by_date import compare
from stockcast.models.outlook import Predictor, unscaled
from stockcast.models.recipe import Recipe
from stockcast.models.training_set import TrainingSet
from stockcast.models.windows import gather

LEAST_P_OF_CONSTANT = 0.99  # one-sided, as strict as for any claim on direction: returns are mostly noise


def trusted_medians(data: TrainingSet, recipe: Recipe, model: Predictor) -> tuple[bool, ...]:
    """For each horizon: did the median lose significantly less than a constant on validation days?

    Once than "nothing changes", once than the best constant told with hindsight: in a rising year every median above
    0 looks wise, in the years after it costs error and widens the interval around it. Where the answer is no, the
    forecast is the last close.
    """
    ends = data.validation_ends
    told = model.predict(gather(recipe.scaled(data.rows), ends, recipe.lookback)).astype(np.float64)
    at = data.frame[ends]
    median, _ = unscaled(told, at, recipe)
    return tuple(_beats_constants(at, median[:, place], h) for place, h in enumerate(recipe.horizons))


def _beats_constants(at: pl.DataFrame, median: NDArray[np.float64], h: int) -> bool:
    came, reach = at[f"y{h}"].to_numpy(), at["sd63"].to_numpy() * math.sqrt(h)
    with_hindsight = float(np.median(came / reach)) * reach
    misses = np.abs(came - median)
    return all(
        compare(at, misses, np.abs(came - constant), h).p_worse > LEAST_P_OF_CONSTANT
        for constant in (np.zeros_like(came), with_hindsight)
    )
