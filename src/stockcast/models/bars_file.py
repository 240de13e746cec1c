"""Anybody's file of daily bars as the table that a network is trained and judged on.

So that others can check the models on data that nobody here has seen: a file is read as it is, its bars go through the
same cleaning as those of a source, and the days to judge on are named from outside.
"""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, time
from pathlib import Path
from typing import NamedTuple

import polars as pl

from stockcast.cleaning.bar_schema import COLUMNS, broken_rows
from stockcast.cleaning.calendar import trading_days
from stockcast.cleaning.findings import Finding
from stockcast.cleaning.inspection import inspect
from stockcast.cleaning.marks import PURGED_DAYS
from stockcast.cleaning.rules import part
from stockcast.contracts.bars import MINIMUM_BARS, Rejected
from stockcast.models.exclusions import Exclusion

PRICES = ("open", "high", "low", "close")
NUMBERS = (*PRICES, "volume")
ADJUSTED = "adjusted_close"  # if it is there, the prices are raw
MEANINGS = {  # names without case, blanks and underscores
    **{name: name for name in ("symbol", "date", *NUMBERS)},
    "ticker": "symbol",
    "adjustedclose": ADJUSTED,
    "adjclose": ADJUSTED,
}
UNADJUSTED = "closeraw"  # the canonical bars' close as quoted: the prices beside it are adjusted
SPLITS = ("splitcoefficient", "splitfactor", "stocksplits")
DIVIDENDS = ("dividendamount", "dividends", "dividend")
NOTHING_HAPPENED = {**dict.fromkeys(SPLITS, (0.0, 1.0)), **dict.fromkeys(DIVIDENDS, (0.0,))}
MIDNIGHT = r"[ T]00:00(:00(\.0+)?)?(Z|[+-]\d\d:?\d\d)?$"
VALIDATION_SHARE = 0.11  # of the days before the test: what build_silver keeps of its own
LEAST_DAYS_BEFORE = 756  # trading days: one year of warm-up, and two to learn from and to stop by
LEAST_TEST_DAYS = 63
MOST_PUT_ASIDE = 0.2  # share of rows: more means that the file is something else than daily bars of this exchange


class BadFile(ValueError):
    """No table can be made of the file: the value, the rule, the way out."""


class Cleaned(NamedTuple):
    """Bars that may be used, lines on where they are from and on rows put aside, and the symbols put aside."""

    bars: pl.DataFrame
    notes: list[str]
    excluded: list[Exclusion]


def read(path: Path, symbols: Sequence[str] = ()) -> pl.DataFrame:
    """Canonical bars, by symbol and date: of some symbols, or of all in the file.

    Columns symbol or ticker, date, open, high, low, close, volume, whatever their case, blanks and underscores. With
    `adjusted_close` or `adj_close` beside them prices and volume are taken as quoted and adjusted by it; without it
    they must be adjusted already.
    """
    whole = _table(path)
    columns = _columns(whole, path)
    if ADJUSTED in columns:
        table, prices = _adjusted(_typed(whole, columns, path)), f"prices adjusted by {columns[ADJUSTED]}"
    else:
        _refuse_events(whole, path)
        table, prices = _typed(whole, columns, path), f"prices as they stand, for it has no {ADJUSTED}"
    if table.height == 0:
        raise BadFile(f"{path} has no row; a judgement needs years of bars. Write the bars into it.")
    absent = sorted(set(symbols) - set(table["symbol"]))
    if absent:
        there = table["symbol"].unique().sort().to_list()
        raise BadFile(f"{path} holds no {', '.join(absent)}; it holds {', '.join(there[:20])}. Choose from these.")
    chosen = table.filter(pl.col("symbol").is_in(list(symbols))) if symbols else table
    canonical = chosen.with_columns(
        pl.col("close").alias("close_raw"), pl.lit(f"{path.name}: {prices}").alias("source")
    )
    return canonical.select(list(COLUMNS)).sort("symbol", "date")


def cleaned(bars: pl.DataFrame, last: date) -> Cleaned:
    """Put aside what no source's bars would be forgiven: rows that break a rule, symbols that cannot be trusted."""
    symbols = bars["symbol"].unique().sort().to_list()
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
    excluded = _excluded([one for one in symbols if one not in by_symbol], short, seen.held, last)
    if not seen.bars or bars.height - kept.height > MOST_PUT_ASIDE * bars.height:
        raise BadFile(
            f"{bars.height - kept.height} of {bars.height} rows break a rule and {len(seen.bars)} symbols are left; at "
            f"most {MOST_PUT_ASIDE:.0%} of rows may, and one symbol must stay. "
            f"Found: {'; '.join([*notes, *(one.detail for one in excluded)])}."
        )
    return Cleaned(pl.concat(seen.bars.values()), [*bars["source"].unique().sort(), *notes], excluded)


def _excluded(gone: Sequence[str], short: Sequence[str], held: Sequence[Finding], last: date) -> list[Exclusion]:
    none, few = f"no usable bar up to {last}", f"fewer than {MINIMUM_BARS} bars"
    return [
        *(Exclusion(symbol, none, f"{symbol} left out: {none}") for symbol in gone),
        *(Exclusion(symbol, few, f"{symbol} left out: {few}") for symbol in short),
        *(Exclusion(one.symbol, one.rule, f"{one.symbol} left out, {one.rule}: {one.reason}") for one in held),
    ]


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
    suffix = path.suffix.lower()
    if suffix not in readers:
        raise BadFile(f"{path.name} ends in {path.suffix or 'nothing'}; .parquet and .csv are read. Convert it.")
    try:
        return readers[suffix](path)
    except (pl.exceptions.PolarsError, OSError) as fault:
        raise BadFile(f"{path} cannot be read: {str(fault).splitlines()[0]}. Look whether it is whole.") from fault


def _columns(table: pl.DataFrame, path: Path) -> dict[str, str]:
    """The file's own name of each column that counts."""
    columns: dict[str, str] = {}
    for name in table.columns:
        meaning = MEANINGS.get(_plain(name))
        if meaning in columns:
            raise BadFile(
                f"{path} has {columns[meaning]} and {name}, which both mean {meaning}; one column may. Leave one out."
            )
        if meaning:
            columns[meaning] = name
    absent = [name for name in ("symbol", "date", *NUMBERS) if name not in columns]
    if absent:
        raise BadFile(
            f"{path} has no column {', '.join(absent)}; it has {', '.join(table.columns)}. Rename its columns: symbol, "
            f"date, {', '.join(NUMBERS)}, and {ADJUSTED} if prices are not adjusted."
        )
    return columns


def _plain(name: str) -> str:
    """Without case, blanks, underscores, and what polars appends to a name that a CSV file has twice."""
    return re.sub(r"_duplicated_\d+$|[\s_]", "", name).lower()


def _refuse_events(table: pl.DataFrame, path: Path) -> None:
    """Splits and dividends beside prices that nothing adjusts: each would be judged as a day of wild trading."""
    if UNADJUSTED in map(_plain, table.columns):
        return
    for name in (name for name in table.columns if _plain(name) in NOTHING_HAPPENED):
        text = _text(table[name].cast(pl.String))
        number = text.cast(pl.Float64, strict=False)
        nothing = number.is_nan() | number.is_in(NOTHING_HAPPENED[_plain(name)])
        happened = text.filter(text.is_not_null() & ~nothing.fill_null(False))
        if happened.len():
            raise BadFile(
                f"{path} has {name} {happened[0]} and no {ADJUSTED}; beside splits and dividends nobody can tell "
                f"whether prices are raw. Add {ADJUSTED}, or leave {name} out if prices are adjusted already."
            )


def _typed(table: pl.DataFrame, columns: Mapping[str, str], path: Path) -> pl.DataFrame:
    """The columns that count, in their types; one row per bar, whatever else the file holds."""
    wanted = {"symbol": pl.String, "date": pl.Date, **dict.fromkeys((*NUMBERS, ADJUSTED), pl.Float64)}
    return pl.DataFrame(
        [_cast(table[columns[name]], kind, path).alias(name) for name, kind in wanted.items() if name in columns]
    )


def _cast(column: pl.Series, kind: type[pl.DataType], path: Path) -> pl.Series:
    """One column in its type; empty text in a CSV file is a missing value."""
    if column.dtype in (pl.String, pl.Categorical, pl.Enum):
        column = _text(column.cast(pl.String))
    try:
        made = _days(column) if kind is pl.Date else column.cast(kind)
    except (pl.exceptions.PolarsError, ValueError) as fault:
        raise BadFile(
            f"column {column.name} of {path} is no {kind.__name__}: {str(fault).splitlines()[0]}. Dates must be "
            "trading days such as 2013-03-01 or 20130301, prices and volumes numbers."
        ) from fault
    if kind is not pl.Float64 and made.null_count():
        raise BadFile(
            f"{made.null_count()} rows of {path} have no {column.name}; each bar needs one. Leave such rows out."
        )
    return made


def _text(column: pl.Series) -> pl.Series:
    return column.str.strip_chars().replace("", None)


def _days(column: pl.Series) -> pl.Series:
    """Dates as such, midnights, or text; an integer is text too: 20130301 is a day, days since 1970 are none."""
    if column.dtype in (pl.Date, pl.Null):
        return column.cast(pl.Date)
    if isinstance(column.dtype, pl.Datetime):
        _refuse_hours(column)
        return column.dt.date()
    if column.dtype != pl.String and not column.dtype.is_integer():
        raise ValueError(f"{column.dtype} tells no day")
    text = column.cast(pl.String).str.replace(r"^(\d{4})(\d\d)(\d\d)$", "${1}-${2}-${3}").str.replace(MIDNIGHT, "")
    integers = text.filter(text.str.contains(r"^[+-]?\d+$"))
    if integers.len():
        raise ValueError(f"the integer {integers[0]} is not written as year, month and day")
    return text.str.to_date("%Y-%m-%d")


def _refuse_hours(moments: pl.Series) -> None:
    """Midnight is a day; 21:00 UTC is a day of another time zone."""
    others = sorted(set(moments.dt.time().drop_nulls().unique()) - {time()})
    if others:
        raise ValueError(f"times of day {', '.join(map(str, others[:3]))}")


def _adjusted(table: pl.DataFrame) -> pl.DataFrame:
    """Prices by the vendor's factor, volume by its inverse: a split must not look like a day of wild trading."""
    factor = pl.col(ADJUSTED) / pl.col("close")
    return table.with_columns(*((pl.col(name) * factor) for name in PRICES), pl.col("volume") / factor).drop(ADJUSTED)


def _rows_aside(aside: Collection[Rejected]) -> list[str]:
    """One line a rule, with one example."""
    counts = Counter(row.rule for row in aside)
    example = {row.rule: row.reason for row in reversed(list(aside))}
    return [f"{count} rows put aside, {rule}, such as {example[rule]}" for rule, count in counts.most_common()]
