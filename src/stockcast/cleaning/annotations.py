"""What is known of a day besides its prices: splits and dividends, closed days, earnings, what people noted.

One small table: symbol ("*" for all), date, kind, value, note, author. Sources tell splits and dividends, the calendar
tells holidays and early closes, people write CSV files. A note on earnings or an event also explains a large move, so
that cleaning does not take it for a fault.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import polars as pl

from stockcast.cleaning.calendar import special_days
from stockcast.contracts.bars import Event
from stockcast.contracts.keys import checked_symbol

EVERY = "*"
SCHEMA = {
    "symbol": pl.String, "date": pl.Date, "kind": pl.String, "value": pl.Float64, "note": pl.String,
    "author": pl.String,
}  # fmt: skip
WITH_VALUE = {"dividend": "dollars a share", "split": "new shares for one old share"}
BY_PEOPLE = ("dividend", "earnings", "event", "label", "split")  # closed days are the calendar's to tell
EXPLAINING = ("dividend", "earnings", "event", "label")  # not split: adjusted prices do not jump at one
KINDS = (*BY_PEOPLE, "early_close", "holiday")
CALENDAR = "exchange_calendars"


class BadLabel(ValueError):
    """A line of a CSV file that people edit: the value, the rule, and what to write instead."""


def annotations(labels: pl.DataFrame, events: Mapping[str, Sequence[Event]], first: date, last: date) -> pl.DataFrame:
    """The whole table from `first` to `last`, by symbol, date, kind and author; the same line twice is one."""
    told = [_of_event(event) for each in events.values() for event in each]
    closed = [(EVERY, day.date, day.kind, None, day.note, CALENDAR) for day in special_days(first, last)]
    table = pl.concat([labels, pl.DataFrame([*told, *closed], schema=SCHEMA, orient="row")])
    return (
        table.filter(pl.col("date").is_between(first, last)).unique().sort("symbol", "date", "kind", "author", "note")
    )


def explained(labels: pl.DataFrame, symbols: Iterable[str]) -> dict[str, set[date]]:
    """The days on which people gave a reason for a symbol's move."""
    reasons = labels.filter(pl.col("kind").is_in(EXPLAINING))
    return {symbol: set(reasons.filter(pl.col("symbol").is_in([symbol, EVERY]))["date"]) for symbol in symbols}


def annotated(bars: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    """Bars with what happened on their day: dividend, split_factor, annotation (kinds joined by ";"); null if nothing.

    Of two authors who tell the same split or dividend the first counts: it happened once.
    """
    values = table.unique(["symbol", "date", "kind"], keep="first", maintain_order=True)
    dividends, splits = (
        values.filter(pl.col("kind") == kind).select("symbol", "date", pl.col("value").alias(name))
        for kind, name in (("dividend", "dividend"), ("split", "split_factor"))
    )
    everyone = bars.select("symbol").unique()
    own = table.filter(pl.col("symbol") != EVERY).select("symbol", "date", "kind")
    of_all = table.filter(pl.col("symbol") == EVERY).select("date", "kind").join(everyone, how="cross")
    kinds = (
        pl.concat([own, of_all.select(own.columns)])
        .group_by("symbol", "date")
        .agg(pl.col("kind").unique().sort().str.join(";").alias("annotation"))
    )
    for known in (dividends, splits, kinds):
        bars = bars.join(known, on=["symbol", "date"], how="left", maintain_order="left")
    return bars


def read_labels(folder: Path) -> pl.DataFrame:
    """All lines of the folder's CSV files, each checked; no folder or no file means that nobody noted anything."""
    lines = [line for path in sorted(folder.glob("*.csv")) for line in _lines(path)]
    table = pl.DataFrame(lines, schema=SCHEMA, orient="row")
    twice = table.filter(table.select("symbol", "date", "kind").is_duplicated())
    if twice.height:
        symbol, day, kind = twice.select("symbol", "date", "kind").row(0)
        raise BadLabel(f"{folder} notes {kind} of {symbol} on {day} twice; once is enough. Remove one of the lines.")
    return table


def _lines(path: Path) -> Iterator[tuple]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        if tuple(reader.fieldnames or ()) != tuple(SCHEMA):
            raise BadLabel(
                f"{path.name} begins with {reader.fieldnames}; its first line must be {','.join(SCHEMA)}. Write it so."
            )
        for line in reader:
            try:
                yield _checked(line)
            except ValueError as fault:
                raise BadLabel(f"{path.name}, line {reader.line_num}: {fault} Correct this line.") from fault


def _checked(line: dict[str, str]) -> tuple:
    """One line as a row of the table."""
    if None in line or None in line.values():
        raise ValueError(f"it has not {len(SCHEMA)} fields; text with a comma in it must stand in double quotes.")
    symbol, kind, value = line["symbol"], line["kind"], line["value"]
    if symbol != EVERY:
        checked_symbol(symbol)
    if kind not in BY_PEOPLE:
        raise ValueError(f"kind is {kind!r}; it must be one of {', '.join(BY_PEOPLE)}.")
    if not line["note"].strip() or not line["author"].strip():
        raise ValueError("note or author is empty; a later reader needs to know what it is about and whom to ask.")
    return symbol, _day(line["date"]), kind, _value(kind, value), line["note"].strip(), line["author"].strip()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"date is {text!r}; it must be an ISO date such as 2013-03-01.") from None


def _value(kind: str, text: str) -> float | None:
    if kind not in WITH_VALUE:
        if text:
            raise ValueError(f"value is {text!r}; {kind} has none.")
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise ValueError(f"value is {text!r}; {kind} needs {WITH_VALUE[kind]}, a number above 0.")
    return value


def _of_event(event: Event) -> tuple:
    note = f"{event.value:g} {WITH_VALUE[event.kind]}"
    return event.symbol, event.date, event.kind, event.value, note, event.source
