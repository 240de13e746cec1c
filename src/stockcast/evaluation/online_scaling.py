"""Take a variance forecast's lasting bias away with what was known at each origin.

QLIKE punishes bias hard, and models trained on logarithms are low on average. All get the same treatment, so the
comparison is about following the times and not about a constant.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

LAST = 252  # origins, a year
LEAST = 60


def online_scaled(forecast: NDArray[np.float64], came: NDArray[np.float64], horizon: int) -> NDArray[np.float64]:
    """`forecast` x the rolling mean of came / forecast over origins whose outcome is known; NaN while they are few."""
    ratio = pl.Series(came / forecast).fill_nan(None)
    scale = ratio.rolling_mean(LAST, min_samples=LEAST).shift(horizon)
    return forecast * scale.cast(pl.Float64).fill_null(float("nan")).to_numpy()
