"""One model's figures on its test days, each beside the naive one."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stockcast.evaluation.diebold_mariano import diebold_mariano
from stockcast.evaluation.losses import inside, qlike, winkler

Figures = dict[str, float]


def horizon_figures(origins: pl.DataFrame, horizon: int) -> Figures:
    """Figures of one horizon from rows with the columns of forecasting.history, all symbols, test days only."""
    known = origins.filter((pl.col("horizon") == horizon) & pl.col("came").is_finite()).sort("date", "symbol")
    if known.is_empty():
        raise ValueError(
            f"no outcome at horizon {horizon} is known on the test days; there must be some. Use a longer test part."
        )
    return _point(known, horizon) | _volatility(known, horizon) | _intervals(known) | _direction(known)


def by_date(known: pl.DataFrame, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over symbols per date, ascending: dates, not symbols, are the independent evidence."""
    frame = pl.DataFrame({"date": known["date"], "value": values})
    return frame.group_by("date").agg(pl.col("value").mean()).sort("date")["value"].to_numpy()


def _point(known: pl.DataFrame, horizon: int) -> Figures:
    came = known["came"].to_numpy()
    ours, naive = np.abs(came - known["median"].to_numpy()), np.abs(came)
    verdict = diebold_mariano(by_date(known, ours - naive), horizon)
    mae, mae_persistence = float(by_date(known, ours).mean()), float(by_date(known, naive).mean())
    return {
        "dates": known["date"].n_unique(), "mae": mae, "mae_persistence": mae_persistence,
        "mae_ratio": mae / mae_persistence, "mae_dm_t": verdict.t, "mae_p_worse": verdict.p_worse,
    }  # fmt: skip


def _volatility(known: pl.DataFrame, horizon: int) -> Figures:
    """QLIKE where both forecasts have had their bias taken away."""
    both = known.filter(pl.col("variance_scaled").is_finite() & pl.col("ewma_scaled").is_finite())
    if both.is_empty():
        raise ValueError(
            f"no test day at horizon {horizon} has 60 known outcomes before it; bias cannot be taken away. "
            "Ingest a longer history."
        )
    came = both["came_variance"].to_numpy()
    ours, ewma = qlike(came, both["variance_scaled"].to_numpy()), qlike(came, both["ewma_scaled"].to_numpy())
    loss, loss_ewma = float(by_date(both, ours).mean()), float(by_date(both, ewma).mean())
    return {
        "qlike": loss, "qlike_ewma": loss_ewma, "qlike_ratio": loss / loss_ewma,
        "qlike_dm_t": diebold_mariano(by_date(both, ours - ewma), horizon).t,
    }  # fmt: skip


def _intervals(known: pl.DataFrame) -> Figures:
    came, median = known["came"].to_numpy(), known["median"].to_numpy()
    reach_80, reach_95, gaussian = (known[name].to_numpy() for name in ("reach_80", "reach_95", "gaussian_80"))
    comparable = np.isfinite(gaussian)
    ours = winkler(came, median - reach_80, median + reach_80, 0.8)[comparable]
    naive = winkler(came, -gaussian, gaussian, 0.8)[comparable]
    return {
        "coverage_80": float(inside(came, median - reach_80, median + reach_80).mean()),
        "coverage_95": float(inside(came, median - reach_95, median + reach_95).mean()),
        "winkler_80_ratio": float(ours.mean() / naive.mean()) if comparable.any() else float("nan"),
    }


def _direction(known: pl.DataFrame) -> Figures:
    """How often the median's side was right, and how often "up" would have been."""
    up = known["came"].to_numpy() > 0
    return {"direction": float(((known["median"].to_numpy() > 0) == up).mean()), "always_up": float(up.mean())}
