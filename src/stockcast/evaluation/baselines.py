"""The naive forecasts that no score stands without."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

DECAY = 0.94  # RiskMetrics' value for daily data
GAUSSIAN_LAST = 504  # origins, two years
GAUSSIAN_LEAST = 100
STANDARD_NORMAL = {0.8: 1.2815515655446004, 0.95: 1.959963984540054}


def ewma_variance(daily_variance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Exponentially weighted mean of daily variances up to each row, for every horizon the same."""
    return pl.Series(daily_variance).ewm_mean(alpha=1 - DECAY, adjust=False).to_numpy()


def gaussian_reach(came_return: NDArray[np.float64], horizon: int, level: float) -> NDArray[np.float64]:
    """Half width of a bell curve around 0 from the returns known at each origin; NaN while they are few."""
    spread = pl.Series(came_return).fill_nan(None).rolling_std(GAUSSIAN_LAST, min_samples=GAUSSIAN_LEAST)
    return STANDARD_NORMAL[level] * spread.shift(horizon).cast(pl.Float64).fill_null(float("nan")).to_numpy()
