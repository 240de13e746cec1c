"""Losses: smaller is better, in the shape of their arguments."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def qlike(came: Array, forecast: Array) -> Array:
    """Loss of a variance forecast; 0 when right, robust to noise in the proxy for what came."""
    ratio = came / forecast
    return ratio - np.log(ratio) - 1


def inside(came: Array, low: Array, high: Array) -> NDArray[Any]:
    """Whether an outcome lies in its interval, as 0.0 or 1.0; NaN where the outcome is not known."""
    return np.where(np.isfinite(came), (low <= came) & (came <= high), np.nan).astype(float)


def winkler(came: Array, low: Array, high: Array, level: float) -> Array:
    """Width of the interval plus a fine for each outcome outside: wide and wrong both cost."""
    miss = np.maximum(low - came, 0) + np.maximum(came - high, 0)
    return (high - low) + 2 / (1 - level) * miss
