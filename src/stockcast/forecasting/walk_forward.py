"""Many models over many symbols, day by day: the rows that evaluation makes its figures from."""

from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

import numpy as np
import polars as pl

from stockcast.contracts.bars import MINIMUM_BARS
from stockcast.evaluation.baselines import STANDARD_NORMAL
from stockcast.features.indicators import NAMES, features
from stockcast.forecasting.history import Factors, history
from stockcast.models.contract import Forecaster
from stockcast.models.exclusions import Exclusion
from stockcast.models.recipe import HORIZONS, LEVELS, LOOKBACK
from stockcast.models.windows import window_ends

# For models that bring no interval factors of their own: a bell curve, until a hundred outcomes are known.
BELL_CURVE: Factors = {str(level): {str(h): STANDARD_NORMAL[level] for h in HORIZONS} for level in LEVELS}


def judged_symbols(bars: pl.DataFrame) -> pl.DataFrame:
    """The bars of symbols that can be judged: long enough, traded on a test day, and with a window to forecast from.

    The last is missing where a feature is never a number, as for an index whose volume is 0 on every day.
    """
    enough = pl.len().over("symbol") >= MINIMUM_BARS
    candidates = bars.filter(enough & (pl.col("split") == "test").any().over("symbol"))
    seen = [str(one["symbol"][0]) for one in candidates.partition_by("symbol", maintain_order=True) if _has_window(one)]
    return candidates.filter(pl.col("symbol").is_in(seen))


def find_excluded(everything: pl.DataFrame, judged: pl.DataFrame) -> list[Exclusion]:
    """The symbols that `judged_symbols` left out, and why: what vanishes unseen is missed by nobody."""
    left_out = everything.filter(~pl.col("symbol").is_in(judged["symbol"].unique().to_list()))
    return [_exclusion(one) for one in left_out.sort("symbol").partition_by("symbol", maintain_order=True)]


def _exclusion(bars: pl.DataFrame) -> Exclusion:
    symbol = str(bars["symbol"][0])
    if bars.height < MINIMUM_BARS:
        reason = f"fewer than {MINIMUM_BARS} bars"
    else:
        reason = "no complete feature window" if (bars["split"] == "test").any() else "no test day"
    return Exclusion(symbol, reason, f"{symbol} is not judged: {reason}")


def _has_window(bars: pl.DataFrame) -> bool:
    return len(window_ends(features(bars).select(NAMES).to_numpy().astype(np.float64), LOOKBACK)) > 0


def walk_forward(bars: pl.DataFrame, forecaster: Forecaster, pooled: Factors = BELL_CURVE) -> pl.DataFrame:
    """Rows of forecasting.history for all symbols, as if the model had been asked every evening."""
    return pl.concat(
        history(str(one["symbol"][0]), one, forecaster, pooled)
        for one in bars.partition_by("symbol", maintain_order=True)
    )


def judged(bars: pl.DataFrame, forecaster: Forecaster, pooled: Factors = BELL_CURVE) -> pl.DataFrame:
    """Rows of `walk_forward` on the test days."""
    return on_test_days(walk_forward(bars, forecaster, pooled), bars)


Pieces = list[Future[pl.DataFrame]]


@contextmanager
def processes() -> Iterator[ProcessPoolExecutor]:
    """One for each core, for models of pure Python, which in a thread would hold up everything.

    Whoever fails beside them does not wait for them.
    """
    pool = ProcessPoolExecutor(mp_context=get_context("spawn"))  # polars' threads do not survive a fork
    try:
        yield pool
    except BaseException:
        working = list(pool._processes.values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in working:
            process.terminate()
        raise
    pool.shutdown()


def begin(bars: pl.DataFrame, forecaster: Forecaster, pool: Executor) -> Pieces:
    """`judged` symbol by symbol, on its way in other processes."""
    return [pool.submit(judged, one, forecaster) for one in bars.partition_by("symbol", maintain_order=True)]


def gathered(pieces: Pieces) -> pl.DataFrame:
    """What was begun, awaited."""
    return pl.concat(piece.result() for piece in pieces)


def on_test_days(origins: pl.DataFrame, bars: pl.DataFrame) -> pl.DataFrame:
    """Rows of the test part only, with the 21-day level that volatility's direction is told against (`level`)."""
    levels = pl.concat(
        features(one).select("date", pl.lit(one["symbol"][0]).alias("symbol"), pl.col("lv21").exp().alias("level"))
        for one in bars.partition_by("symbol", maintain_order=True)
    )
    test = bars.filter(pl.col("split") == "test").select("symbol", "date")
    return origins.join(test, on=["symbol", "date"], maintain_order="left").join(
        levels, on=["symbol", "date"], how="left", maintain_order="left"
    )
