"""What becomes of the rows that break a rule: the rest goes on, they go to quarantine with rule, value and reason."""

from collections.abc import Collection, Sequence
from datetime import date

import polars as pl

from stockcast.cleaning.bar_schema import COLUMNS, BrokenRow, RowRule, broken_rows
from stockcast.contracts.bars import Bar, Rejected

__all__ = ["COLUMNS", "clean", "part", "rejected"]

FIRST = RowRule("first_of_its_date", ("date",), "the date came before already")


def clean(bars: Sequence[Bar], day: date, sessions: Collection[date]) -> tuple[pl.DataFrame, list[Rejected]]:
    """Part the bars of one symbol into clean ones, ascending, and refused ones.

    `day` is the run's day: later rows may be unfinished, and a run for a past day must not know its future.
    `sessions` are the exchange's trading days. What a row looks like beside its neighbours is judged afterwards.
    """
    frame = pl.DataFrame(bars, schema=COLUMNS, orient="row")
    kept, refused = part(frame, broken_rows(frame, day, sessions))
    repeated = (~kept["date"].is_first_distinct()).arg_true()  # among clean rows: a bad first must not cost the second
    kept, refused_again = part(kept, [BrokenRow(place, FIRST) for place in repeated])
    return kept.sort("date"), refused + refused_again


def part(frame: pl.DataFrame, broken: Sequence[BrokenRow]) -> tuple[pl.DataFrame, list[Rejected]]:
    """The rows that stay, and the others as they go to quarantine."""
    if not broken:
        return frame, []
    places = [one.place for one in broken]
    rows = frame[places].iter_rows(named=True)
    refused = [rejected(row, one.rule) for row, one in zip(rows, broken, strict=True)]
    return frame.with_row_index("place").filter(~pl.col("place").is_in(places)).drop("place"), refused


def rejected(row: dict, rule: RowRule) -> Rejected:
    """The row for quarantine, with those of its values that a reader needs to see."""
    kept = {name: row[name].isoformat() if name == "date" and row[name] else row[name] for name in COLUMNS}
    value = ", ".join(f"{name} {_text(row[name])}" for name in rule.shown)
    return Rejected(kept, rule.name, value, f"{row['symbol']} on {row['date']}: {rule.reason}.")


def _text(value: object) -> str:
    """Not a number as NaN, as polars spells it; only that differs from itself."""
    return "NaN" if value != value else str(value)
