"""Bars under the date of the day before or after, as a time stamp in the wrong time zone makes them."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta

import polars as pl

from stockcast.cleaning.findings import Finding
from stockcast.contracts.bars import Bar

RULE = "shifted_a_day"
MOST_CLOSED_DAYS = 0.05  # share of dates on which the exchange was closed; a day's shift makes it a fifth
FITTING = 0.99
NEWEST_DAYS = 252
FEWEST_DAYS = 60
CLEAR_CORRELATION = 0.3  # with the market of a neighbouring day; that of the same day is then below half of it


def shifted_dates(symbol: str, bars: Sequence[Bar], sessions: Collection[date]) -> list[Finding]:
    """Seen by the calendar: Fridays lie on Thursday and Mondays on Sunday, and a day later all would fit."""
    days, open_days = [bar.date for bar in bars], set(sessions)
    closed = sum(day not in open_days for day in days)
    if closed <= MOST_CLOSED_DAYS * len(days):
        return []
    for shift in (1, -1):
        # a later date than the calendar reaches to cannot be judged
        moved = [day + timedelta(days=shift) for day in days if day + timedelta(days=shift) <= max(open_days)]
        if sum(day in open_days for day in moved) >= FITTING * len(moved) > 0:
            return [_finding(symbol, f"{closed} of {len(days)} dates are no trading days", shift)]
    return []


def shifted_moves(bars: pl.DataFrame, market: pl.DataFrame) -> list[Finding]:
    """Seen by the company: a symbol that moves with tomorrow's or yesterday's market and not with today's."""
    move = pl.col("close").log().diff().alias("move")
    both = bars.select("symbol", "date", move).join(market, on="date", maintain_order="left").tail(NEWEST_DAYS)
    if both.height < FEWEST_DAYS:
        return []
    same, after, before = both.select(
        pl.corr("move", "market").alias("same"),
        pl.corr(pl.col("move"), pl.col("market").shift(-1)).alias("after"),
        pl.corr(pl.col("move"), pl.col("market").shift(1)).alias("before"),
    ).row(0)
    for correlation, shift in ((after, 1), (before, -1)):
        if correlation > CLEAR_CORRELATION and same < correlation / 2:
            value = f"correlation {correlation:.2f} with the neighbouring day's market, {same:.2f} with its own"
            return [_finding(both["symbol"][0], value, shift)]
    return []


def _finding(symbol: str, value: str, shift: int) -> Finding:
    where = "a day too early" if shift == 1 else "a day too late"
    return Finding(symbol, RULE, None, value, f"{symbol} has its bars {where}: {value}. Dates must be the exchange's.")
