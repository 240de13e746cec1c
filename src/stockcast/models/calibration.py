"""Interval factors pooled over symbols, for symbols whose own past is too short."""

import numpy as np

from stockcast.models.conformal import factor, scores_of
from stockcast.models.outlook import Predictor, unscaled
from stockcast.models.recipe import LEVELS, Recipe
from stockcast.models.training_set import TrainingSet
from stockcast.models.windows import gather

Factors = dict[str, dict[str, float]]  # by level and horizon, as in recipe.json


def pooled_factors(data: TrainingSet, recipe: Recipe, model: Predictor) -> Factors:
    """Factors by level and horizon from the validation part: its misses are no training misses."""
    ends = data.validation_ends
    told = model.predict(gather(recipe.scaled(data.rows), ends, recipe.lookback)).astype(np.float64)
    at = data.frame[ends]
    median, log_variance = unscaled(told, at, recipe)
    factors: Factors = {str(level): {} for level in LEVELS}
    for place, h in enumerate(recipe.horizons):
        came = at[f"y{h}"].to_numpy()
        scores = sorted(scores_of(came, median[:, place], log_variance[:, place], h).tolist())
        for level in LEVELS:
            factors[str(level)][str(h)] = factor(scores, level)
    return factors
