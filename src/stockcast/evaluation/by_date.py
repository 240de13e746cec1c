"""Two forecasters' losses compared date by date: dates, not symbols, are the independent evidence."""

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stockcast.evaluation.diebold_mariano import LEAST_LAG, diebold_mariano

Array = NDArray[np.float64]
NAN = float("nan")
ROUNDING = 1e-12  # the same sums in another order differ by this share, near 0 by this much, and always the same way


class Beside(NamedTuple):
    """Mean losses over dates, ours over theirs, and whether the difference is luck. t below 0: ours is better."""

    ours: float
    theirs: float
    ratio: float
    t: float
    p_worse: float


def by_date(known: pl.DataFrame, values: Array) -> Array:
    """Mean over symbols per date, ascending."""
    frame = pl.DataFrame({"date": known["date"], "value": values})
    return frame.group_by("date").agg(pl.col("value").mean()).sort("date")["value"].to_numpy()


def compare(rows: pl.DataFrame, ours: Array, theirs: Array, horizon: int) -> Beside:
    """Losses by row of `rows`. All NaN where no date is there, t and p where too few are there for a variance."""
    if rows.is_empty():
        return Beside(NAN, NAN, NAN, NAN, NAN)
    mine, other = by_date(rows, ours), by_date(rows, theirs)
    ratio = float(mine.mean() / other.mean()) if other.mean() else NAN
    if len(mine) <= max(horizon - 1, LEAST_LAG) + 1:
        return Beside(float(mine.mean()), float(other.mean()), ratio, NAN, NAN)
    apart = np.where(np.isclose(mine, other, rtol=ROUNDING, atol=ROUNDING), 0.0, mine - other)
    verdict = diebold_mariano(apart, horizon)
    return Beside(float(mine.mean()), float(other.mean()), ratio, verdict.t, verdict.p_worse)
