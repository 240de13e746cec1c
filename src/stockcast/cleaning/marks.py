"""Which part of time each row belongs to: train, validation, test, or the purged days between."""

from collections.abc import Sequence
from datetime import date

import polars as pl

PURGED_DAYS = 21  # the longest horizon: a training target must not reach into the days it is judged on
PARTS = ("train", "validation", "test")


def split_marks(days: Sequence[date], train_share: float, validation_share: float) -> pl.DataFrame:
    """Columns date and split for ascending trading days; the same cuts for all symbols.

    By time and not by chance: shuffled rows would let a model learn from the days around those it is judged on.
    """
    if not (train_share > 0 and validation_share > 0 and train_share + validation_share < 1):
        raise ValueError(
            f"train_share is {train_share} and validation_share {validation_share}; both must be above 0 and leave "
            "something for the test. Use .67 and .08."
        )
    first, second = int(len(days) * train_share), int(len(days) * (train_share + validation_share))
    if second - first <= PURGED_DAYS or len(days) - second <= PURGED_DAYS or first == 0:
        raise ValueError(
            f"{len(days)} trading days are too few to part: validation and test must each keep more than the "
            f"{PURGED_DAYS} purged days. Ingest a longer history (history_start)."
        )
    marks = [_mark(place, first, second) for place in range(len(days))]
    return pl.DataFrame({"date": days, "split": marks}, schema={"date": pl.Date, "split": pl.String})


def _mark(place: int, first: int, second: int) -> str:
    if place < first:
        return "train"
    if place < second:
        return "validation" if place >= first + PURGED_DAYS else "purge"
    return "test" if place >= second + PURGED_DAYS else "purge"
