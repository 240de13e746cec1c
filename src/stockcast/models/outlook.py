"""What a model says at every origin of one symbol, beside what came."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stockcast.contracts.records import HORIZONS
from stockcast.features.indicators import NAMES, features
from stockcast.features.targets import with_targets
from stockcast.models.recipe import Recipe
from stockcast.models.windows import gather, window_ends

MEDIAN = 1  # position of the 0.5 quantile once a horizon's three are sorted


class Unforecastable(ValueError):
    """The bars are formally right but hold no window that ends where a forecast is wanted."""


class Predictor(Protocol):
    """Anything that turns windows into the network's twelve outputs."""

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float32]: ...


@dataclass(frozen=True)
class Outlook:
    """Arrays by origin (o) and horizon (h); NaN where the outcome is not known yet."""

    dates: list[date]  # o
    close: NDArray[np.float64]  # o
    median: NDArray[np.float64]  # (o, h) log return
    log_variance: NDArray[np.float64]  # (o, h) log of the mean daily variance
    came_return: NDArray[np.float64]  # (o, h)
    came_variance: NDArray[np.float64]  # (o, h) mean daily variance
    rows: NDArray[np.int64]  # o: each origin's row in `daily_variance`
    daily_variance: NDArray[np.float64]  # every row after the warm-up


def outlook(bars: pl.DataFrame, recipe: Recipe, model: Predictor) -> Outlook:
    """Run the model at every origin of one symbol's adjusted bars.

    The same road for a newest forecast and for a judgement over years, so that what is judged is what is served.
    """
    known = with_targets(features(bars))
    matrix = known.select(NAMES).to_numpy().astype(np.float64)
    ends = window_ends(matrix, recipe.lookback)
    if len(ends) == 0:
        raise Unforecastable(
            f"{bars.height} bars hold no whole window; {recipe.lookback} rows without a missing feature must follow "
            "the warm-up. Send more bars, or look at the rows in quarantine."
        )
    told = model.predict(gather(recipe.scaled(matrix), ends, recipe.lookback)).astype(np.float64)
    return beside_outcomes(known, ends, *unscaled(told, known[ends], recipe))


def beside_outcomes(
    known: pl.DataFrame, rows: NDArray[np.int64], median: NDArray[np.float64], log_variance: NDArray[np.float64]
) -> Outlook:
    """An outlook from forecasts at some rows of a frame of features with targets."""
    at = known[rows]
    return Outlook(
        dates=at["date"].to_list(), close=at["close"].to_numpy(), median=median, log_variance=log_variance,
        came_return=_columns(at, "y"), came_variance=np.exp(_columns(at, "v")),
        rows=rows, daily_variance=known["rv"].to_numpy(),
    )  # fmt: skip


def unscaled(
    told: NDArray[np.float64], at: pl.DataFrame, recipe: Recipe
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Twelve outputs -> median log return and log variance, each (origins, horizons)."""
    n_horizons, n_quantiles = len(recipe.horizons), len(recipe.quantiles)
    quantiles = told[:, : n_horizons * n_quantiles].reshape(-1, n_horizons, n_quantiles)
    reach = at["sd63"].to_numpy()[:, None] * np.sqrt(recipe.horizons)
    median = np.sort(quantiles, axis=2)[:, :, MEDIAN] * reach  # sorted: nothing keeps the network's from crossing
    trusted = np.where(recipe.trusted_medians, median, 0.0)
    return trusted, told[:, n_horizons * n_quantiles :] + at["lv21"].to_numpy()[:, None]


def _columns(at: pl.DataFrame, prefix: str) -> NDArray[np.float64]:
    columns = [pl.col(f"{prefix}{h}").cast(pl.Float64).fill_null(float("nan")) for h in HORIZONS]
    return at.select(columns).to_numpy()
