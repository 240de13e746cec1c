"""Moves that no market makes, and moves that only look like it."""

from datetime import date
from math import log

import polars as pl
import pytest
from tests.stockcast.generated import bars

from stockcast.cleaning.moves import Moves, explained_days, lasting, market_moves, reverting, split_ratio
from stockcast.contracts.bars import Event

NO_MARKET = market_moves([])
DAY = 500


def scaled(frame: pl.DataFrame, factor: float, rows: pl.Expr, **more: float) -> pl.DataFrame:
    """Prices of some rows times a factor; `volume` times another."""
    prices = [pl.when(rows).then(pl.col(name) * factor).otherwise(name).alias(name) for name in PRICES]
    volume = pl.when(rows).then(pl.col("volume") * more.get("volume", 1.0)).otherwise("volume").alias("volume")
    return frame.with_columns(*prices, volume)


PRICES = ("open", "high", "low", "close", "close_raw")
ROW = pl.int_range(pl.len())
FROM_DAY_ON = ROW >= DAY
CLEAN = bars(700, 4, "AAPL")


def found(frame: pl.DataFrame, **reasons) -> Moves:
    return lasting(frame, reasons.get("market", NO_MARKET), reasons.get("explained", ()))


@pytest.mark.parametrize("ratio", [2.0, 1.5, 3.0, 7.0, 20.0, 0.1, 0.5])
def test_a_split_that_nobody_adjusted_holds_the_symbol_back(ratio):
    """The model would learn a crash, and forecast a volatility that never was."""
    moves = found(scaled(CLEAN, 1 / ratio, FROM_DAY_ON, volume=ratio))

    assert [(one.rule, one.day) for one in moves.held] == [("split_jump", CLEAN["date"][DAY])]
    assert "unadjusted split of" in moves.held[0].reason
    assert moves.broken == []


def test_clean_bars_have_no_findings():
    """A rule that fires on any series would hold everybody back."""
    for seed in range(5):
        frame = bars(1500, seed)
        assert found(frame) == Moves([], [], [])
        assert reverting(frame, NO_MARKET, ()) == []


def test_a_bad_tick_is_one_row_and_not_a_history():
    """One wrong close makes two absurd returns; the years around it are fine."""
    broken = reverting(scaled(CLEAN, 1.7, ROW == DAY), NO_MARKET, ())

    assert [(one.place, one.rule.name) for one in broken] == [(DAY, "absurd_move")]


def test_news_is_told_apart_by_its_turnover():
    """A profit warning halves a price for good: dropping that day would hide what risk is."""
    with_news = scaled(scaled(CLEAN, 0.5, FROM_DAY_ON), 1.0, ROW == DAY, volume=15.0)

    moves = found(with_news)

    assert (moves.held, moves.broken) == ([], [])
    assert [(one.rule, one.day) for one in moves.warnings] == [("large_move", CLEAN["date"][DAY])]


def test_another_symbol_s_prices_from_some_day_on_hold_it_back():
    """A level that jumps and stays, at the usual turnover, is no split ratio and no news."""
    moves = found(scaled(CLEAN, 1.83, FROM_DAY_ON, volume=1 / 1.83))

    assert [(one.rule, one.day) for one in moves.held] == [("absurd_move", CLEAN["date"][DAY])]


def test_an_absurd_newest_row_waits_for_the_next_day():
    """Nobody can tell yet whether it stays; a forecast from it would be on whatever it is."""
    moves = found(scaled(CLEAN, 1.25, ROW == 699))

    assert [one.place for one in moves.broken] == [699]
    assert moves.held == []


def test_a_move_of_the_whole_market_is_no_fault():
    """When an exchange reopens after days, every share jumps; one alone would be held back for it."""
    crash = [scaled(bars(700, seed, name), 0.5, FROM_DAY_ON) for seed, name in enumerate("ABCDE")]
    market = market_moves(crash)

    assert market.filter("is_wide")["date"].to_list().count(CLEAN["date"][DAY]) == 1
    assert all(found(one, market=market).held == [] for one in crash)
    assert all(found(one).held for one in crash)


def test_people_and_payouts_explain_a_move():
    """A spin-off is a payout; an event is written down by a person, and believed."""
    jump = scaled(CLEAN, 0.5, FROM_DAY_ON)
    paid = Event("AAPL", CLEAN["date"][DAY], "dividend", jump["close_raw"][DAY - 1], "yahoo")
    small = paid._replace(value=0.5)

    assert found(jump, explained=explained_days(jump, [paid], ())) == Moves([], [], [])
    assert found(jump, explained=explained_days(jump, [], [paid.date])) == Moves([], [], [])
    assert found(jump, explained=explained_days(jump, [small], ())).held


def test_a_split_ratio_is_found_within_a_night_s_own_move():
    """A 2:1 split opens at half the price, give or take what the night did."""
    assert split_ratio(-log(2) + 0.02, 0.015) == 2.0
    assert split_ratio(log(10), 0.015) == pytest.approx(0.1)
    assert split_ratio(-0.3, 0.015) is None
    assert split_ratio(-0.02, 0.015) is None


def test_too_few_symbols_are_no_market():
    """The median of two would excuse what one of them does."""
    assert market_moves([CLEAN, bars(700, 5, "B")]).height == 0
    assert market_moves([CLEAN.clear()] * 5).height == 0


def test_short_and_empty_series_are_judged_too():
    """A symbol listed last month has no year to be measured by."""
    short = scaled(bars(40, 3, "NEW"), 0.5, ROW >= 30)

    assert [one.rule for one in found(short).held] == ["split_jump"]
    assert found(CLEAN.clear()) == Moves([], [], [])
    assert explained_days(CLEAN.clear(), [], [date(2013, 3, 1)]) == {date(2013, 3, 1)}
