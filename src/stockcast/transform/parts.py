"""A bars file of any length as feature files, one group of whole symbols at a time.

Memory stays flat however many symbols there are: what is held is one part, a hundred thousand rows or so. Each part is
one file with one row group, so that a reader who wants a symbol opens the one file whose statistics name it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from stockcast.transform.table import BAR_COLUMNS, feature_table

ROWS_PER_PART = 250_000  # bars; 40 MB while it is worked on


@dataclass(frozen=True)
class Span:
    """Whole symbols that follow each other: where their rows begin in the bars file, and how many there are."""

    offset: int
    rows: int


@dataclass(frozen=True)
class Part:
    """One written feature file."""

    path: Path
    symbols: int
    rows: int


def spans(bars: pl.LazyFrame, rows_per_part: int = ROWS_PER_PART) -> list[Span]:
    """Cut the bars between symbols into spans of about `rows_per_part` rows; a longer symbol is a span of its own."""
    runs = bars.select(pl.col("symbol").rle()).unnest("symbol").collect()
    if runs["value"].n_unique() != runs.height:
        raise ValueError(
            f"the bars of {runs.height - runs['value'].n_unique()} symbols do not lie together; a symbol's features "
            "need all of its bars. Sort the file by symbol and date, as cleaning writes it."
        )
    found: list[Span] = []
    offset, rows = 0, 0
    for length in runs["len"]:
        if rows and rows + length > rows_per_part:
            found.append(Span(offset, rows))
            offset, rows = offset + rows, 0
        rows += length
    return [*found, Span(offset, rows)] if rows else found


def feature_parts(bars: Path, folder: Path, rows_per_part: int = ROWS_PER_PART) -> Iterator[Part]:
    """Write part-00000.parquet and so on into `folder`, each told as soon as it is whole."""
    lazy = pl.scan_parquet(bars)
    folder.mkdir(parents=True, exist_ok=True)
    for number, span in enumerate(spans(lazy, rows_per_part)):
        table = feature_table(lazy.select(BAR_COLUMNS).slice(span.offset, span.rows).collect())
        path = folder / part_name(number)
        table.write_parquet(path, compression="zstd", row_group_size=max(table.height, 1))
        yield Part(path, table["symbol"].n_unique(), table.height)


def part_name(number: int) -> str:
    """Five digits, so that the names' order is the symbols'."""
    return f"part-{number:05d}.parquet"
