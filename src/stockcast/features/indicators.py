"""Thirteen dimensionless features of one symbol's daily bars.

Row t uses rows up to t only, so that cutting the future off changes nothing. Multiplying all prices by a constant
changes nothing either, so a later split or dividend does not rewrite history. This file's own text is the feature
version (see fingerprint.py): a model refuses to look at features that another text has made.
"""

import math

import polars as pl

NAMES = ("ret1", "ret5", "ret21", "lrv", "lv5", "lv21", "lv63", "vol_z", "rsi", "macd", "bb", "co", "on")
WARM_UP = 250  # rows: by then the start values of the exponential averages weigh less than 1e-8
QUARTER = 63  # trading days in a quarter, the ruler for returns and volume
INPUTS = ("date", "open", "high", "low", "close", "volume")
LEAST_RANGE_VARIANCE = 1e-8  # a day without any range still has a logarithm
LEAST_VARIANCE = 1e-7


def features(bars: pl.DataFrame) -> pl.DataFrame:
    """Turn one symbol's adjusted bars, ascending, into features; the first WARM_UP rows are dropped.

    Returns date, close, sd63 (daily, log return), rv (daily variance, close to close) and NAMES. A value that cannot
    be computed, such as a return over sd63 = 0, is NaN or null and disqualifies the windows that touch it.
    """
    _check(bars)
    with_base = bars.select(INPUTS).with_columns(pl.col("close").log().alias("c")).with_columns(_base())
    with_sd = with_base.with_columns(pl.col("r").rolling_std(QUARTER, ddof=1).alias("sd63"), _variance().alias("rv"))
    return with_sd.select("date", "close", "sd63", "rv", *_features()).slice(WARM_UP)


def _check(bars: pl.DataFrame) -> None:
    """Features across a symbol border or out of order would be nonsense that looks like numbers."""
    if "symbol" in bars.columns and bars["symbol"].n_unique() > 1:
        raise ValueError(
            f"bars hold {bars['symbol'].n_unique()} symbols; features are computed for one at a time. "
            "Partition the frame by symbol first."
        )
    steps = bars["date"].diff().drop_nulls()
    if (steps.dt.total_days() <= 0).any():
        raise ValueError("bars do not ascend by date without repeats; sort them and drop repeats before features.")


def _base() -> list[pl.Expr]:
    """Daily log return r, and the night between yesterday's close and today's open."""
    return [
        pl.col("c").diff().alias("r"),
        (pl.col("open") / pl.col("close").shift(1)).log().alias("night"),
        (pl.col("close") / pl.col("open")).log().alias("day"),
    ]


def _variance() -> pl.Expr:
    """Garman-Klass within the day plus the night squared: a day's variance from four prices."""
    reach = (pl.col("high") / pl.col("low")).log()
    garman_klass = 0.5 * reach**2 - (2 * math.log(2) - 1) * pl.col("day") ** 2
    whole_day = pl.max_horizontal(garman_klass, pl.lit(LEAST_RANGE_VARIANCE)) + pl.col("night") ** 2
    # max_horizontal skips nulls, and the first row has no night: it must stay null
    return pl.when(pl.col("night").is_not_null()).then(pl.max_horizontal(whole_day, pl.lit(LEAST_VARIANCE)))


def _features() -> list[pl.Expr]:
    """NAMES, in that order."""
    c, close, sd = pl.col("c"), pl.col("close"), pl.col("sd63")
    log_volume = (pl.col("volume") + 1).log()
    volume_sd = log_volume.rolling_std(QUARTER, ddof=1)
    macd = close.ewm_mean(span=12, adjust=False) - close.ewm_mean(span=26, adjust=False)
    made = {
        **{f"ret{days}": (c - c.shift(days)) / (sd * math.sqrt(days)) for days in (1, 5, 21)},
        "lrv": pl.col("rv").log(),
        **{f"lv{days}": pl.col("rv").rolling_mean(days).log() for days in (5, 21, 63)},
        "vol_z": (log_volume - log_volume.rolling_mean(QUARTER)) / volume_sd,
        "rsi": _relative_strength(close) - 0.5,
        "macd": macd / close / sd,
        "bb": (close - close.rolling_mean(20)) / close.rolling_std(20, ddof=1),
        "co": pl.col("day") / sd,
        "on": pl.col("night") / sd,
    }
    return [made[name].alias(name) for name in NAMES]


def _relative_strength(close: pl.Expr, days: int = 14) -> pl.Expr:
    """Wilder's RSI as a share: what part of the smoothed movement went up."""
    up = close.diff().clip(lower_bound=0).ewm_mean(alpha=1 / days, adjust=False)
    down = (-close.diff()).clip(lower_bound=0).ewm_mean(alpha=1 / days, adjust=False)
    return up / (up + down)
