"""Two symbols with the same prices: one download was stored under two names, or a symbol got another one's answer."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stockcast.cleaning.findings import Finding

NEWEST_DAYS = 252
FEWEST_DAYS = 60
LARGEST_CORRELATION = 0.999  # two share classes of one company stay at .995


def twins(bars: Mapping[str, pl.DataFrame]) -> list[Finding]:
    """Both of each pair: which of the two is itself, the prices cannot tell."""
    symbols = [symbol for symbol, one in bars.items() if one.height > FEWEST_DAYS]
    if len(symbols) < 2:
        return []
    correlation = _correlations([bars[symbol] for symbol in symbols])
    return [
        _finding(symbols[one], symbols[other], bars, float(correlation[one, other]))
        for one, other in np.argwhere(correlation > LARGEST_CORRELATION)
        if one != other
    ]


def _correlations(bars: list[pl.DataFrame]) -> NDArray[np.float64]:
    """Of the newest year's returns, pair by pair over their common days; too few of them count as none."""
    returns = [
        one.tail(NEWEST_DAYS + 1).select("date", pl.col("close").log().diff().alias(str(n)))
        for n, one in enumerate(bars)
    ]
    table = returns[0]
    for one in returns[1:]:
        table = table.join(one, on="date", how="full", coalesce=True)
    matrix = table.drop("date").to_numpy()
    known = np.isfinite(matrix)
    values, there = np.where(known, matrix, 0.0), known.astype(np.float64)
    days = there.T @ there
    sums, squares = values.T @ there, (values**2).T @ there
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = squares - sums**2 / days
        found = (values.T @ values - sums * sums.T / days) / np.sqrt(spread * spread.T)
    return np.where((days >= FEWEST_DAYS) & np.isfinite(found), found, 0.0)


def _finding(symbol: str, other: str, bars: Mapping[str, pl.DataFrame], correlation: float) -> Finding:
    columns = ["date", "open", "high", "low", "close", "volume"]
    if bars[symbol].select(columns).equals(bars[other].select(columns)):
        return Finding(
            symbol, "same_bars", None, other,
            f"{symbol} and {other} have the same bars on every day; two symbols never do.",
        )  # fmt: skip
    return Finding(
        symbol, "moves_like_another", None, f"correlation {correlation:.5f} with {other}",
        f"{symbol} moves like {other}: over the newest year their returns correlate by {correlation:.5f}; above "
        f"{LARGEST_CORRELATION} they are one and the same.",
    )  # fmt: skip
