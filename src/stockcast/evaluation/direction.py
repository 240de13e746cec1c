"""Direction beside its base rate: a share of hits alone says nothing.

A model that always says "up" hits 53 to 64 % and looks significant against a coin. Symbols of one date fall together
and are no independent tries. So hits are compared with the better constant, date by date.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stockcast.evaluation.by_date import NAN, compare

LEAST_DATES = 500
MOST_P = 0.01


def direction_figures(known: pl.DataFrame, horizon: int) -> dict[str, float]:
    """How often the median's side was right, how often "up" would have been, and the chance that ours is luck.

    `majority` is the better of always "up" and always "down", chosen with hindsight. A median of exactly 0 takes no
    side and counts as half a hit.
    """
    rose = known["came"].to_numpy() > 0
    hits = _hits(known["median"].to_numpy(), rose)
    up, down = rose.astype(float), (~rose).astype(float)
    better = up if up.mean() >= down.mean() else down
    beside = compare(known, 1 - hits, 1 - better, horizon)
    return {
        "direction": float(hits.mean()),
        "always_up": float(up.mean()),
        "majority": float(better.mean()),
        "direction_p_luck": 1 - beside.p_worse,
    }


def has_edge(figures: dict[str, float]) -> bool:
    """Whether direction may be spoken of at all: beats the better constant for sure, on two years."""
    return (
        figures["direction"] > figures["majority"]
        and figures["direction_p_luck"] < MOST_P
        and figures["dates"] >= LEAST_DATES
    )


def volatility_direction(known: pl.DataFrame) -> dict[str, float]:
    """How often the model told rightly whether volatility will exceed its own 21-day level, beside the better constant.

    Not "higher than today": one day is so noisy that mean reversion alone hits 72 %. What is told is the raw forecast,
    the middle of what may come; with its bias taken away it is the mean, which storms lift above most days. Needs the
    column `level` (mean daily variance of the 21 days up to the origin); nothing without it.
    """
    if "level" not in known.columns:
        return {}
    level, came = known["level"].to_numpy(), known["came_variance"].to_numpy()
    variance = known["variance"].to_numpy()
    told, rose = variance > level, came > level
    usable = np.isfinite(variance) & np.isfinite(level)
    if not usable.any():
        return {"volatility_direction": NAN, "volatility_majority": NAN}
    share = float(rose[usable].mean())
    return {
        "volatility_direction": float((told == rose)[usable].mean()),
        "volatility_majority": max(share, 1 - share),
    }


def _hits(median: NDArray[np.float64], rose: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.where(median == 0, 0.5, ((median > 0) == rose).astype(float))
