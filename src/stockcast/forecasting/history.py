"""Every forecast that a model would have made on a symbol's bars, beside what came and beside the naive ones."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from stockcast.contracts.records import HORIZONS
from stockcast.evaluation.baselines import ewma_variance, gaussian_reach
from stockcast.evaluation.online_scaling import online_scaled
from stockcast.models.conformal import rolling_factors, scores_of, sigma
from stockcast.models.contract import Forecaster
from stockcast.models.outlook import Outlook
from stockcast.models.recipe import LEVELS

Factors = Mapping[str, Mapping[str, float]]  # by level and horizon, as in recipe.json


def history(symbol: str, bars: pl.DataFrame, forecaster: Forecaster, pooled: Factors) -> pl.DataFrame:
    """One row per origin and horizon, ascending by date inside each horizon.

    `pooled` are the interval factors for origins whose own past is too short.
    Columns: model, symbol, date, horizon, last_close; median, volatility variance (`variance`, mean daily), reach_80,
    reach_95 (half widths of the intervals, log return), calibration; came, came_variance (NaN while unknown);
    variance_scaled, ewma_scaled (both with their bias taken away online), gaussian_80, gaussian_95. Each origin's row
    uses only bars up to that origin, except for the columns that tell what came.
    """
    seen = forecaster.outlook(bars)
    parts = [_horizon(symbol, seen, place, pooled) for place in range(len(HORIZONS))]
    return pl.concat(parts).select(pl.lit(forecaster.name).alias("model"), pl.all())


def _horizon(symbol: str, seen: Outlook, place: int, pooled: Factors) -> pl.DataFrame:
    """The rows of one horizon; `place` is its position among all."""
    h = HORIZONS[place]
    came, came_variance = seen.came_return[:, place], seen.came_variance[:, place]
    median, log_variance = seen.median[:, place], seen.log_variance[:, place]
    factors, own = rolling_factors(
        scores_of(came, median, log_variance, h), h, LEVELS, [pooled[str(level)][str(h)] for level in LEVELS]
    )
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
