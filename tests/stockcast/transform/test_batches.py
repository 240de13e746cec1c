"""A stream of batches, cut anywhere: the same features as in one go."""

from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.stockcast import generated

from stockcast.transform.batches import feature_batches
from stockcast.transform.table import feature_table

BARS = pl.concat([generated.bars(300, seed, symbol) for seed, symbol in enumerate(("AAA", "BBB", "CCC"))])


def cut(bars: pl.DataFrame, *ends: int) -> Iterator[Any]:
    """The bars as Arrow batches that end before these rows."""
    for start, end in zip((0, *ends), (*ends, bars.height), strict=True):
        yield from bars[start:end].to_arrow(compat_level=pl.CompatLevel.oldest()).to_batches() or [
            bars.clear().to_arrow(compat_level=pl.CompatLevel.oldest()).to_batches()
        ]


@pytest.mark.parametrize(
    "ends", [(), (300, 600), (299,), (301,), (10, 20, 30), (150, 450, 899), (650,)], ids=lambda ends: str(ends)
)
def test_where_a_batch_ends_does_not_matter(ends: tuple[int, ...]) -> None:
    """Spark cuts wherever its buffer is full."""
    made = pl.concat([pl.DataFrame(batch) for batch in feature_batches(cut(BARS, *ends))])

    assert_frame_equal(made, feature_table(BARS), check_exact=True)


def test_an_empty_partition_gives_nothing() -> None:
    assert list(feature_batches(iter(()))) == []


def test_a_symbol_that_comes_again_is_refused() -> None:
    """Its second half would start anew, with plausible numbers."""
    out_of_order = pl.concat([BARS, generated.bars(300, 0, "AAA")])

    with pytest.raises(ValueError, match="bars of AAA come in two places"):
        list(feature_batches(cut(out_of_order, 600)))
