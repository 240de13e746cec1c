"""What a training refuses to learn from: silver bars that no run of build_silver has written like this.

Cleaning judges raw answers and puts single rows aside. Here nothing is put aside: whatever is wrong with silver means
that somebody wrote it who should not have, or that a file is damaged, and the whole set is in doubt.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date
from math import log
from pathlib import Path
from typing import NamedTuple

import polars as pl

from stockcast.cleaning.marks import PARTS, PURGED_DAYS
from stockcast.cleaning.silver import DAY_OF_FILE
from stockcast.contracts.bars import MINIMUM_BARS, TOLERANCE
from stockcast.contracts.keys import SYMBOL

PRICES = ("open", "high", "low", "close")
REQUIRED = {
    "symbol": pl.String,
    "date": pl.Date,
    **dict.fromkeys((*PRICES, "volume"), pl.Float64),
    "split": pl.String,
}
MARKS = (*PARTS, "purge")
FEWEST_ROWS = MINIMUM_BARS + PURGED_DAYS  # one window, and the outcome of its longest horizon
MOST_UNTRADED = 0.1  # share of a share's days without volume; cleaning leaves none, other bars may have a few
LARGEST_MOVE = log(5)  # of a close in a day: crashes reach half of it, a missing 5:1 split does not
REMEDY = "Run build_silver again for the newest day (task clean_bars of forecast_prices), or mend the bars file."


class BadBars(ValueError):
    """Bars to train on that break a rule: the value, the rule, the way out."""

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(f"{text} {REMEDY}")
        self.rule = rule


class _Rule(NamedTuple):
    """A rule about rows; `broken` is true for bad ones."""

    name: str
    broken: pl.Expr
    shown: tuple[str, ...]
    text: str


def read(paths: Sequence[Path], today: date) -> pl.DataFrame:
    """All bars of some Parquet files, by symbol and date: whatever order they came in, this one is right.

    `today` ends what can be known, unless the files tell their run's day themselves.
    """
    days: set[str] = set()
    tables = []
    for path in paths:
        table, day = _file(path)
        _check_columns(table, path.name)
        tables.append(table)
        days.update(filter(None, [day]))
    if len(days) > 1:
        raise BadBars("one_run", f"the files are of runs for {' and '.join(sorted(days))}; one run writes all of them.")
    try:
        bars = pl.concat(tables).sort("symbol", "date")
    except pl.exceptions.PolarsError as fault:
        raise BadBars("one_run", f"the files have different columns ({fault}); one run writes all alike.") from fault
    check(bars, date.fromisoformat(days.pop()) if days else today)
    return bars


def check(bars: pl.DataFrame, last: date) -> None:
    """Raise BadBars for the first rule that sorted bars break; `last` is the last day that can be known."""
    _check_columns(bars, "the bars")
    if bars.height == 0:
        raise BadBars("not_empty", "the bars have no row; a training needs years.")
    for rule in _row_rules(last):
        _check_rows(bars, rule)
    _check_order_of_parts(bars)
    _check_symbols(bars)


def _file(path: Path) -> tuple[pl.DataFrame, str | None]:
    """Table and the day of the run that wrote it, None if the file does not tell."""
    try:
        return pl.read_parquet(path, hive_partitioning=False), pl.read_parquet_metadata(path).get(DAY_OF_FILE)
    except (pl.exceptions.PolarsError, OSError) as fault:
        size = path.stat().st_size
        raise BadBars(
            "whole_parquet", f"{path.name} of {size} bytes is no whole Parquet file ({str(fault).splitlines()[0]})."
        ) from fault


def _check_columns(bars: pl.DataFrame, name: str) -> None:
    missing = [column for column in REQUIRED if column not in bars.columns]
    if missing:
        raise BadBars(
            "columns", f"{name} has no column {', '.join(missing)} but {', '.join(bars.columns)}; names must be exact."
        )
    for column, wanted in REQUIRED.items():
        if bars.schema[column] != wanted:
            raise BadBars("types", f"{column} of {name} is {bars.schema[column]}; it must be {wanted}.")


def _row_rules(last: date) -> Iterator[_Rule]:
    """In this order: later ones take for granted what earlier ones ask."""
    numbers, prices = [pl.col(name) for name in (*PRICES, "volume")], [pl.col(name) for name in PRICES]
    top, bottom = pl.max_horizontal("open", "close"), pl.min_horizontal("open", "close")
    inside = (pl.col("high") * (1 + TOLERANCE) >= top) & (pl.col("low") * (1 - TOLERANCE) <= bottom)
    yield _Rule("named", ~pl.col("symbol").str.contains(f"^(?:{SYMBOL.pattern})$"), (), "every row needs a symbol")
    yield _Rule("dated", pl.col("date").is_null(), (), "every row needs a date")
    yield _Rule("known_part", ~pl.col("split").is_in(MARKS), ("split",), f"split must be one of {', '.join(MARKS)}")
    finite = pl.all_horizontal(column.is_finite() for column in numbers)
    yield _Rule("finite_numbers", ~finite, (*PRICES, "volume"), "prices and volume must be numbers")
    yield _Rule("positive_prices", pl.min_horizontal(prices) <= 0, PRICES, "prices must be above 0")
    yield _Rule("volume_not_negative", pl.col("volume") < 0, ("volume",), "volume must be at least 0")
    yield _Rule("range_holds_open_and_close", ~inside, PRICES, "open and close must lie from low to high")
    yield _Rule("not_after_day", pl.col("date") > last, (), f"nothing after {last} can be known")
    yield _Rule("one_bar_a_day", pl.struct("symbol", "date").is_duplicated(), ("close",), "one bar a symbol and day")
    move = pl.col("close").log().diff().over("symbol").abs()
    yield _Rule(
        "no_missing_split", (move > LARGEST_MOVE).fill_null(False), ("close",),
        "a close that changes fivefold in a day is an unadjusted split or another symbol's price",
    )  # fmt: skip


def _check_rows(bars: pl.DataFrame, rule: _Rule) -> None:
    bad = bars.filter(rule.broken.fill_null(True))
    if bad.height:
        row = bad.row(0, named=True)
        values = "".join(f", {name} {row[name]}" for name in rule.shown)
        raise BadBars(
            rule.name, f"{row['symbol']} on {row['date']}{values}: {rule.text}. {bad.height} rows break this rule."
        )


def _check_order_of_parts(bars: pl.DataFrame) -> None:
    """Files written by runs for different days carry different cuts: training rows could lie after test rows."""
    places = {name: place for place, name in enumerate(PARTS)}
    order = bars.filter(pl.col("split") != "purge").sort("date")["split"].replace_strict(places, return_dtype=pl.Int8)
    if (order.diff().drop_nulls() < 0).any():
        raise BadBars(
            "parts_in_time",
            "silver bars have training days after validation or test days; parts must follow each other in time. "
            "Files of runs for different days are mixed: clean the newest day again.",
        )
    weekends = bars.filter(pl.col("date").dt.weekday() > 5)  # polars: Monday is 1
    if weekends.height:
        symbol, day = weekends.select("symbol", "date").row(0)
        raise BadBars(
            "trading_day", f"{symbol} has a bar on {day}, a weekend; dates must be the exchange's: a time zone is off."
        )


def _check_symbols(bars: pl.DataFrame) -> None:
    """What shows only in a symbol as a whole."""
    counts = bars.group_by("symbol").agg(pl.len().alias("rows"), (pl.col("volume") == 0).mean().alias("untraded"))
    longest = max(counts["rows"].to_list())
    if longest < FEWEST_ROWS:
        raise BadBars(
            "long_enough", f"the longest history has {longest} rows; {FEWEST_ROWS} make one window and its outcome."
        )
    silent = counts.filter((pl.col("untraded") > MOST_UNTRADED) & ~pl.col("symbol").str.starts_with("^")).sort("symbol")
    if silent.height:
        symbol, _, share = silent.row(0)
        raise BadBars(
            "traded", f"{symbol} has no volume on {share:.0%} of its days; at most {MOST_UNTRADED:.0%} may be without."
        )
    seen: dict[str, str] = {}
    for one in bars.partition_by("symbol", maintain_order=True):
        content = hashlib.sha256(one.select(*PRICES).to_numpy().tobytes()).hexdigest()
        symbol = str(one["symbol"][0])
        if content in seen:
            raise BadBars(
                "same_bars", f"{seen[content]} and {symbol} have the same bars; one is stored under two names."
            )
        seen[content] = symbol
