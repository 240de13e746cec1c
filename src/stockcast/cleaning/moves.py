"""Price moves that no market makes: a split that nobody told, a bad tick, another symbol's prices from some day on.

Large moves are not wrong in themselves, and 2008 and every profit warning are full of them. What tells news from
faults is what comes with a move: whether it lasts, whether the whole market moved, whether far more shares than usual
changed hands, whether a payout or a person explains it.
"""

from collections.abc import Collection, Sequence
from datetime import date
from math import log
from typing import NamedTuple

import polars as pl

from stockcast.cleaning.bar_schema import BrokenRow, RowRule
from stockcast.cleaning.findings import Finding
from stockcast.contracts.bars import Event

LARGE = 8  # robust standard deviations
MARKET_WIDE = 3  # the same for the median of all symbols
FEWEST_SYMBOLS = 4  # below, a median says nothing about a market
QUIET = 2.0  # times the usual turnover in dollars: news trades more, a fault in the data does not
REVERTED = 0.25  # share of a move that is left after the next day
LARGEST_SHIFT = 0.4  # log return that lasts without turnover: the price level of something else
SPLIT_RATIOS = (1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 15.0, 20.0, 25.0, 30.0, 50.0)
SPLIT_MISS = 0.03  # the night's own move beside the split's; one standard deviation where that is more
FLOOR = 2e-3  # of the standard deviation, for series that hardly move
NORMAL = 1.4826  # median absolute deviation -> standard deviation of a normal distribution

ABSURD = "absurd_move"
TICK = RowRule(
    ABSURD,
    ("close",),
    f"the close moves by more than {LARGE} robust standard deviations, without turnover, and does not stay",
)
UNCONFIRMED = RowRule(
    ABSURD,
    ("close",),
    f"the newest close moves by more than {LARGE} robust standard deviations without turnover; the next day will "
    "tell whether it stays",
)


class Moves(NamedTuple):
    """What the moves of one symbol say."""

    broken: list[BrokenRow]
    held: list[Finding]
    warnings: list[Finding]


def market_moves(bars: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Columns date, market (median log return of the symbols) and is_wide: whether the market as a whole moved."""
    returns = [one.select("date", _log_return().alias("market")) for one in bars if one.height]
    empty = {"date": pl.Date, "market": pl.Float64, "is_wide": pl.Boolean}
    if len(returns) < FEWEST_SYMBOLS:
        return pl.DataFrame(schema=empty)
    medians = pl.concat(returns).drop_nulls().group_by("date").agg(pl.col("market").median(), pl.len().alias("symbols"))
    return (
        medians.filter(pl.col("symbols") >= FEWEST_SYMBOLS)
        .sort("date")
        .select("date", "market", (pl.col("market").abs() > MARKET_WIDE * _spread(pl.col("market"))).alias("is_wide"))
    )


def reverting(bars: pl.DataFrame, market: pl.DataFrame, explained: Collection[date]) -> list[BrokenRow]:
    """Rows whose move is gone the next day: a bad tick. Only the row is wrong, not the history."""
    moves = _moves(bars, market, explained)
    is_back = (pl.col("move") + pl.col("move").shift(-1)).abs() < REVERTED * pl.col("move").abs()
    places = moves.select((_is_large() & is_back & _is_quiet()).fill_null(False).arg_true()).to_series()
    return [BrokenRow(place, TICK) for place in places]


def lasting(bars: pl.DataFrame, market: pl.DataFrame, explained: Collection[date]) -> Moves:
    """Moves that stay, or whose next day is not known yet. Bad ticks must be gone before."""
    moves = _moves(bars, market, explained).with_row_index("place")
    found = Moves([], [], [])
    for row in moves.filter(_is_large()).iter_rows(named=True):
        is_quiet = row["turnover"] is None or row["turnover"] < QUIET
        ratio = split_ratio(row["night"], row["spread"])
        if is_quiet and ratio:
            found.held.append(_split_jump(row, ratio))
        elif is_quiet and row["place"] == bars.height - 1:
            found.broken.append(BrokenRow(row["place"], UNCONFIRMED))
        elif is_quiet and abs(row["move"]) > LARGEST_SHIFT:
            found.held.append(
                _finding(row, ABSURD, "and stays there without turnover: perhaps another symbol's prices.")
            )
        else:
            found.warnings.append(_finding(row, "large_move", "and nothing in the data explains it."))
    return found


def split_ratio(night: float, spread: float) -> float | None:
    """New shares for one old share, if the log move from close to open is about what such a split would make."""
    miss, ratio = min((abs(night + sign * log(ratio)), ratio**sign) for ratio in SPLIT_RATIOS for sign in (1, -1))
    return ratio if miss <= max(SPLIT_MISS, spread) else None


def explained_days(bars: pl.DataFrame, events: Sequence[Event], told: Collection[date]) -> set[date]:
    """Days whose move has a reason: people said so, or a payout of at least half the move."""
    paid = pl.DataFrame(
        [(event.date, event.value) for event in events if event.kind == "dividend"],
        schema={"date": pl.Date, "paid": pl.Float64},
        orient="row",
    )
    moves = bars.select("date", _log_return().abs().alias("move"), pl.col("close_raw").shift(1)).join(paid, on="date")
    large = moves.filter((1 + pl.col("paid") / pl.col("close_raw")).log() >= pl.col("move") / 2)
    return {*told, *large["date"].to_list()}


def _split_jump(row: dict, ratio: float) -> Finding:
    told = f"{ratio:g}:1" if ratio >= 1 else f"1:{1 / ratio:g}"
    return _finding(row, "split_jump", f"as an unadjusted split of {told} would do, at ordinary turnover.")


def _finding(row: dict, rule: str, end: str) -> Finding:
    value = f"log return {row['move']:.3f}, {abs(row['move']) / row['spread']:.0f} robust standard deviations"
    moved = f"{row['symbol']} moves from {row['before']:g} to {row['close']:g} on {row['date']}"
    return Finding(row["symbol"], rule, row["date"], value, f"{moved} {end}")


def _moves(bars: pl.DataFrame, market: pl.DataFrame, explained: Collection[date]) -> pl.DataFrame:
    """Each row with its log move, the night's part of it, the usual spread and the turnover beside the usual one."""
    dollars, fall = pl.col("close") * pl.col("volume"), pl.min_horizontal(_log_return(), pl.lit(0.0)).exp()
    shares = _beside_usual(pl.col("volume")) * fall  # at half the price, twice the shares are no more turnover
    known = bars.join(market.select("date", "is_wide"), on="date", how="left", maintain_order="left")
    return known.with_columns(
        _log_return().alias("move"),
        (pl.col("open").log() - pl.col("close").log().shift(1)).alias("night"),
        _spread(_log_return()).alias("spread"),
        pl.max_horizontal(_beside_usual(dollars), shares).alias("turnover"),
        pl.col("close").shift(1).alias("before"),
        (pl.col("is_wide").fill_null(False) | pl.col("date").is_in(list(explained))).alias("has_reason"),
    )


def _beside_usual(turnover: pl.Expr) -> pl.Expr:
    """As a multiple of the month's median; null where there is none, as of some indices."""
    usual = turnover.rolling_median(21, min_samples=5).shift(1)
    return pl.when(usual > 0).then(turnover / usual)


def _is_large() -> pl.Expr:
    return (pl.col("move").abs() > LARGE * pl.col("spread")) & ~pl.col("has_reason")


def _is_quiet() -> pl.Expr:
    return pl.col("turnover").fill_null(0) < QUIET  # unknown, as of an index: not a sign of news


def _log_return() -> pl.Expr:
    return pl.col("close").log().diff()


def _spread(move: pl.Expr) -> pl.Expr:
    """Robust standard deviation of the days before: the larger of a year's and a month's, so that storms widen it.

    The first days take the first known one, and a very short series its own.
    """
    size = move.abs()
    year, month = size.rolling_median(252, min_samples=63), size.rolling_median(21, min_samples=21)
    known = (NORMAL * pl.max_horizontal(year, month)).shift(1).fill_null(strategy="backward")
    return pl.max_horizontal(known.fill_null(NORMAL * size.median()), pl.lit(FLOOR))
