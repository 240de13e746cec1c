"""The newest row of a history as a record, with the figures of the year before it: the same for every model."""

import math
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from stockcast.contracts.records import Forecast
from stockcast.evaluation.losses import inside, qlike

TRADING_DAYS = 252  # in a year
QUARTER = 63
LIVE_FIGURES = (
    "base_rate_up", "mae", "mae_persistence", "baseline_mae_ratio", "coverage_last_252", "qlike_ratio_ewma_63",
)  # fmt: skip
LEAST_KNOWN = 63  # outcomes: a mean over fewer says nothing and is left out
EDGE = 0.03  # how far the chance of a rise may stand off the base rate while no model has shown skill at direction


def record(
    origins: pl.DataFrame, *, model_type: str, model_version: str, feature_version: str, seen_until: date | None = None
) -> Forecast:
    """The last of one horizon's origins, with columns of forecasting.history.

    Figures are made of origins after `seen_until`, the last day that the model was fitted on; None for models that are
    fitted on each origin's own past.
    """
    last = origins.row(-1, named=True)
    unseen = origins if seen_until is None else origins.filter(pl.col("date") > seen_until)
    figures = live_figures(unseen)

    def price(offset: float) -> float:
        return float(last["last_close"] * math.exp(last["median"] + offset))

    return {
        "symbol": last["symbol"],
        "as_of": last["date"].isoformat(),
        "horizon": last["horizon"],
        "model_type": model_type,
        "model_version": model_version,
        "feature_version": feature_version,
        "last_close": last["last_close"],
        "median": price(0),
        "q025": price(-last["reach_95"]),
        "q10": price(-last["reach_80"]),
        "q50": price(0),
        "q90": price(last["reach_80"]),
        "q975": price(last["reach_95"]),
        "volatility": math.sqrt(TRADING_DAYS * last["variance"]),
        "p_up": _chance_of_rise(unseen, last, figures["base_rate_up"]),
        "base_rate_up": figures["base_rate_up"],
        "mae": figures["mae"],
        "mae_persistence": figures["mae_persistence"],
        "baseline_mae_ratio": figures["baseline_mae_ratio"],
        "coverage_last_252": figures["coverage_last_252"],
        "qlike_ratio_ewma_63": figures["qlike_ratio_ewma_63"],
        "calibration": last["calibration"],
    }


def live_figures(origins: pl.DataFrame) -> dict[str, float | None]:
    """Errors over the last year of known outcomes, beside those of "nothing changes"."""
    known = origins.filter(pl.col("came").is_finite())
    if known.height < LEAST_KNOWN:
        return dict.fromkeys(LIVE_FIGURES)
    year = known.tail(TRADING_DAYS)
    came, median, reach = (year[name].to_numpy() for name in ("came", "median", "reach_80"))
    ours, naive = float(np.abs(came - median).mean()), float(np.abs(came).mean())
    return {
        "base_rate_up": float((known["came"].to_numpy() > 0).mean()),
        "mae": ours,
        "mae_persistence": naive,
        "baseline_mae_ratio": ours / naive if naive > 0 else None,
        "coverage_last_252": float(inside(came, median - reach, median + reach).mean()),
        "qlike_ratio_ewma_63": _qlike_ratio(known.tail(QUARTER)),
    }


def _qlike_ratio(known: pl.DataFrame) -> float | None:
    """Ours over EWMA's; None while either lacks the origins that take its bias away."""
    came, ours, ewma = (known[name].to_numpy() for name in ("came_variance", "variance_scaled", "ewma_scaled"))
    if not np.isfinite(ours).all() or not np.isfinite(ewma).all():
        return None
    return float(qlike(came, ours).mean() / qlike(came, ewma).mean())


def _chance_of_rise(origins: pl.DataFrame, last: dict[str, Any], base_rate: float | None) -> float | None:
    """Share of the last year's misses that, laid around today's median, would end above today's close.

    Learned from the model's own misses, hence calibrated as its intervals are, and held near the base rate: a model
    without proven skill must not look as if it knew the direction.
    """
    if base_rate is None:
        return None
    year = origins.filter(pl.col("came").is_finite()).tail(TRADING_DAYS)
    came, median, variance = (year[name].to_numpy() for name in ("came", "median", "variance"))
    misses = (came - median) / np.sqrt(variance)
    share = float((misses > -last["median"] / math.sqrt(last["variance"])).mean())
    return min(max(share, base_rate - EDGE), base_rate + EDGE)
