"""The canonical bar as a pandera schema: what every single row must be like, whatever came before or after it."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from stockcast.contracts.bars import TOLERANCE

COLUMNS = {
    "symbol": pl.String,
    "date": pl.Date,
    **dict.fromkeys(("open", "high", "low", "close", "volume", "close_raw"), pl.Float64),
    "source": pl.String,
}
PRICES = ("open", "high", "low", "close", "close_raw")
INDEX = "^"  # begins the symbols of indices, whose volume is somebody's sum and may lack


class RowRule(NamedTuple):
    """What a row has to keep, which of its columns show that it does not, and the sentence for people."""

    name: str
    shown: tuple[str, ...]
    reason: str


class BrokenRow(NamedTuple):
    """A row by its place in the frame, and the first rule it breaks."""

    place: int
    rule: RowRule


def broken_rows(bars: pl.DataFrame, day: date, sessions: Collection[date]) -> list[BrokenRow]:
    """Rows that break a rule, ascending by place; a row that breaks several counts for the first one.

    `day` is the run's day and `sessions` are the exchange's trading days.
    """
    rules, schema = _rules(day), _schema(day, sessions)
    try:
        schema.validate(bars, lazy=True)  # lazy: all rows of all rules at once
    except SchemaErrors as errors:
        return _first_broken(errors.failure_cases, rules)
    return []


def _rules(day: date) -> dict[str, RowRule]:
    """By name and in the order in which they count."""
    rules = (
        RowRule("finite_numbers", (*PRICES, "volume"), "prices and volume must be numbers"),
        RowRule("positive_prices", PRICES, "prices must be above 0"),
        RowRule("volume_not_negative", ("volume",), "volume must be at least 0"),
        RowRule("range_holds_open_and_close", PRICES[:4], "open and close must lie from low to high"),
        RowRule("not_after_day", ("date",), f"the run is for {day} and must not see later bars"),
        RowRule("trading_day", ("date",), "the exchange was closed on this date"),
        RowRule("traded", ("volume",), "a share that nobody traded has no price of that day; volume must be above 0"),
    )
    return {rule.name: rule for rule in rules}


def _schema(day: date, sessions: Collection[date]) -> pa.DataFrameSchema:
    prices = pl.all_horizontal(pl.col(name) > 0 for name in PRICES)
    numbers = pl.all_horizontal(pl.col(name).is_finite() for name in (*PRICES, "volume"))
    top, bottom = pl.max_horizontal("open", "close"), pl.min_horizontal("open", "close")
    inside = (pl.col("high") * (1 + TOLERANCE) >= top) & (pl.col("low") * (1 - TOLERANCE) <= bottom)
    is_index = pl.col("symbol").str.starts_with(INDEX)
    return pa.DataFrameSchema(
        {name: pa.Column(kind, nullable=True) for name, kind in COLUMNS.items()},  # nulls: finite_numbers tells them
        checks=[
            _check("finite_numbers", numbers),
            _check("positive_prices", prices),
            _check("volume_not_negative", pl.col("volume") >= 0),
            _check("range_holds_open_and_close", inside),
            _check("not_after_day", pl.col("date") <= day),
            _check("trading_day", pl.col("date").is_in(list(sessions))),
            _check("traded", (pl.col("volume") != 0) | is_index),
        ],
        strict=True,
    )


def _check(name: str, holds: pl.Expr) -> pa.Check:
    """A rule about whole rows; what cannot be answered, for a value is missing, counts as broken."""
    return pa.Check(lambda data: data.lazyframe.select(holds.fill_null(False)), name=name, ignore_na=False)


def _first_broken(cases: pl.DataFrame, rules: dict[str, RowRule]) -> list[BrokenRow]:
    """From pandera's failure cases, one a row and rule."""
    order = list(rules)
    broken: dict[int, str] = {}
    for place, name in cases.select("index", "check").iter_rows():
        if name not in rules or place is None:  # columns that lack or have another type: a fault of ours, not of a row
            raise ValueError(f"bars break {name!r}; they must have the columns {', '.join(COLUMNS)}. Mend the parser.")
        if place not in broken or order.index(name) < order.index(broken[place]):
            broken[place] = name
    return [BrokenRow(place, rules[broken[place]]) for place in sorted(broken)]
