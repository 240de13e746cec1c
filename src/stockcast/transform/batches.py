"""The transform over a stream of Arrow batches, which is how Spark hands over a partition.

A batch ends wherever Spark's buffer was full, in the middle of a symbol. Rows are held back until the next symbol
begins, so memory holds one symbol and one batch.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl

from stockcast.transform.table import BAR_COLUMNS, feature_table


def feature_batches(batches: Iterable[Any]) -> Iterator[Any]:
    """Feature batches (pyarrow) of bar batches that are sorted by symbol and date and hold whole symbols together."""
    waiting: list[pl.DataFrame] = []
    done: set[str] = set()
    for batch in batches:
        frame = pl.DataFrame(batch).select(BAR_COLUMNS)
        if frame.is_empty():
            continue
        last = frame["symbol"][-1]
        is_last = frame["symbol"] == last
        whole = pl.concat([*waiting, frame.filter(~is_last)]) if not is_last.all() else None
        if whole is not None:
            yield from _features(whole, done)
            waiting = [frame.filter(is_last)]
        elif waiting and waiting[-1]["symbol"][0] != last:
            yield from _features(pl.concat(waiting), done)
            waiting = [frame]
        else:
            waiting.append(frame)
    if waiting:
        yield from _features(pl.concat(waiting), done)


def _features(bars: pl.DataFrame, done: set[str]) -> Iterator[Any]:
    symbols = set(bars["symbol"].unique())
    if again := symbols & done:
        raise ValueError(
            f"bars of {', '.join(sorted(again))} come in two places; a symbol's bars must follow each other. "
            "Sort the partition by symbol and date."
        )
    done |= symbols
    yield from feature_table(bars).to_arrow(compat_level=pl.CompatLevel.oldest()).to_batches()
