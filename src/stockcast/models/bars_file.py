"""Anybody's file of daily bars as the table that a network is trained and judged on.

So that others can check the models on data that nobody here has seen: a file is read as it is, its bars go through the
same cleaning as those of a source, and the days to judge on are named from outside.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import polars as pl

from stockcast.cleaning.bar_schema import COLUMNS, broken_rows
from stockcast.cleaning.calendar import trading_days
from stockcast.cleaning.inspection import inspect
from stockcast.cleaning.marks import PURGED_DAYS
from stockcast.cleaning.rules import part
from stockcast.contracts.bars import MINIMUM_BARS, Rejected

PRICES = ("open", "high", "low", "close")
NUMBERS = (*PRICES, "volume")
ADJUSTED = "adjusted_close"  # if it is there, the prices are raw
VALIDATION_SHARE = 0.11  # of the days before the test: what build_silver keeps of its own
LEAST_DAYS_BEFORE = 756  # trading days: one year of warm-up, and two to learn from and to stop by
LEAST_TEST_DAYS = 63
MOST_PUT_ASIDE = 0.2  # share of rows: more means that the file is something else than daily bars of this exchange


class BadFile(ValueError):
    """No table can be made of the file: the value, the rule, the way out."""


class Cleaned(NamedTuple):
    """Bars that may be used, and a line on everything that was put aside."""

    bars: pl.DataFrame
    notes: list[str]


def read(path: Path, symbols: Sequence[str] = ()) -> pl.DataFrame:
    """Canonical bars, by symbol and date: of some symbols, or of all in the file.

    Columns symbol, date, open, high, low, close, volume. With `adjusted_close` beside them prices and volume are taken
    as quoted and adjusted by it; without it they must be adjusted already.
    """
    table = _typed(_table(path), path)
    if ADJUSTED in table.columns:
        table = _adjusted(table)
    if table.height == 0:
        raise BadFile(f"{path} has no row; a judgement needs years of bars. Write the bars into it.")
    absent = sorted(set(symbols) - set(table["symbol"]))
    if absent:
        there = table["symbol"].unique().sort().to_list()
        raise BadFile(f"{path} holds no {', '.join(absent)}; it holds {', '.join(there[:20])}. Choose from these.")
    chosen = table.filter(pl.col("symbol").is_in(list(symbols))) if symbols else table
    canonical = chosen.with_columns(pl.col("close").alias("close_raw"), pl.lit(path.name).alias("source"))
    return canonical.select(list(COLUMNS)).sort("symbol", "date")


def cleaned(bars: pl.DataFrame, last: date) -> Cleaned:
    """Put aside what no source's bars would be forgiven: rows that break a rule, symbols that cannot be trusted."""
    bars = bars.filter(pl.col("date") <= last)
    if bars.height == 0:
        raise BadFile(f"no bar up to {last}; there must be years of them. Choose later days.")
    sessions = trading_days(bars["date"].min(), last)  # type: ignore[arg-type]
    kept, aside = part(bars, broken_rows(bars, last, sessions))
    repeated = pl.struct("symbol", "date").is_duplicated()
    notes = [f"{kept.filter(repeated).height} rows put aside: their day is there twice"] * bool(
        kept.select(repeated.any()).item()
    )
    kept = kept.filter(~repeated)
    by_symbol = {str(one["symbol"][0]): one for one in kept.partition_by("symbol", maintain_order=True)}
    short = [symbol for symbol, one in by_symbol.items() if one.height < MINIMUM_BARS]
    seen = inspect({symbol: one for symbol, one in by_symbol.items() if symbol not in short}, {}, {})
    notes += _rows_aside([*aside, *seen.rejected])
    notes += [f"{symbol} left out: fewer than {MINIMUM_BARS} bars" for symbol in short]
    notes += [f"{one.symbol} left out, {one.rule}: {one.reason}" for one in seen.held]
    if not seen.bars or bars.height - kept.height > MOST_PUT_ASIDE * bars.height:
        raise BadFile(
            f"{bars.height - kept.height} of {bars.height} rows break a rule and {len(seen.bars)} symbols are left; at "
            f"most {MOST_PUT_ASIDE:.0%} of rows may, and one symbol must stay. Found: {'; '.join(notes)}."
        )
    return Cleaned(pl.concat(seen.bars.values()), notes)


def marked(bars: pl.DataFrame, first: date, last: date) -> pl.DataFrame:
    """Bars up to `last` with the part of time they belong to: `first` to `last` is the test, the rest comes before.

    21 days are purged between the parts, before the test too: what is trained ends before the first day it is judged
    on, whatever that day is.
    """
    if first > last:
        raise BadFile(f"the test goes from {first} to {last}; it must end after it begins. Exchange the two.")
    days: list[date] = bars.filter(pl.col("date") <= last)["date"].unique().sort().to_list()
    before = [day for day in days if day < first]
    if len(before) < LEAST_DAYS_BEFORE or len(days) - len(before) < LEAST_TEST_DAYS:
        raise BadFile(
            f"{len(before)} days before {first} and {len(days) - len(before)} from there to {last}; at least "
            f"{LEAST_DAYS_BEFORE} and {LEAST_TEST_DAYS} are needed. The bars go from {min(bars['date'])} to "
            f"{max(bars['date'])}: choose other days."
        )
    validation = before[-PURGED_DAYS - int(len(before) * VALIDATION_SHARE) : -PURGED_DAYS]
    train = before[: before.index(validation[0]) - PURGED_DAYS]
    of_part = pl.DataFrame({"date": days}).with_columns(
        pl.when(pl.col("date") >= first).then(pl.lit("test"))
        .when(pl.col("date") <= train[-1]).then(pl.lit("train"))
        .when(pl.col("date").is_between(validation[0], validation[-1])).then(pl.lit("validation"))
        .otherwise(pl.lit("purge")).alias("split")
    )  # fmt: skip
    return bars.join(of_part, on="date").sort("symbol", "date")


def _table(path: Path) -> pl.DataFrame:
    """The file as it is, CSV columns as text."""
    readers = {".parquet": pl.read_parquet, ".csv": lambda file: pl.read_csv(file, infer_schema=False)}
    if path.suffix not in readers:
        raise BadFile(f"{path.name} ends in {path.suffix or 'nothing'}; .parquet and .csv are read. Convert it.")
    try:
        return readers[path.suffix](path)
    except (pl.exceptions.PolarsError, OSError) as fault:
        raise BadFile(f"{path} cannot be read: {str(fault).splitlines()[0]}. Look whether it is whole.") from fault


def _typed(table: pl.DataFrame, path: Path) -> pl.DataFrame:
    """The columns that count, in their types; one row per bar, whatever else the file holds."""
    absent = [name for name in ("symbol", "date", *NUMBERS) if name not in table.columns]
    if absent:
        raise BadFile(
            f"{path} has no column {', '.join(absent)}; it has {', '.join(table.columns)}. Rename its columns: symbol, "
            f"date, {', '.join(NUMBERS)}, and {ADJUSTED} if prices are not adjusted."
        )
    optional = [name for name in (ADJUSTED,) if name in table.columns]
    wanted = {"symbol": pl.String, "date": pl.Date, **dict.fromkeys((*NUMBERS, *optional), pl.Float64)}
    return table.select(_cast(table, name, kind, path) for name, kind in wanted.items())


def _cast(table: pl.DataFrame, name: str, kind: type[pl.DataType], path: Path) -> pl.Series:
    """One column in its type; empty text in a CSV file is a missing value."""
    column = table[name]
    if column.dtype == pl.String and name != "symbol":
        column = column.str.strip_chars().replace("", None)
    try:
        if isinstance(column.dtype, pl.Datetime):
            _refuse_hours(column)
        made = column.str.to_date("%Y-%m-%d") if kind is pl.Date and column.dtype == pl.String else column.cast(kind)
    except (pl.exceptions.PolarsError, ValueError) as fault:
        raise BadFile(
            f"column {name} of {path} is no {kind.__name__}: {str(fault).splitlines()[0]}. Dates must be trading days "
            "such as 2013-03-01, prices and volumes numbers."
        ) from fault
    if name in ("symbol", "date") and made.null_count():
        raise BadFile(f"{made.null_count()} rows of {path} have no {name}; each bar needs one. Leave such rows out.")
    return made


def _refuse_hours(moments: pl.Series) -> None:
    """Midnight is a day; 21:00 UTC is a day of another time zone."""
    hours = moments.dt.hour().unique().drop_nulls().to_list()
    if hours != [0]:
        raise ValueError(f"times of day {sorted(hours)[:3]}")


def _adjusted(table: pl.DataFrame) -> pl.DataFrame:
    """Prices by the vendor's factor, volume by its inverse: a split must not look like a day of wild trading."""
    factor = pl.col(ADJUSTED) / pl.col("close")
    return table.with_columns(*((pl.col(name) * factor) for name in PRICES), pl.col("volume") / factor).drop(ADJUSTED)


def _rows_aside(aside: Collection[Rejected]) -> list[str]:
    """One line a rule, with one example."""
    counts = Counter(row.rule for row in aside)
    example = {row.rule: row.reason for row in reversed(list(aside))}
    return [f"{count} rows put aside, {rule}, such as {example[rule]}" for rule, count in counts.most_common()]
