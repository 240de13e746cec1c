"""Anybody's file of bars."""

import gzip
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.stockcast.generated import bars

from stockcast.cleaning.calendar import trading_days
from stockcast.models.bars_file import BadFile, cleaned, marked, read

DAYS = trading_days(date(2001, 1, 2), date(2006, 12, 29))
PLAIN = ["symbol", "date", "open", "high", "low", "close", "volume"]


def table(symbol: str = "GENX", seed: int = 1) -> pl.DataFrame:
    return bars(len(DAYS), seed, symbol, DAYS).select(PLAIN)


def stored(frame: pl.DataFrame, folder: Path, name: str = "bars.parquet") -> Path:
    path = folder / name
    frame.write_parquet(path) if name.endswith("parquet") else frame.write_csv(path)
    return path


@pytest.mark.parametrize("name", ["bars.parquet", "bars.csv"])
def test_both_kinds_of_file_give_the_same_bars(tmp_path, name):
    """Whoever checks us has one or the other."""
    frame = pl.concat([table("BBB", 2), table("AAA")])

    made = read(stored(frame, tmp_path, name))

    assert made["symbol"].unique(maintain_order=True).to_list() == ["AAA", "BBB"]
    assert made.filter(pl.col("symbol") == "BBB")["close"].to_list() == pytest.approx(
        table("BBB", 2)["close"].to_list()
    )
    assert made.schema["date"] == pl.Date
    assert made.schema["volume"] == pl.Float64


def test_raw_prices_are_adjusted_and_a_split_leaves_no_trace(tmp_path):
    """Half the price and twice the shares is no crash."""
    whole = table().with_columns(pl.col("close").alias("adjusted_close"))
    early = pl.col("date") < DAYS[700]
    raw = whole.with_columns(
        *(pl.when(early).then(pl.col(name) * 2).otherwise(pl.col(name)) for name in PLAIN[2:6]),
        pl.when(early).then(pl.col("volume") / 2).otherwise(pl.col("volume")),
    )

    made = read(stored(raw, tmp_path))

    for name in PLAIN[2:]:
        assert made[name].to_list() == pytest.approx(table()[name].to_list())


def test_chosen_symbols_are_read_and_others_asked_for_are_refused(tmp_path):
    """A misspelt symbol must not shrink the judgement silently."""
    path = stored(pl.concat([table("AAA"), table("BBB", 2)]), tmp_path)

    assert read(path, ["BBB"])["symbol"].unique().to_list() == ["BBB"]
    with pytest.raises(BadFile, match="holds no AMZN; it holds AAA, BBB"):
        read(path, ["AAA", "AMZN"])


def bad(change: str) -> pl.DataFrame:
    frame = table()
    match change:
        case "renamed":
            return frame.rename({"close": "Close"})
        case "empty":
            return frame.clear()
        case "words":
            return frame.with_columns(pl.lit("many").alias("volume"))
        case "american dates":
            return frame.with_columns(pl.col("date").dt.strftime("%m/%d/%Y"))
        case "hours":
            return frame.with_columns(pl.col("date").cast(pl.Datetime) + timedelta(hours=21))
        case _:
            return frame.with_columns(pl.when(pl.int_range(pl.len()) == 3).then(None).otherwise("date").alias("date"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("renamed", "no column close; it has symbol, date, open, high, low, Close"),
        ("empty", "has no row"),
        ("words", "column volume .* is no Float64"),
        ("american dates", "column date .* is no Date"),
        ("hours", r"column date .* is no Date: times of day \[21\]"),
        ("no date", "1 rows .* have no date"),
    ],
)
def test_a_file_that_is_something_else_is_refused_by_name(tmp_path, change, told):
    """A table printed from such a file would be believed."""
    with pytest.raises(BadFile, match=told):
        read(stored(bad(change), tmp_path))


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("bars.parquet", b"PAR1 and no more", "cannot be read"),
        ("bars.parquet", gzip.compress(b"no bars", mtime=0), "cannot be read"),
        ("bars.xlsx", b"", r"ends in \.xlsx; \.parquet and \.csv are read"),
        ("bars.csv", b"", "cannot be read"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path, name, content, told):
    """Half a download has rows too."""
    (tmp_path / name).write_bytes(content)

    with pytest.raises(BadFile, match=told):
        read(tmp_path / name)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(BadFile, match="cannot be read"):
        read(tmp_path / "none.csv")


def canonical(tmp_path: Path, frame: pl.DataFrame) -> pl.DataFrame:
    return read(stored(frame, tmp_path))


def test_bad_rows_are_put_aside_and_told(tmp_path):
    """One negative price must neither end the judgement nor enter it."""
    frame = table().with_columns(
        pl.when(pl.int_range(pl.len()) == 500).then(-1.0).otherwise("low").alias("low"),
        pl.when(pl.int_range(pl.len()) == 600).then(float("nan")).otherwise("volume").alias("volume"),
    )
    doubled = pl.concat([frame, frame[700:701]])

    kept, notes = cleaned(canonical(tmp_path, doubled), DAYS[-1])

    gone = set(DAYS) - set(kept["date"])
    assert {DAYS[500], DAYS[600], DAYS[700]} <= gone
    assert any("positive_prices" in note for note in notes)
    assert any("finite_numbers" in note for note in notes)
    assert any("their day is there twice" in note for note in notes)


def test_a_symbol_with_an_unadjusted_split_is_left_out_and_told(tmp_path):
    """A fall by half that never was would be the largest error of the whole table."""
    split = table("SPLT", 5).with_columns(
        pl.when(pl.col("date") < DAYS[800]).then(pl.col(name) * 2).otherwise(pl.col(name)) for name in PLAIN[2:6]
    )

    kept, notes = cleaned(canonical(tmp_path, pl.concat([table(), split])), DAYS[-1])

    assert kept["symbol"].unique().to_list() == ["GENX"]
    assert any(note.startswith("SPLT left out, split_jump") for note in notes)


def test_bars_of_another_calendar_are_refused_as_a_whole(tmp_path):
    """Every Saturday put aside in silence would leave five sevenths of another market."""
    days = [date(2001, 1, 1) + timedelta(days=n) for n in range(1500)]
    frame = bars(1500, 1, "COIN", days).select(PLAIN)

    with pytest.raises(BadFile, match="rows break a rule and 1 symbols are left; at most 20% of rows may"):
        cleaned(canonical(tmp_path, frame), days[-1])


def test_days_after_the_last_are_not_looked_at(tmp_path):
    """The judge names the days; later ones are nobody's business."""
    kept, _ = cleaned(canonical(tmp_path, table()), DAYS[1200])

    assert kept["date"].max() == DAYS[1200]


def test_the_parts_follow_each_other_with_a_month_between(tmp_path):
    """The first day to be judged on is the one asked for, and no training target reaches it."""
    made = marked(canonical(tmp_path, table()), DAYS[1000], DAYS[1300])
    part = {name: made.filter(pl.col("split") == name)["date"].to_list() for name in ("train", "validation", "test")}

    assert part["test"] == list(DAYS[1000:1301])
    assert len(part["validation"]) == 110
    assert DAYS.index(part["validation"][-1]) == 1000 - 22
    assert DAYS.index(part["validation"][0]) - DAYS.index(part["train"][-1]) == 22
    assert part["train"][0] == DAYS[0]


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        (300, 1300, "300 days before .* at least 756 and 63 are needed"),
        (1000, 1010, "1000 days before .* and 11 from there"),
        (1300, 1000, "it must end after it begins"),
    ],
)
def test_days_that_leave_too_little_are_refused(tmp_path, first, last, told):
    """A figure made of eleven days is a story."""
    with pytest.raises(BadFile, match=told):
        marked(canonical(tmp_path, table()), DAYS[first], DAYS[last])
