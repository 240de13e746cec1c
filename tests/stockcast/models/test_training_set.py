"""What a network is trained on."""

import polars as pl
import pytest
from tests.stockcast.generated import silver

from stockcast.models.training_set import read_bars, training_set

TABLE = silver(["AAPL", "GOOG"], 700)


def first_day(part: str) -> object:
    return TABLE.filter(pl.col("split") == part)["date"].min()


def test_no_training_target_reaches_into_the_days_it_is_judged_on():
    """Early stopping and evaluation would praise memory for skill."""
    data = training_set(TABLE, 40)
    at = data.frame.with_row_index("row")

    train, validation = (
        at.filter(pl.col("row").is_in(ends.tolist())) for ends in (data.train_ends, data.validation_ends)
    )

    assert set(train["split"]) == {"train"}
    assert set(validation["split"]) == {"validation"}
    assert train["target_until"].max() < first_day("validation")
    assert validation["target_until"].max() < first_day("test")
    assert str(data.trained_until) == str(validation["target_until"].max())


def test_windows_without_bars_around_the_cut_are_left_out():
    """A symbol with a hole spans 21 rows over more days than the purge holds."""
    cut = first_day("purge")
    holed = TABLE.filter(
        ~((pl.col("symbol") == "GOOG") & (pl.col("split") == "purge") & (pl.col("date") < first_day("validation")))
    )

    data = training_set(holed, 40)

    assert data.frame[data.train_ends]["target_until"].max() < first_day("validation")
    assert len(data.train_ends) < len(training_set(TABLE, 40).train_ends)
    assert cut < first_day("validation")


def test_windows_never_cross_from_one_symbol_into_another():
    """The first windows of GOOG would hold AAPL's last days."""
    data = training_set(TABLE, 40)
    symbols = data.frame["symbol"].to_list()

    assert all(symbols[end] == symbols[end - 39] for end in data.train_ends)
    assert data.symbols == ("AAPL", "GOOG")


def test_a_recipe_sees_training_rows_only():
    """Means over test years are a look into the future."""
    data = training_set(TABLE, 40)

    assert len(data.training_rows) == data.frame.filter(pl.col("split") == "train").height < len(data.rows)


def test_years_of_different_runs_are_refused(tmp_path):
    """A run for an older day leaves later years with other cuts behind: training rows after test rows."""
    later = TABLE.filter(pl.col("split") == "test").with_columns(pl.lit("train").alias("split"))
    TABLE.filter(pl.col("split") != "purge").write_parquet(tmp_path / "a.parquet")
    later.with_columns(pl.col("date").dt.offset_by("3y")).write_parquet(tmp_path / "b.parquet")

    with pytest.raises(ValueError, match="parts must follow each other in time"):
        read_bars(tmp_path)


def test_the_hash_tells_one_set_of_bars_from_another(tmp_path):
    """A model's numbers are only worth something with the data they came from."""
    (tmp_path / "year=2001").mkdir()
    TABLE.write_parquet(tmp_path / "year=2001" / "part.parquet")
    bars, first = read_bars(tmp_path)
    TABLE.with_columns(pl.col("volume") * 1.01).write_parquet(tmp_path / "year=2001" / "part.parquet")
    _, second = read_bars(tmp_path)

    assert bars.equals(TABLE)
    assert first != second


def test_an_empty_folder_and_a_short_history_say_what_to_do(tmp_path):
    """The log of a failed job is all that the night shift has."""
    with pytest.raises(FileNotFoundError, match="Run build_silver first"):
        read_bars(tmp_path)
    with pytest.raises(ValueError, match="ingest a longer history"):
        training_set(silver(["AAPL"], 300), 40)
