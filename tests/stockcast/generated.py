"""Bars of no real company: GARCH returns, nights apart from days, ranges that hold open and close. Always seeded."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import polars as pl

from stockcast.cleaning.silver import silver_table
from stockcast.contracts.bars import Bar

OMEGA, ALPHA, BETA = 4e-6, 0.08, 0.90  # about 22 % a year, in clusters


def weekdays(count: int, first: date = date(2001, 1, 1)) -> list[date]:
    """Monday to Friday, ascending."""
    days = (first + timedelta(days=offset) for offset in range(2 * count + 7))
    return [day for day in days if day.weekday() < 5][:count]


def variances(count: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Daily variances and standardised shocks of a GARCH(1,1)."""
    shocks = random.standard_normal(count)
    variance = np.empty(count)
    variance[0] = OMEGA / (1 - ALPHA - BETA)
    for day in range(1, count):
        variance[day] = OMEGA + variance[day - 1] * (ALPHA * shocks[day - 1] ** 2 + BETA)
    return variance, shocks


def bars(count: int = 700, seed: int = 1, symbol: str = "GENX", days: Sequence[date] | None = None) -> pl.DataFrame:
    """A frame with the columns of clean bars; `close_raw` equals close."""
    random = np.random.default_rng(seed)
    variance, shocks = variances(count, random)
    moves = shocks * np.sqrt(variance)
    night = 0.3 * moves + 0.2 * np.sqrt(variance) * random.standard_normal(count)
    close = 50 * np.exp(np.cumsum(moves))
    opening = np.concatenate([[50.0], close[:-1]]) * np.exp(night)
    wick = 0.4 * np.sqrt(variance)[:, None] * np.abs(random.standard_normal((count, 2)))
    return pl.DataFrame(
        {
            "symbol": [symbol] * count,
            "date": list(days or weekdays(count)),
            "open": opening,
            "high": np.maximum(opening, close) * np.exp(wick[:, 0]),
            "low": np.minimum(opening, close) * np.exp(-wick[:, 1]),
            "close": close,
            "volume": np.exp(15 + 0.3 * random.standard_normal(count)).round(),
            "close_raw": close,
            "source": ["generated"] * count,
        }
    )


def bar_list(frame: pl.DataFrame) -> list[Bar]:
    """The same bars as a source's parser gives them."""
    return [Bar(*row) for row in frame.select(Bar._fields).iter_rows()]


def silver(symbols: Sequence[str], count: int, train: float = 0.6, validation: float = 0.2) -> pl.DataFrame:
    """A small silver table."""
    frames = [bars(count, seed, symbol) for seed, symbol in enumerate(symbols)]
    return silver_table(frames, train, validation)
