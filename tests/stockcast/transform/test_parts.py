"""Feature files: whole symbols in each, together the same as in one go."""

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.stockcast import generated

from stockcast.transform.parts import Span, feature_parts, spans
from stockcast.transform.table import feature_table

LENGTHS = {"AAA": 300, "BBB": 260, "CCC": 900, "DDD": 280}


@pytest.fixture
def bars(tmp_path: Path) -> Path:
    """Silver's file of four symbols in row groups that end within symbols."""
    frames = [generated.bars(count, seed, symbol) for seed, (symbol, count) in enumerate(LENGTHS.items())]
    path = tmp_path / "bars.parquet"
    pl.concat(frames).write_parquet(path, row_group_size=128)
    return path


def test_spans_end_between_symbols(bars: Path) -> None:
    """A symbol that is cut starts its averages anew, and nobody sees it in the numbers."""
    assert spans(pl.scan_parquet(bars), 600) == [Span(0, 560), Span(560, 900), Span(1460, 280)]


def test_the_parts_together_are_the_table(bars: Path, tmp_path: Path) -> None:
    written = list(feature_parts(bars, tmp_path / "features", 600))

    together = pl.concat([pl.read_parquet(part.path) for part in written])
    assert_frame_equal(together, feature_table(pl.read_parquet(bars)), check_exact=True)
    assert [(part.path.name, part.symbols, part.rows) for part in written] == [
        ("part-00000.parquet", 2, 60),
        ("part-00001.parquet", 1, 650),
        ("part-00002.parquet", 1, 30),
    ]


def test_the_same_bars_give_the_same_bytes(bars: Path, tmp_path: Path) -> None:
    """A repeat overwrites with what was there."""
    first, again = ([part.path.read_bytes() for part in feature_parts(bars, tmp_path / name)] for name in "ab")

    assert first == again


def test_a_file_with_a_symbol_in_two_places_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bars.parquet"
    frames = [generated.bars(300, 1, "AAA"), generated.bars(300, 2, "BBB"), generated.bars(300, 1, "AAA")]
    pl.concat(frames).write_parquet(path)

    with pytest.raises(ValueError, match="the bars of 1 symbols do not lie together"):
        list(feature_parts(path, tmp_path / "features"))


def test_a_file_without_bars_gives_no_parts(tmp_path: Path) -> None:
    path = tmp_path / "bars.parquet"
    generated.bars(10).clear().write_parquet(path)

    assert list(feature_parts(path, tmp_path / "features")) == []
