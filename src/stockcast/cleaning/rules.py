"""The rules that make a bar clean, and what becomes of a row that breaks one."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import NamedTuple

import polars as pl

from stockcast.contracts.bars import TOLERANCE, Bar, Rejected

COLUMNS = {
    "symbol": pl.String,
    "date": pl.Date,
    **dict.fromkeys(("open", "high", "low", "close", "volume", "close_raw"), pl.Float64),
    "source": pl.String,
}
PRICES = ("open", "high", "low", "close", "close_raw")


class Rule(NamedTuple):
    """`broken` is true for rows to refuse; `value` is what to show of them."""

    name: str
    broken: pl.Expr
    value: pl.Expr
    reason: str


def clean(bars: Sequence[Bar], day: date, sessions: Collection[date]) -> tuple[pl.DataFrame, list[Rejected]]:
    """Part the bars of one symbol into clean ones, ascending, and refused ones.

    `day` is the run's day: later rows may be unfinished, and a run for a past day must not know its future.
    `sessions` are the exchange's trading days.
    """
    frame = pl.DataFrame(bars, schema=COLUMNS, orient="row")
    refused: list[Rejected] = []
    for rule in _rules(day, sessions):
        marked = frame.with_columns(rule.broken.fill_null(True).alias("broken"), rule.value.alias("value"))
        refused += [_rejected(row, rule) for row in marked.filter("broken").iter_rows(named=True)]
        frame = marked.filter(~pl.col("broken")).select(list(COLUMNS))
    return frame.sort("date"), refused


def _rules(day: date, sessions: Collection[date]) -> Iterator[Rule]:
    """In this order: each sees only the rows that passed the ones before, so a row is refused once."""
    prices = [pl.col(name) for name in PRICES]
    yield Rule(
        "finite_numbers",
        ~pl.all_horizontal(column.is_finite() for column in [*prices, pl.col("volume")]),
        _shown(*PRICES, "volume"),
        "prices and volume must be numbers",
    )
    yield Rule("positive_prices", pl.min_horizontal(prices) <= 0, _shown(*PRICES), "prices must be above 0")
    yield Rule("volume_not_negative", pl.col("volume") < 0, _shown("volume"), "volume must be at least 0")
    top, bottom = pl.max_horizontal("open", "close"), pl.min_horizontal("open", "close")
    inside = (pl.col("high") * (1 + TOLERANCE) >= top) & (pl.col("low") * (1 - TOLERANCE) <= bottom)
    yield Rule("range_holds_open_and_close", ~inside, _shown(*PRICES[:4]), "open and close must lie from low to high")
    yield Rule(
        "not_after_day", pl.col("date") > day, _shown("date"), f"the run is for {day} and must not see later bars"
    )
    yield Rule(
        "trading_day", ~pl.col("date").is_in(list(sessions)), _shown("date"), "the exchange was closed on this date"
    )
    yield Rule("first_of_its_date", ~pl.col("date").is_first_distinct(), _shown("date"), "the date came before already")


def _shown(*names: str) -> pl.Expr:
    """The values that a reader needs to see, as text."""
    return pl.format(", ".join(f"{name} {{}}" for name in names), *(pl.col(name).cast(pl.String) for name in names))


def _rejected(row: dict, rule: Rule) -> Rejected:
    kept = {name: row[name].isoformat() if name == "date" else row[name] for name in COLUMNS}
    return Rejected(kept, rule.name, row["value"], f"{row['symbol']} on {row['date']}: {rule.reason}.")
