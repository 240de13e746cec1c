"""Stale feeds, other units, twins, shifted days and rounded prices."""

from datetime import date, timedelta

import polars as pl
import pytest
from tests.stockcast.generated import bar_list, bars

from stockcast.cleaning.calendar import trading_days
from stockcast.cleaning.day_shifts import shifted_dates, shifted_moves
from stockcast.cleaning.moves import market_moves
from stockcast.cleaning.rounding import rounded_prices
from stockcast.cleaning.staleness import stale_rows
from stockcast.cleaning.twins import twins
from stockcast.cleaning.volumes import low_volume_rows, unit_change

ROW = pl.int_range(pl.len())
CLEAN = bars(700, 4, "AAPL")
SESSIONS = trading_days(date(2001, 1, 2), date(2003, 12, 31))
TRADED = bars(700, 4, "AAPL", SESSIONS[:700])


def changed(name: str, rows: pl.Expr, value: pl.Expr) -> pl.DataFrame:
    return CLEAN.with_columns(pl.when(rows).then(value).otherwise(name).alias(name))


def moving_together(count: int) -> list[pl.DataFrame]:
    """Symbols of one market: each has half of its moves from it."""
    market = bars(700, 100)["close"].log().diff().fill_null(0)
    frames = []
    for seed in range(count):
        own = bars(700, seed, f"S{seed}")
        close = (own["close"].log() * 0.5 + market.cum_sum()).exp()
        frames.append(own.with_columns(close.alias("close")))
    return frames


def test_a_feed_that_stands_still_loses_its_repeats():
    """A repeated close looks like a market at rest, and volatility forecasts fall."""
    stale = changed("close_raw", ROW.is_between(301, 304), pl.col("close_raw").get(300))

    assert [one.place for one in stale_rows(stale)] == [301, 302, 303, 304]
    assert stale_rows(changed("close_raw", ROW.is_between(301, 302), pl.col("close_raw").get(300))) == []
    assert stale_rows(CLEAN) == stale_rows(CLEAN.clear()) == []


def test_a_dividend_does_not_hide_a_feed_that_stands_still():
    """Adjusting moves every close before a dividend a little; the quoted one stays where it stood."""
    stale = changed("close_raw", ROW.is_between(301, 304), pl.col("close_raw").get(300))
    stale = stale.with_columns(pl.when(ROW < 302).then(pl.col("close") * 0.99).otherwise("close"))

    assert len(stale_rows(stale)) == 4


def test_one_day_in_hundreds_of_shares_is_put_aside():
    """One feed did so for a spring, on days of earnings among others."""
    low = changed("volume", ROW == 400, pl.col("volume") * 0.01)

    assert [one.place for one in low_volume_rows(low)] == [400]
    assert low_volume_rows(changed("volume", ROW == 400, pl.col("volume") * 60)) == []
    assert low_volume_rows(low.with_columns(pl.lit("^GSPC").alias("symbol"))) == []
    assert low_volume_rows(CLEAN) == []


@pytest.mark.parametrize("factor", [0.01, 100.0])
def test_another_unit_from_some_day_on_holds_the_symbol_back(factor):
    """The volume's z-score would stand at its end for a quarter."""
    (told,) = unit_change(changed("volume", ROW >= 400, pl.col("volume") * factor))

    assert told.rule == "volume_unit"
    assert abs((told.day - CLEAN["date"][400]).days) < 45
    assert unit_change(CLEAN) == unit_change(CLEAN.clear()) == []


def test_an_index_that_never_had_a_volume_has_no_unit_to_change():
    assert unit_change(CLEAN.with_columns(pl.lit(0.0).alias("volume"))) == []


def test_one_download_under_two_names_holds_both_back():
    """Which of the two is itself, nobody can tell from the prices."""
    copy = CLEAN.with_columns(pl.lit("MSFT").alias("symbol"))

    told = twins({"AAPL": CLEAN, "MSFT": copy, "IBM": bars(700, 5, "IBM")})

    assert [(one.symbol, one.rule, one.value) for one in told] == [
        ("AAPL", "same_bars", "MSFT"), ("MSFT", "same_bars", "AAPL"),
    ]  # fmt: skip


def test_a_symbol_that_moves_like_another_is_seen_though_its_prices_differ():
    """A swapped answer of another currency or another adjustment."""
    scaled = CLEAN.with_columns(pl.col("open", "high", "low", "close") * 1.5, pl.lit("MSFT").alias("symbol"))

    assert {one.rule for one in twins({"AAPL": CLEAN, "MSFT": scaled})} == {"moves_like_another"}


def test_share_classes_and_strangers_are_no_twins():
    """Two classes of one company correlate by .995, and both are real."""
    noise = bars(700, 9)["close"].log().diff().fill_null(0) * 0.1
    close = (CLEAN["close"].log() + noise.cum_sum()).exp()
    other = CLEAN.with_columns(close.alias("close"), pl.lit("GOOGL").alias("symbol"))

    assert twins({"GOOG": CLEAN, "GOOGL": other, "NEW": bars(30, 1, "NEW")}) == []
    assert twins({"GOOG": CLEAN}) == twins({}) == []


@pytest.mark.parametrize("shift", [1, -1])
def test_dates_of_another_time_zone_are_seen_by_the_calendar(shift):
    """Midnight in London is the evening before in New York: Mondays lie on Sunday."""
    shifted = [bar._replace(date=bar.date + timedelta(days=shift)) for bar in bar_list(TRADED)]

    (told,) = shifted_dates("AAPL", shifted, SESSIONS)

    assert (told.rule, told.symbol) == ("shifted_a_day", "AAPL")
    assert ("too late" if shift == 1 else "too early") in told.reason


def test_dates_of_the_exchange_and_single_strays_are_no_shift():
    """A stray weekend row is that row's fault."""
    stray = [
        bar._replace(date=bar.date + timedelta(days=2)) if n % 50 == 4 else bar
        for n, bar in enumerate(bar_list(TRADED))
    ]

    assert shifted_dates("AAPL", bar_list(TRADED), SESSIONS) == []
    assert shifted_dates("AAPL", stray, SESSIONS) == []
    assert shifted_dates("AAPL", [], SESSIONS) == []


@pytest.mark.parametrize("shift", [1, -1])
def test_a_symbol_on_its_neighbours_day_is_seen_by_its_company(shift):
    """A shift by one session leaves every date a trading day; only the others' moves tell."""
    together = moving_together(6)
    late = together[0].with_columns(pl.col("close").shift(shift)).drop_nulls()

    told = shifted_moves(late, market_moves([late, *together[1:]]))

    assert [one.rule for one in told] == ["shifted_a_day"]
    assert ("too late" if shift == 1 else "too early") in told[0].reason
    assert all(shifted_moves(one, market_moves(together)) == [] for one in together)


def test_without_company_nobody_can_be_on_another_day():
    assert shifted_moves(CLEAN, market_moves([CLEAN])) == []


def test_prices_rounded_after_adjusting_are_told_and_kept():
    """Early prices of a share that split often are cents; their returns come in steps."""
    tiny = CLEAN.with_columns(pl.col("close") / 100).with_columns(pl.col("close").round(3))

    (told,) = rounded_prices(tiny)

    assert told.rule == "rounded_prices"
    assert rounded_prices(CLEAN) == []
    assert rounded_prices(CLEAN.with_columns(pl.col("close") / 100)) == []
