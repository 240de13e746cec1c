"""Is one forecaster's loss really smaller, or was it luck?"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

LEAST_LAG = 5


class Verdict(NamedTuple):
    """t below 0: ours loses less. p_worse: chance of a t this high if both were equally good. NaN: a loss is none."""

    t: float
    p_worse: float


def diebold_mariano(loss_difference: NDArray[np.float64], horizon: int) -> Verdict:
    """Test ours minus theirs, one value per date, ascending.

    Losses are averaged over symbols before: symbols on one date move together and are no independent evidence.
    Overlapping horizons make neighbours alike, hence the Newey-West variance and the factor of Harvey, Leybourne and
    Newbold. Even so a t at 21 days is somewhat too large.
    """
    n = len(loss_difference)
    lag = max(horizon - 1, LEAST_LAG)
    if n <= lag + 1:
        raise ValueError(
            f"{n} dates at horizon {horizon}; more than {lag + 1} are needed for a variance. "
            "Judge on a longer test part."
        )
    if not np.isfinite(loss_difference).all():  # a variance forecast of 0 loses infinitely much, and passes no rule
        return Verdict(math.nan, math.nan)
    variance = _newey_west(loss_difference, lag)
    mean = float(loss_difference.mean())
    if variance <= 0:  # all differences equal: no luck in it
        return Verdict(math.copysign(math.inf, mean) if mean else 0.0, 0.5 if mean == 0 else float(mean < 0))
    small_sample = (n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n
    t = mean / math.sqrt(variance / n) * math.sqrt(max(small_sample, 0))
    return Verdict(t, math.erfc(t / math.sqrt(2)) / 2)


def _newey_west(series: NDArray[np.float64], lag: int) -> float:
    """Long-run variance with Bartlett weights, which keep it from turning negative."""
    centred = series - series.mean()
    n = len(series)
    variance = float(centred @ centred) / n
    for k in range(1, lag + 1):
        variance += 2 * (1 - k / (lag + 1)) * float(centred[k:] @ centred[:-k]) / n
    return variance if variance > np.finfo(float).eps * float(np.abs(series).max(initial=0)) ** 2 else 0.0
