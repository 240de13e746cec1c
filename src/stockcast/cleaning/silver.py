"""The silver table from all symbols' clean bars, and what each symbol is forecast from."""

from collections.abc import Sequence
from datetime import date
from typing import cast

import polars as pl

from stockcast.cleaning.marks import split_marks
from stockcast.contracts.bars import RECENT_BARS, ForecastRequest, RequestBar

MARKET = "^GSPC"  # the S&P 500 stands for the market
DAY_OF_FILE = "stockcast.day"  # the Parquet file's own note of the run's day: no bar in it is later


def silver_table(clean: Sequence[pl.DataFrame], train_share: float, validation_share: float) -> pl.DataFrame:
    """All clean bars sorted by symbol and date, with the market of the same day and the part of time."""
    bars = pl.concat(clean).sort("symbol", "date")
    days = bars["date"].unique().sort().to_list()
    return (
        bars.join(_market(bars), on="date", how="left")
        .join(split_marks(days, train_share, validation_share), on="date", how="left")
        .sort("symbol", "date")
    )


def _market(bars: pl.DataFrame) -> pl.DataFrame:
    close = pl.col("close")
    return bars.filter(pl.col("symbol") == MARKET).select(
        "date", close.alias("market_close"), close.log().diff().alias("market_return")
    )


def recent_request(symbol: str, clean: pl.DataFrame) -> ForecastRequest:
    """The body that asks the server for this symbol's forecast."""
    last = clean.tail(RECENT_BARS).with_columns(pl.col("date").dt.to_string("iso"))
    bars = last.select(list(RequestBar.__annotations__)).to_dicts()
    return {"symbol": symbol, "bars": cast(list[RequestBar], bars)}


def gaps(clean: pl.DataFrame, sessions: Sequence[date]) -> list[date]:
    """Trading days between a symbol's first and last clean bar that have none: told, never filled."""
    if clean.is_empty():
        return []
    there = set(clean["date"].to_list())
    return [day for day in sessions if min(there) <= day <= max(there) and day not in there]
