"""The days a classical model forecasts at, and what all of them look at."""

from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stockcast.features.indicators import LEAST_VARIANCE, WARM_UP, features
from stockcast.features.targets import with_targets
from stockcast.models.outlook import Unforecastable


def known_rows(bars: pl.DataFrame) -> pl.DataFrame:
    """Features and outcomes of every row after the warm-up: row k is row WARM_UP + k of `bars`."""
    return with_targets(features(bars))


def origin_rows(known: pl.DataFrame, since: date | None, *needed: str) -> NDArray[np.int64]:
    """Rows from `since` on whose `needed` columns are numbers."""
    usable = np.isfinite(known.select(pl.col(needed).cast(pl.Float64).fill_null(float("nan"))).to_numpy()).all(axis=1)
    if since is not None:
        usable &= (known["date"] >= since).to_numpy()
    rows = np.flatnonzero(usable)
    if len(rows) == 0:
        raise Unforecastable(
            f"{known.height} rows after the warm-up hold none with {', '.join(needed)}"
            + (f" from {since} on" if since else "")
            + f"; one is needed to forecast at. Send more than {WARM_UP} bars."
        )
    return rows


def log_closes(bars: pl.DataFrame) -> NDArray[np.float64]:
    """Of every bar, the warm-up included."""
    return np.log(bars["close"].to_numpy())


def unchanged_volatility(at: pl.DataFrame, n_horizons: int) -> NDArray[np.float64]:
    """Log variance (origins, horizons) of models that tell none: the last quarter's spread stays as it is."""
    variance = np.maximum(at["sd63"].to_numpy() ** 2, LEAST_VARIANCE)
    return np.tile(np.log(variance)[:, None], (1, n_horizons))
