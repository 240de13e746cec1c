"""The feature table: each symbol as if it stood alone, with the version of what made it."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.stockcast import generated

from stockcast.features.fingerprint import feature_version
from stockcast.features.indicators import WARM_UP, features
from stockcast.transform.table import SCHEMA, feature_table


def two_symbols() -> pl.DataFrame:
    """BBB before AAA, as no file of ours has it."""
    return pl.concat([generated.bars(300, 2, "BBB"), generated.bars(320, 1, "AAA")])


def test_each_symbol_has_its_own_features_to_the_last_bit() -> None:
    """A look over a symbol's border would give a model yesterday's price of another company."""
    table = feature_table(two_symbols())

    for symbol, seed, count in (("AAA", 1, 320), ("BBB", 2, 300)):
        alone = features(generated.bars(count, seed, symbol))
        assert_frame_equal(table.filter(symbol=symbol).select(alone.columns), alone, check_exact=True)
    assert table["symbol"].unique(maintain_order=True).to_list() == ["AAA", "BBB"]
    assert table.schema == SCHEMA


def test_every_row_carries_the_version_of_the_code() -> None:
    """Whoever reads it later must know whether a model may look at it."""
    assert feature_table(two_symbols())["feature_version"].unique().to_list() == [feature_version()]


def test_the_order_of_the_rows_does_not_matter() -> None:
    """Spark gives no promise about it."""
    bars = two_symbols()

    assert_frame_equal(feature_table(bars.sample(fraction=1, shuffle=True, seed=3)), feature_table(bars))


def test_a_symbol_shorter_than_the_warm_up_has_no_rows_and_disturbs_nobody() -> None:
    bars = pl.concat([two_symbols(), generated.bars(WARM_UP, 3, "NEW")])

    assert_frame_equal(feature_table(bars), feature_table(two_symbols()))


def test_no_bars_give_an_empty_table_of_the_same_shape() -> None:
    """An empty partition is nothing special in Spark."""
    assert feature_table(two_symbols().clear()).schema == SCHEMA


@pytest.mark.parametrize(
    ("bars", "words"),
    [
        (two_symbols().drop("volume"), "no column volume"),
        (two_symbols().with_columns(symbol=pl.lit(None, pl.String)), "620 bars name no symbol"),
        (pl.concat([two_symbols(), generated.bars(300, 2, "BBB")]), "do not ascend by date without repeats"),
    ],
)
def test_bars_that_cannot_be_right_are_refused(bars: pl.DataFrame, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        feature_table(bars)
