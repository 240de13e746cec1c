"""Features: no look at the future, no dependence on the price level, equal to a second opinion."""

import numpy as np
import polars as pl
import pytest
import talib
from tests.stockcast.generated import bars

from stockcast.features.indicators import NAMES, WARM_UP, features

HISTORY = bars(700, seed=3)


@pytest.mark.parametrize("length", [251, 300, 555, 699])
def test_cutting_the_future_off_changes_no_feature(length):
    """A feature that sees later bars makes every evaluation a lie, and forecasts worse than promised."""
    whole, cut = features(HISTORY), features(HISTORY.head(length))

    assert cut.height == length - WARM_UP
    np.testing.assert_array_equal(cut.select(NAMES).to_numpy(), whole.head(cut.height).select(NAMES).to_numpy())


@pytest.mark.parametrize("factor", [0.05, 1 / 3, 28.0])
def test_a_split_or_dividend_later_rewrites_no_feature(factor):
    """Adjustment multiplies the whole past by a constant; a model trained before must still understand it."""
    scaled = HISTORY.with_columns(pl.col("open", "high", "low", "close") * factor)

    np.testing.assert_allclose(
        features(scaled).select(NAMES).to_numpy(), features(HISTORY).select(NAMES).to_numpy(), rtol=1e-7, atol=1e-8
    )


@pytest.mark.parametrize("seed", [3, 11, 12])
def test_indicators_equal_talib_after_the_warm_up(seed):
    """Numbers that people compare with their charting tool must be the same numbers."""
    history = bars(900, seed)
    made, close, volume = features(history), history["close"].to_numpy(), np.log(history["volume"].to_numpy() + 1)
    close_made, sd63 = made["close"].to_numpy(), made["sd63"].to_numpy()
    macd, _, _ = talib.MACD(close)
    upper, middle, _ = talib.BBANDS(close, 20, nbdevup=1, nbdevdn=1)
    returns = np.diff(np.log(close), prepend=np.nan)

    def sample(spread, count):
        """TA-Lib divides by n, we by n - 1."""
        return spread * np.sqrt(count / (count - 1))

    wanted = {
        "bb": (close - middle) / sample(upper - middle, 20),
        "vol_z": (volume - talib.SMA(volume, 63)) / sample(talib.STDDEV(volume, 63), 63),
        "sd63": np.concatenate([[np.nan], sample(talib.STDDEV(returns[1:], 63), 63)]),
        "ret21": np.log(talib.ROCR(close, 21)) / (np.concatenate([np.full(250, np.nan), sd63]) * np.sqrt(21)),
    }
    np.testing.assert_allclose(made["rsi"].to_numpy() + 0.5, talib.RSI(close, 14)[WARM_UP:] / 100, rtol=1e-6)
    for name, values in wanted.items():
        np.testing.assert_allclose(made[name].to_numpy(), values[WARM_UP:], rtol=1e-6, atol=1e-8, err_msg=name)
    ours = made["macd"].to_numpy() * close_made * sd63  # prices are some tens of dollars
    np.testing.assert_allclose(ours, macd[WARM_UP:], rtol=1e-6, atol=1e-7)


def test_before_the_warm_up_the_averages_are_not_yet_talib_s():
    """Why 250 rows are dropped: start values of the exponential averages still show at row 100."""
    close = bars(900, 3)["close"]
    up = close.diff().clip(lower_bound=0).ewm_mean(alpha=1 / 14, adjust=False)
    down = (-close.diff()).clip(lower_bound=0).ewm_mean(alpha=1 / 14, adjust=False)
    apart = ((up / (up + down)).to_numpy() - talib.RSI(close.to_numpy(), 14) / 100)[[60, WARM_UP]]

    assert abs(apart[0]) > 1e-4
    assert abs(apart[1]) < 1e-7


def test_returns_ranges_and_bands_follow_their_formulas():
    """Written out once by hand, for the last row, so that a rewritten expression cannot drift."""
    row = features(HISTORY).row(-1, named=True)
    close, opening = HISTORY["close"].to_numpy(), HISTORY["open"].to_numpy()
    reach = np.log(HISTORY["high"].to_numpy() / HISTORY["low"].to_numpy())
    r = np.diff(np.log(close))
    sd63 = r[-63:].std(ddof=1)
    day, night = np.log(close / opening), np.log(opening[1:] / close[:-1])
    rv = np.maximum(0.5 * reach**2 - (2 * np.log(2) - 1) * day**2, 1e-8)[1:] + night**2
    volume = np.log(HISTORY["volume"].to_numpy()[-63:] + 1)

    wanted = {
        "sd63": sd63,
        "ret21": np.log(close[-1] / close[-22]) / (sd63 * np.sqrt(21)),
        "lrv": np.log(rv[-1]),
        "lv21": np.log(rv[-21:].mean()),
        "vol_z": (volume[-1] - volume.mean()) / volume.std(ddof=1),
        "bb": (close[-1] - close[-20:].mean()) / close[-20:].std(ddof=1),
        "co": day[-1] / sd63,
        "on": night[-1] / sd63,
    }
    assert {name: row[name] for name in wanted} == pytest.approx(wanted, rel=1e-9)


def test_prices_that_stand_still_give_no_feature_instead_of_a_false_one():
    """A halted stock must not look like a calm one."""
    still = HISTORY.with_columns(pl.lit(10.0).alias(name) for name in ("open", "high", "low", "close"))

    last = features(still).select("ret1", "macd", "rsi").to_numpy()[-1]

    assert not np.isfinite(last).any()


def test_two_symbols_in_one_frame_are_refused():
    """Returns across a border between companies look like numbers and mean nothing."""
    both = pl.concat([HISTORY, bars(700, seed=4, symbol="OTHR")])

    with pytest.raises(ValueError, match="bars hold 2 symbols"):
        features(both)


def test_bars_out_of_order_are_refused():
    """A source that lists the newest first would turn every return around."""
    with pytest.raises(ValueError, match="do not ascend by date"):
        features(HISTORY.reverse())
