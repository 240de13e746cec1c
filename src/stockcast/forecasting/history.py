"""Every forecast that a model would have made on a symbol's bars, beside what came and beside the naive ones."""

import numpy as np
import polars as pl

from stockcast.evaluation.baselines import ewma_variance, gaussian_reach
from stockcast.evaluation.online_scaling import online_scaled
from stockcast.models.conformal import rolling_factors, scores_of, sigma
from stockcast.models.outlook import Outlook, Predictor, outlook
from stockcast.models.recipe import LEVELS, Recipe


def history(symbol: str, bars: pl.DataFrame, recipe: Recipe, model: Predictor) -> pl.DataFrame:
    """One row per origin and horizon, ascending by date inside each horizon.

    Columns: symbol, date, horizon, last_close; median, volatility variance (`variance`, mean daily), reach_80,
    reach_95 (half widths of the intervals, log return), calibration; came, came_variance (NaN while unknown);
    variance_scaled, ewma_scaled (both with their bias taken away online), gaussian_80, gaussian_95. Each origin's row
    uses only bars up to that origin, except for the columns that tell what came.
    """
    seen = outlook(bars, recipe, model)
    parts = [_horizon(symbol, seen, recipe, place) for place in range(len(recipe.horizons))]
    return pl.concat(parts)


def _horizon(symbol: str, seen: Outlook, recipe: Recipe, place: int) -> pl.DataFrame:
    """The rows of one horizon; `place` is its position in the recipe."""
    h = recipe.horizons[place]
    pooled = [recipe.factor(level, h) for level in LEVELS]
    came, came_variance = seen.came_return[:, place], seen.came_variance[:, place]
    median, log_variance = seen.median[:, place], seen.log_variance[:, place]
    factors, own = rolling_factors(scores_of(came, median, log_variance, h), h, LEVELS, pooled)
    reach = factors * sigma(log_variance, h)[:, None]
    variance = np.exp(log_variance)
    ewma = ewma_variance(seen.daily_variance)[seen.rows]
    return pl.DataFrame(
        {
            "symbol": [symbol] * len(seen.dates),
            "date": seen.dates,
            "horizon": [h] * len(seen.dates),
            "last_close": seen.close,
            "median": median,
            "variance": variance,
            "reach_80": reach[:, 0],
            "reach_95": reach[:, 1],
            "calibration": np.where(own, "symbol", "pooled"),
            "came": came,
            "came_variance": came_variance,
            "variance_scaled": online_scaled(variance, came_variance, h),
            "ewma_scaled": online_scaled(ewma, came_variance, h),
            "gaussian_80": gaussian_reach(came, h, LEVELS[0]),
            "gaussian_95": gaussian_reach(came, h, LEVELS[1]),
        },
        schema_overrides={"calibration": pl.String},
    )
