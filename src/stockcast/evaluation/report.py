"""One model's figures on its test days, each beside the naive one and beside other models."""

from collections.abc import Mapping

import numpy as np
import polars as pl

from stockcast.evaluation.by_date import compare
from stockcast.evaluation.direction import direction_figures, volatility_direction
from stockcast.evaluation.losses import inside, qlike, winkler

Figures = dict[str, float]
NOTHING: Mapping[str, pl.DataFrame] = {}
LEAST_IN_QUARTER = 30  # dates: the ends of a test part are no quarters


def horizon_figures(origins: pl.DataFrame, horizon: int, against: Mapping[str, pl.DataFrame] = NOTHING) -> Figures:
    """Figures of one horizon from rows with the columns of forecasting.history, all symbols, test days only.

    `against` holds other models' rows by name, such as `har`; for each the volatility losses are compared on the days
    and symbols that both forecast: `qlike_ratio_<name>` and `qlike_dm_t_<name>`. What cannot be told is NaN.
    """
    came = origins.filter((pl.col("horizon") == horizon) & pl.col("came").is_finite())
    told = pl.all_horizontal(pl.col("median", "reach_80", "reach_95").is_finite())
    # where EWMA's bias is known ours must be too: a variance of 0 spoils it for a year that QLIKE would not see
    scaled = pl.col("variance_scaled").is_finite() | ~pl.col("ewma_scaled").is_finite()
    known = came.filter(told & scaled).sort("date", "symbol")
    if known.is_empty():
        raise ValueError(
            f"no outcome at horizon {horizon} is known on the test days; there must be some. Use a longer test part."
        )
    return (
        {"dates": known["date"].n_unique(), "told_share": known.height / _expected(came, horizon, against)}
        | _point(known, horizon)
        | _volatility(known, horizon)
        | _volatility_against(known, horizon, against)
        | _intervals(known, horizon)
        | direction_figures(known, horizon)
        | volatility_direction(known)
    )


def _expected(came: pl.DataFrame, horizon: int, against: Mapping[str, pl.DataFrame]) -> int:
    """How many outcomes there were to forecast: ours, and those of others on days that we have no row of.

    From each symbol's first row on: models differ in how much past they need.
    """
    keys, begins = ["symbol", "date"], came.group_by("symbol").agg(pl.col("date").min().alias("begins"))
    others = [
        theirs.filter((pl.col("horizon") == horizon) & pl.col("came").is_finite())
        .join(begins, on="symbol")
        .filter(pl.col("date") >= pl.col("begins"))
        .select(keys)
        for theirs in against.values()
    ]
    return pl.concat([came.select(keys), *others]).unique().height


def _point(known: pl.DataFrame, horizon: int) -> Figures:
    """Errors of the log return; never of price levels, where a copy of yesterday explains 98 %."""
    came, median = known["came"].to_numpy(), known["median"].to_numpy()
    beside = compare(known, np.abs(came - median), np.abs(came), horizon)
    return {
        "mae": beside.ours, "mae_persistence": beside.theirs, "mae_ratio": beside.ratio,
        "mae_dm_t": beside.t, "mae_p_worse": beside.p_worse,
        "r2_os": float(1 - np.square(came - median).sum() / np.square(came).sum()),
    }  # fmt: skip


def _volatility(known: pl.DataFrame, horizon: int) -> Figures:
    """QLIKE where both forecasts have had their bias taken away, which takes 60 known outcomes; NaN where none has."""
    both = known.filter(pl.col("variance_scaled").is_finite() & pl.col("ewma_scaled").is_finite())
    came = both["came_variance"].to_numpy()
    ours, ewma = (qlike(came, both[name].to_numpy()) for name in ("variance_scaled", "ewma_scaled"))
    beside = compare(both, ours, ewma, horizon)
    return {
        "qlike": beside.ours, "qlike_ewma": beside.theirs, "qlike_ratio": beside.ratio, "qlike_dm_t": beside.t,
    }  # fmt: skip


def _volatility_against(known: pl.DataFrame, horizon: int, against: Mapping[str, pl.DataFrame]) -> Figures:
    figures: Figures = {}
    for name, theirs in against.items():
        other = theirs.filter(pl.col("horizon") == horizon).select(
            "symbol", "date", pl.col("variance_scaled").alias("_")
        )
        both = known.join(other, on=["symbol", "date"]).filter(
            pl.all_horizontal(pl.col("variance_scaled", "_").is_finite())
        )
        came = both["came_variance"].to_numpy()
        beside = compare(
            both, qlike(came, both["variance_scaled"].to_numpy()), qlike(came, both["_"].to_numpy()), horizon
        )
        figures |= {f"qlike_ratio_{name}": beside.ratio, f"qlike_dm_t_{name}": beside.t}
    return figures


def _intervals(known: pl.DataFrame, horizon: int) -> Figures:
    came, median = known["came"].to_numpy(), known["median"].to_numpy()
    reach_80, reach_95 = (known[name].to_numpy() for name in ("reach_80", "reach_95"))
    inside_80 = inside(came, median - reach_80, median + reach_80)
    gaussian = known["gaussian_80"].to_numpy()
    comparable = np.isfinite(gaussian)
    ours = winkler(came, median - reach_80, median + reach_80, 0.8)[comparable]
    naive = winkler(came, -gaussian, gaussian, 0.8)[comparable]
    beside = compare(known.filter(pl.Series(comparable)), ours, naive, horizon)
    return {
        "coverage_80": float(inside_80.mean()),
        "coverage_80_worst_quarter": _worst_quarter(known, inside_80),
        "coverage_95": float(inside(came, median - reach_95, median + reach_95).mean()),
        "winkler_80_ratio": beside.ratio,
        "winkler_80_dm_t": beside.t,
    }


def _worst_quarter(known: pl.DataFrame, inside_80: np.ndarray) -> float:
    """Least coverage of any whole calendar quarter, NaN without one: the mean hides that volatility comes in storms."""
    quarters = known.select(pl.col("date").dt.truncate("1q").alias("quarter"), "date", pl.Series("inside", inside_80))
    whole = quarters.group_by("quarter").agg(pl.col("inside").mean(), pl.col("date").n_unique())
    shares = whole.filter(pl.col("date") >= LEAST_IN_QUARTER)["inside"]
    return float(shares.min()) if len(shares) else float("nan")  # type: ignore[arg-type]
