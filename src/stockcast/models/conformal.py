"""Intervals whose coverage is learned from the forecaster's own misses (rolling split conformal)."""

import bisect
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

LAST = 500  # origins: about two years, long enough for a 95 % quantile, short enough to follow the times
LEAST = 100  # below, a symbol's own past says too little and the pooled factor stands in


def sigma(log_variance: NDArray[np.float64], horizon: int) -> NDArray[np.float64]:
    """Forecast standard deviation of the log return over the horizon, from the log of the mean daily variance."""
    return np.sqrt(np.exp(log_variance) * horizon)


def scores_of(
    came: NDArray[np.float64], median: NDArray[np.float64], log_variance: NDArray[np.float64], horizon: int
) -> NDArray[np.float64]:
    """How many forecast standard deviations each outcome lay off the median; NaN where it is not known yet."""
    return np.abs(came - median) / sigma(log_variance, horizon)


def factor(ascending_scores: Sequence[float], level: float) -> float:
    """The score that `level` of future scores stay below: the ceil((n + 1) level)-th smallest of n."""
    rank = min(len(ascending_scores), math.ceil((len(ascending_scores) + 1) * level))
    return ascending_scores[rank - 1]


def rolling_factors(
    scores: NDArray[np.float64], horizon: int, levels: Sequence[float], pooled: Sequence[float]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Factors (origins, levels) from the scores that were known at each origin, and whether they are the symbol's own.

    `scores` are those of scores_of, by origin. At origin t those up to t - horizon are known: a later one would be
    the future.
    """
    factors = np.tile(np.array(pooled, dtype=float), (len(scores), 1))
    own = np.zeros(len(scores), dtype=bool)
    known: list[float] = []  # ascending
    for origin in range(len(scores)):
        _slide(known, scores, newest=origin - horizon)
        if len(known) >= LEAST:
            factors[origin] = [factor(known, level) for level in levels]
            own[origin] = True
    return factors, own


def _slide(known: list[float], scores: NDArray[np.float64], newest: int) -> None:
    """Take the newest known score in, and the one that is now older than LAST out."""
    if newest >= 0 and math.isfinite(scores[newest]):
        bisect.insort(known, float(scores[newest]))
    oldest = newest - LAST
    if oldest >= 0 and math.isfinite(scores[oldest]):
        del known[bisect.bisect_left(known, float(scores[oldest]))]
