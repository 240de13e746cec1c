"""Candidates of known quality: forecasts on simulated markets whose true volatility is known."""

import numpy as np
import polars as pl
from tests.stockcast.generated import variances, weekdays

from stockcast.evaluation.baselines import STANDARD_NORMAL, ewma_variance, gaussian_reach
from stockcast.evaluation.online_scaling import online_scaled

HORIZONS = (1, 5, 21)


def good(n_dates: int = 1200, symbols: int = 4, miss: float = 0.1, luck: int = 0) -> pl.DataFrame:
    """Knows the true volatility to `miss`, bets on nothing, and its intervals are honest.

    Another `luck` is another forecaster of the same market: a seed of the network, a HAR, a champion.
    """
    parts = [_symbol(f"SYM{seed}", n_dates, h, seed, miss, luck) for seed in range(symbols) for h in HORIZONS]
    return pl.concat(parts)


def har(n_dates: int = 1200) -> pl.DataFrame:
    """Knows less of the volatility than a good candidate, and more than EWMA."""
    return good(n_dates, miss=0.25, luck=99)


def random_walk_like() -> pl.DataFrame:
    """Repeats the last return and the last day's variance: the usual tutorial's "prediction"."""
    return good().with_columns(pl.col("last_return").alias("median"), pl.col("last_variance").alias("variance_scaled"))


def miscalibrated() -> pl.DataFrame:
    """Intervals 40 % too narrow: sure of itself without reason."""
    return good().with_columns(pl.col("reach_80", "reach_95") * 0.6)


def leaked() -> pl.DataFrame:
    """Knows two thirds of the directions: the future is in its features."""
    lucky = pl.int_range(pl.len()) % 3 != 0
    return good().with_columns((pl.col("came") * pl.when(lucky).then(0.1).otherwise(-0.05)).alias("median"))


def _symbol(symbol: str, n_dates: int, h: int, seed: int, miss: float, luck: int) -> pl.DataFrame:
    """Rows with the columns that evaluation reads; the first 150 origins only warm the baselines up."""
    random = np.random.default_rng(seed)
    count = n_dates + 150 + h
    variance, shocks = variances(count, random)
    variance = variance * np.exp(np.cumsum(0.08 * random.standard_normal(count)) * 0.5)
    returns = shocks * np.sqrt(variance)
    proxy = variance * random.chisquare(4, count) / 4
    origins = np.arange(count - h)
    ahead = origins[:, None] + np.arange(1, h + 1)
    truth, came_variance = variance[ahead].mean(axis=1), proxy[ahead].mean(axis=1)
    came = returns[ahead].sum(axis=1)
    spread = np.sqrt(truth * h)
    told = np.random.default_rng([seed, h, luck]).standard_normal(len(origins))
    frame = pl.DataFrame(
        {
            "symbol": [symbol] * len(origins),
            "date": weekdays(len(origins)),
            "horizon": [h] * len(origins),
            "median": np.zeros(len(origins)),
            "reach_80": STANDARD_NORMAL[0.8] * spread,
            "reach_95": STANDARD_NORMAL[0.95] * spread,
            "came": came,
            "came_variance": came_variance,
            "variance_scaled": truth * np.exp(miss * told),
            "ewma_scaled": online_scaled(ewma_variance(proxy)[origins], came_variance, h),
            "gaussian_80": gaussian_reach(came, h, 0.8),
            "last_return": returns[origins] * np.sqrt(h),
            "last_variance": proxy[origins],
        }
    )
    return frame.slice(150)
