"""The newest forecast of one symbol, and how well the same road did lately."""

import math
from datetime import date

import numpy as np
import polars as pl

from stockcast.contracts.records import Forecast, ForecastAnswer
from stockcast.evaluation.losses import inside, qlike
from stockcast.forecasting.history import history
from stockcast.models.outlook import Predictor, Unforecastable
from stockcast.models.recipe import Recipe

TRADING_DAYS = 252  # in a year
QUARTER = 63
LIVE_FIGURES = (
    "base_rate_up", "mae", "mae_persistence", "baseline_mae_ratio", "coverage_last_252", "qlike_ratio_ewma_63",
)  # fmt: skip
LEAST_KNOWN = 63  # outcomes: a mean over fewer says nothing and is left out


def forecast(symbol: str, bars: pl.DataFrame, recipe: Recipe, model: Predictor) -> ForecastAnswer:
    """One record per horizon at the newest bar; pure in its arguments, so a repeat answers the same."""
    newest, seen_until = bars["date"][-1], date.fromisoformat(recipe.trained_until)
    if newest <= seen_until:
        raise Unforecastable(
            f"{symbol} ends on {newest} and the model was trained until {seen_until}; it would tell what it has seen. "
            "Send later bars, or ask a model that was trained before that day."
        )
    past = history(symbol, bars, recipe, model)
    by_horizon = [past.filter(pl.col("horizon") == h) for h in recipe.horizons]
    if by_horizon[0]["date"][-1] != newest:
        raise Unforecastable(
            f"{symbol} has no whole window ending on {newest}; every feature of the last {recipe.lookback} rows must "
            "be a number. Look for prices or volumes that stand still."
        )
    return {"symbol": symbol, "as_of": newest.isoformat(), "forecasts": [_record(part, recipe) for part in by_horizon]}


def _record(origins: pl.DataFrame, recipe: Recipe) -> Forecast:
    """The last row of one horizon's origins as a record, with the figures of the year before it."""
    last = origins.row(-1, named=True)
    unseen = origins.filter(pl.col("date") > date.fromisoformat(recipe.trained_until))
    figures = live_figures(unseen)

    def price(offset: float) -> float:
        return float(last["last_close"] * math.exp(last["median"] + offset))

    return {
        "symbol": last["symbol"],
        "as_of": last["date"].isoformat(),
        "horizon": last["horizon"],
        "model_type": "lstm",
        "model_version": recipe.model_version,
        "feature_version": recipe.feature_version,
        "last_close": last["last_close"],
        "median": price(0),
        "q025": price(-last["reach_95"]),
        "q10": price(-last["reach_80"]),
        "q50": price(0),
        "q90": price(last["reach_80"]),
        "q975": price(last["reach_95"]),
        "volatility": math.sqrt(TRADING_DAYS * last["variance"]),
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
