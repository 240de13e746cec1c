"""The door of a training: what a damaged, foreign or mixed set of bars is told, before anything is learned from it.

A network trained on any of these would be written, judged and perhaps served; the error is the last chance to see it.
"""

import gzip
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.stockcast.generated import silver

from stockcast.cleaning.training_door import BadBars
from stockcast.models.training_set import read_bars

TODAY = date(2013, 3, 1)
GOOD = silver(["AAPL", "GOOG", "^GSPC"], 700)
LAST = GOOD["date"].max()
ROW = pl.int_range(pl.len())
SPOILT = 400  # in AAPL's history

PRICES = ("open", "high", "low", "close")

Spoil = Callable[[Path], object]


def changed(*columns: pl.Expr) -> Spoil:
    return written(GOOD.with_columns(*columns))


def at_row(name: str, value: object) -> Spoil:
    return changed(pl.when(ROW == SPOILT).then(pl.lit(value)).otherwise(name).alias(name))


def written(frame: pl.DataFrame) -> Spoil:
    return lambda folder: frame.write_parquet(folder / "part.parquet")


def raw(content: bytes) -> Spoil:
    return lambda folder: (folder / "part.parquet").write_bytes(content)


def damaged(keep: float) -> Spoil:
    """The first part of a good file, as a broken download leaves it."""

    def spoil(folder: Path) -> None:
        GOOD.write_parquet(folder / "part.parquet")
        whole = (folder / "part.parquet").read_bytes()
        (folder / "part.parquet").write_bytes(whole[: int(len(whole) * keep)])

    return spoil


def two_runs(days: tuple[str, str]) -> Spoil:
    def spoil(folder: Path) -> None:
        for n, day in enumerate(days):
            one = GOOD.filter(pl.col("symbol") == ("AAPL", "GOOG")[n])
            one.write_parquet(folder / f"{n}.parquet", metadata={"stockcast.day": day})

    return spoil


def other_columns(folder: Path) -> None:
    GOOD.write_parquet(folder / "a.parquet")
    GOOD.drop("market_close").with_columns(pl.lit("IBM").alias("symbol")).write_parquet(folder / "b.parquet")


def later_than_its_run(folder: Path) -> None:
    told = (LAST - timedelta(days=30)).isoformat()
    GOOD.write_parquet(folder / "part.parquet", metadata={"stockcast.day": told})


TWIN = GOOD.with_columns(pl.when(pl.col("symbol") == "GOOG").then(pl.lit("ZZZ")).otherwise("symbol").alias("symbol"))
LATE_MARKS = GOOD.with_columns(
    pl.when(pl.col("date") > LAST - timedelta(days=9)).then(pl.lit("train")).otherwise("split").alias("split")
)

CASES = {
    "no row at all": (written(GOOD.clear()), "not_empty", "no row"),
    "one row": (written(GOOD.head(1)), "long_enough", "the longest history has 1 rows"),
    "a history too short for a window": (
        written(GOOD.filter(pl.col("date") < GOOD["date"][310])),
        "long_enough",
        "310 rows",
    ),
    "the same day twice": (written(pl.concat([GOOD, GOOD[SPOILT : SPOILT + 1]])), "one_bar_a_day", "one bar a symbol"),
    "a price that is not a number": (at_row("close", float("nan")), "finite_numbers", "close nan"),
    "an infinite price": (at_row("high", float("inf")), "finite_numbers", "high inf"),
    "a missing price": (at_row("open", None), "finite_numbers", "open None"),
    "a missing volume": (at_row("volume", None), "finite_numbers", "volume None"),
    "a negative price": (at_row("low", -1.0), "positive_prices", "low -1.0"),
    "a price of nothing": (at_row("low", 0.0), "positive_prices", "low 0.0"),
    "a negative volume": (at_row("volume", -5.0), "volume_not_negative", "volume -5.0"),
    "a share without volume": (changed(pl.lit(0.0).alias("volume")), "traded", "AAPL has no volume on 100%"),
    "high below low": (at_row("high", 0.5), "range_holds_open_and_close", "high 0.5"),
    "a close above its high": (at_row("close", 1e6), "range_holds_open_and_close", "close 1000000.0"),
    "prices as text": (changed(pl.col("close").cast(pl.String)), "types", "close of part.parquet is String"),
    "volume as whole numbers": (changed(pl.col("volume").cast(pl.Int64)), "types", "must be Float64"),
    "dates as text": (changed(pl.col("date").cast(pl.String)), "types", "date of part.parquet is String"),
    "time stamps with a zone": (
        changed(pl.col("date").cast(pl.Datetime("us", "UTC"))),
        "types",
        "Datetime",
    ),
    "dates moved by a time zone": (
        changed(pl.col("date").dt.offset_by("-1d")),
        "trading_day",
        "a weekend",
    ),
    "days after today": (changed(pl.col("date").dt.offset_by("28y")), "not_after_day", "nothing after 2013-03-01"),
    "days after the run's own": (later_than_its_run, "not_after_day", "nothing after"),
    "a missing date": (at_row("date", None), "dated", "every row needs a date"),
    "a missing symbol": (at_row("symbol", None), "named", "every row needs a symbol"),
    "a symbol that is none": (at_row("symbol", "apple inc."), "named", "apple inc."),
    "renamed columns": (
        written(GOOD.rename({"close": "Close", "date": "Date"})),
        "columns",
        "has no column date, close but symbol, Date",
    ),
    "no marks of the parts": (written(GOOD.drop("split")), "columns", "has no column split"),
    "an unknown mark": (at_row("split", "holdout"), "known_part", "split holdout"),
    "a missing mark": (at_row("split", None), "known_part", "split None"),
    "training days after the test": (written(LATE_MARKS), "parts_in_time", "parts must follow each other"),
    "files of two runs": (two_runs(("2003-09-01", "2003-09-08")), "one_run", "2003-09-01 and 2003-09-08"),
    "files with different columns": (other_columns, "one_run", "different columns"),
    "a file cut off in the middle": (damaged(0.6), "whole_parquet", "no whole Parquet file"),
    "a file without its last bytes": (damaged(0.999), "whole_parquet", "no whole Parquet file"),
    "an empty file": (raw(b""), "whole_parquet", "of 0 bytes"),
    "a gzip under this name": (
        raw(gzip.compress(b"symbol,date\n" * 999, mtime=0)),
        "whole_parquet",
        "no whole Parquet file",
    ),
    "a web page under this name": (raw(b"<!DOCTYPE html><html>Not found</html>"), "whole_parquet", "no whole Parquet"),
    "a CSV under this name": (raw(GOOD.write_csv().encode()), "whole_parquet", "no whole Parquet file"),
    "one share under two names": (
        written(pl.concat([GOOD, TWIN.filter(pl.col("symbol") == "ZZZ")])),
        "same_bars",
        "GOOG and ZZZ",
    ),
    "a missing split": (
        changed(*(pl.when(ROW.is_between(SPOILT, 699)).then(pl.col(n) / 10).otherwise(n).alias(n) for n in PRICES)),
        "no_missing_split",
        "changes fivefold",
    ),
}


@pytest.mark.parametrize(("spoil", "rule", "told"), CASES.values(), ids=CASES)
def test_bad_bars_are_refused_with_value_rule_and_remedy(tmp_path, spoil, rule, told):
    """The first line of a failed job is all that the night shift reads."""
    spoil(tmp_path)

    with pytest.raises(BadBars) as refusal:
        read_bars(tmp_path, TODAY)

    assert refusal.value.rule == rule
    assert told in str(refusal.value)
    assert "Run build_silver again" in str(refusal.value)


def test_good_bars_come_through_as_they_are(tmp_path):
    """A door that refuses everything would pass every case above."""
    written(GOOD)(tmp_path)

    bars, _ = read_bars(tmp_path, TODAY)

    assert bars.equals(GOOD)


def test_bars_in_any_order_are_put_in_order(tmp_path):
    """Windows are cut by place: unsorted rows would mix the years of a symbol."""
    written(GOOD.sample(fraction=1.0, shuffle=True, seed=7))(tmp_path)

    bars, _ = read_bars(tmp_path, TODAY)

    assert bars.equals(GOOD)


def test_several_files_of_one_run_are_one_set(tmp_path):
    two_runs(("2003-09-08", "2003-09-08"))(tmp_path)

    bars, _ = read_bars(tmp_path, TODAY)

    assert bars["symbol"].unique().sort().to_list() == ["AAPL", "GOOG"]


def test_an_index_without_volume_and_a_few_still_days_are_no_fault(tmp_path):
    """Real sets have both; refusing them would refuse every larger set."""
    still = (pl.col("symbol") == "^GSPC") | (ROW % 50 == 0)
    changed(pl.when(still).then(0.0).otherwise("volume").alias("volume"))(tmp_path)

    assert read_bars(tmp_path, TODAY)[0].height == GOOD.height
