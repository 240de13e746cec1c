"""Prices that have stopped: a feed that repeats its last close looks like a calm market."""

import polars as pl

from stockcast.cleaning.bar_schema import BrokenRow, RowRule

LONGEST_REST = 2  # days without any change of the quoted close; three in a row are a feed that stands still
STALE = RowRule("stale_price", ("close_raw",), f"the close has not changed for more than {LONGEST_REST} days")


def stale_rows(bars: pl.DataFrame) -> list[BrokenRow]:
    """The repeats of a close that was repeated too often; its first day stays.

    The quoted close is looked at: a dividend moves the adjusted one of a feed that stands still.
    """
    is_same = (pl.col("close_raw").diff() == 0).fill_null(False)
    runs = bars.select(is_same.alias("is_same"), is_same.rle_id().alias("run")).with_columns(
        pl.len().over("run").alias("length")
    )
    places = (runs["is_same"] & (runs["length"] > LONGEST_REST)).arg_true()
    return [BrokenRow(place, STALE) for place in places]
