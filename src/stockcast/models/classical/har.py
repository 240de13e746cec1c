"""Heterogeneous autoregression: the log variance ahead from those of a day, a week, a month and a quarter.

The strongest plain model of volatility, and the one that a network has to earn its place beside.
"""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stockcast.contracts.records import HORIZONS
from stockcast.models.classical.origins import known_rows, origin_rows
from stockcast.models.outlook import Outlook, beside_outcomes

LEVELS = ("lrv", "lv5", "lv21", "lv63")
LEAST_ROWS = 250  # of five coefficients' evidence: a year
MOST_ROWS = 2000  # eight years: older markets tell little of today's
REFIT_EVERY = 63  # trading days, a quarter


@dataclass(frozen=True)
class PooledHar:
    """One set of coefficients for all symbols, fitted once on training rows and frozen, as the network is."""

    coefficients: NDArray[np.float64]  # (5, horizons)
    since: date | None = None
    name: ClassVar[str] = "har"

    @classmethod
    def fit(cls, rows: pl.DataFrame, since: date | None = None) -> "PooledHar":
        """Learn from rows of the training part of any symbols; they carry LEVELS and the outcomes v1, v5, v21."""
        if rows.height < LEAST_ROWS:
            raise ValueError(
                f"{rows.height} training rows; {LEAST_ROWS} are needed to fit HAR. Train on a longer history."
            )
        return cls(np.column_stack([_least_squares(_inputs(rows), _outcomes(rows, h)) for h in HORIZONS]), since)

    def outlook(self, bars: pl.DataFrame) -> Outlook:
        known = known_rows(bars)
        rows = origin_rows(known, self.since, "rv", *LEVELS)
        log_variance = _inputs(known[rows]) @ self.coefficients
        return beside_outcomes(known, rows, np.zeros_like(log_variance), log_variance)


@dataclass(frozen=True)
class SymbolHar:
    """Each symbol by itself, fitted anew every quarter on what was known by then; before its first year, no change."""

    since: date | None = None
    name: ClassVar[str] = "har_symbol"

    def outlook(self, bars: pl.DataFrame) -> Outlook:
        known = known_rows(bars)
        log_variance = np.column_stack([_refitted(known, h) for h in HORIZONS])
        rows = origin_rows(known, self.since, "rv", *LEVELS)
        return beside_outcomes(known, rows, np.zeros_like(log_variance[rows]), log_variance[rows])


def _refitted(known: pl.DataFrame, h: int) -> NDArray[np.float64]:
    """Forecasts of every row. A fit at row t sees outcomes of rows up to t - h; before the first, volatility stays."""
    inputs, outcomes = _inputs(known), _outcomes(known, h)
    told = inputs[:, -1].copy()  # the quarter's level
    for start in range(LEAST_ROWS + h - 1, known.height, REFIT_EVERY):
        seen = slice(max(0, start - h + 1 - MOST_ROWS), start - h + 1)
        block = slice(start, start + REFIT_EVERY)
        told[block] = inputs[block] @ _least_squares(inputs[seen], outcomes[seen])
    return told


def _least_squares(inputs: NDArray[np.float64], outcomes: NDArray[np.float64]) -> NDArray[np.float64]:
    whole = np.isfinite(inputs).all(axis=1) & np.isfinite(outcomes)
    return np.linalg.lstsq(inputs[whole], outcomes[whole], rcond=None)[0]


def _inputs(rows: pl.DataFrame) -> NDArray[np.float64]:
    """A one and the four levels: (rows, 5)."""
    levels = rows.select(pl.col(LEVELS).cast(pl.Float64).fill_null(float("nan"))).to_numpy()
    return np.column_stack([np.ones(len(levels)), levels])


def _outcomes(rows: pl.DataFrame, h: int) -> NDArray[np.float64]:
    return rows[f"v{h}"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
