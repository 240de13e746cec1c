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


def quoted(adjusted: str) -> pl.DataFrame:
    """Prices twice as high as they are when adjusted by the column of this name."""
    whole = table().with_columns(pl.col("close").alias(adjusted))
    return whole.with_columns(*(pl.col(name) * 2 for name in PLAIN[2:6]), pl.col("volume") / 2)


@pytest.mark.parametrize(
    "name", ["adjusted_close", "Adjusted Close", "Adj Close", "adj_close", "AdjClose", "adjclose", " ADJ_CLOSE "]
)
def test_an_adjusted_close_is_known_by_whatever_vendors_call_it(tmp_path, name):
    """Passed over, it would leave raw prices to be judged as adjusted ones."""
    made = read(stored(quoted(name), tmp_path, "bars.csv"))

    for column in PLAIN[2:]:
        assert made[column].to_list() == pytest.approx(table()[column].to_list())


@pytest.mark.parametrize(
    "names",
    [
        ["Ticker", "Date", "Open", "High", "Low", "Close", "Volume"],
        ["SYMBOL", "DATE", "OPEN", "HIGH", "LOW", "CLOSE", "VOLUME"],
        ["ticker", " date", "open_", "hi gh", "_low", "close ", "Vol ume"],
    ],
    ids=["ticker_and_capitals", "all_capitals", "blanks_and_underscores"],
)
def test_case_blanks_and_underscores_of_a_column_do_not_count(tmp_path, names):
    """Most vendors write capitals; who renames columns by hand makes mistakes."""
    made = read(stored(table().rename(dict(zip(PLAIN, names, strict=True))), tmp_path, "bars.csv"))

    assert made.drop("source").equals(read(stored(table(), tmp_path, "plain.csv")).drop("source"))


@pytest.mark.parametrize(
    ("also", "told"),
    [
        (["Close"], "has close and Close, which both mean close; one column may. Leave one out"),
        (["ticker"], "has symbol and ticker, which both mean symbol"),
        (["adj_close", "adjusted_close"], "has adj_close and adjusted_close, which both mean adjusted_close"),
    ],
    ids=["close_twice", "symbol_and_ticker", "two_adjusted"],
)
def test_two_columns_that_mean_the_same_are_refused_by_name(tmp_path, also, told):
    """Whichever was taken, the other might have been meant."""
    frame = table().with_columns(pl.col("symbol" if name == "ticker" else "close").alias(name) for name in also)

    with pytest.raises(BadFile, match=told):
        read(stored(frame, tmp_path))


def test_a_csv_file_with_the_same_name_twice_is_refused(tmp_path):
    """Its reader gives the second a name of its own."""
    (tmp_path / "bars.csv").write_text("symbol,date,open,high,low,close,close,volume\nA,2010-01-04,1,1,1,1,2,9\n")

    with pytest.raises(BadFile, match="has close and close_duplicated_0, which both mean close"):
        read(tmp_path / "bars.csv")


def with_event(name: str, value: object) -> pl.DataFrame:
    """One value amid days on which nothing happened."""
    nothing = "" if isinstance(value, str) else 0.0
    happened = pl.when(pl.int_range(pl.len()) == 700).then(pl.lit(value)).otherwise(pl.lit(nothing))
    return table().with_columns(happened.alias(name))


@pytest.mark.parametrize("name", ["bars.parquet", "bars.csv"])
@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("split_coefficient", 2.0, "has split_coefficient 2.0 and no adjusted_close"),
        ("Split Factor", 0.5, "has Split Factor 0.5 and"),
        ("Stock Splits", "2:1", "has Stock Splits 2:1 and"),
        ("dividend_amount", 0.25, "has dividend_amount 0.25 and"),
        ("Dividends", 1.0, "has Dividends 1.0 and"),
        ("dividend", 0.1, "Add adjusted_close, or leave dividend out if prices are adjusted already"),
    ],
)
def test_splits_and_dividends_beside_unadjusted_prices_are_refused(tmp_path, name, column, value, told):
    """Every one of them would count as a fall that the models did not foresee."""
    with pytest.raises(BadFile, match=told):
        read(stored(with_event(column, value), tmp_path, name))


@pytest.mark.parametrize("name", ["bars.parquet", "bars.csv"])
@pytest.mark.parametrize(
    ("column", "value"),
    [("stock_splits", 1.0), ("split_coefficient", None), ("dividends", 0.0), ("dividend", float("nan"))],
    ids=["split_of_one", "no_split_told", "dividend_of_nothing", "no_dividend_told"],
)
def test_columns_of_events_that_never_were_do_no_harm(tmp_path, name, column, value):
    """An index has neither splits nor dividends, and its file may have the columns."""
    made = read(stored(with_event(column, value), tmp_path, name))

    assert made.height == len(DAYS)


@pytest.mark.parametrize("column", ["adjusted_close", "close_raw"])
def test_splits_beside_prices_known_to_be_adjusted_are_taken(tmp_path, column):
    """Vendors' files have both, and so have our own silver bars, whose close_raw is the price as quoted."""
    frame = with_event("split_factor", 2.0).with_columns(pl.col("close").alias(column), pl.lit("us").alias("source"))

    assert read(stored(frame, tmp_path))["close"].to_list() == pytest.approx(table()["close"].to_list())


@pytest.mark.parametrize(
    ("adjusted", "told"),
    [
        ("Adj Close", "bars.csv: prices adjusted by Adj Close"),
        ("of another kind", "bars.csv: prices as they stand, for it has no adjusted_close"),
    ],
)
def test_the_notes_tell_how_prices_were_taken(tmp_path, adjusted, told):
    """Raw prices judged as adjusted ones give a table that looks like any other."""
    _, notes, _ = cleaned(read(stored(quoted(adjusted), tmp_path, "bars.csv")), DAYS[-1])

    assert notes == [told]


WRITTEN = {
    "integers": pl.col("date").dt.strftime("%Y%m%d").cast(pl.Int64),
    "digits": pl.col("date").dt.strftime("%Y%m%d"),
    "seconds": pl.col("date").dt.strftime("%Y-%m-%d 00:00:00"),
    "fractions": pl.col("date").dt.strftime("%Y-%m-%dT00:00:00.000000"),
    "zone_as_text": pl.col("date").dt.strftime("%Y-%m-%d 00:00:00-05:00"),
    "midnights": pl.col("date").cast(pl.Datetime),
    "midnights_in_tokyo": pl.col("date").cast(pl.Datetime).dt.replace_time_zone("Asia/Tokyo"),
}


@pytest.mark.parametrize("name", ["bars.parquet", "bars.csv"])
@pytest.mark.parametrize("written", list(WRITTEN))
def test_a_day_is_the_same_however_it_is_written(tmp_path, name, written):
    """Each program writes its own; the time zone of a midnight must not move it to the day before."""
    made = read(stored(table().with_columns(WRITTEN[written]), tmp_path, name))

    assert made["date"].to_list() == list(DAYS)


@pytest.mark.parametrize("name", ["bars.parquet", "bars.csv"])
@pytest.mark.parametrize(
    ("moment", "told"),
    [
        (pl.col("date").to_physical(), "the integer 11324 is not written as year, month and day"),
        (pl.col("date").dt.epoch("s"), "the integer 978393600 is not written as year, month and day"),
        (-pl.col("date").to_physical(), "the integer -11324 is not"),
        (pl.lit(20100199), "column date .* is no Date: .*2010-01-99"),
        (pl.col("date").dt.strftime("%Y-%m-%d 21:00:00"), "column date .* is no Date"),
        (pl.col("date").dt.strftime("%Y%m%d").cast(pl.Float64), "column date .* is no Date"),
    ],
    ids=["days_since_1970", "seconds_since_1970", "below_zero", "no_such_day", "evening", "fraction"],
)
def test_numbers_and_times_that_are_no_day_are_refused(tmp_path, name, moment, told):
    """Read as days since 1970, any number is some day."""
    with pytest.raises(BadFile, match=told):
        read(stored(table().with_columns(moment.alias("date")), tmp_path, name))


def test_blanks_around_a_symbol_do_not_count(tmp_path):
    """Asked for by its name, a symbol must be found."""
    path = stored(table("  GENX "), tmp_path)

    assert read(path, ["GENX"])["symbol"].unique().to_list() == ["GENX"]


@pytest.mark.parametrize("name", ["BARS.CSV", "bars.Parquet"])
def test_the_case_of_a_files_ending_does_not_count(tmp_path, name):
    """Windows writes capitals."""
    written = stored(table(), tmp_path, name.lower())

    assert read(written.rename(tmp_path / name)).height == len(DAYS)


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
            return frame.rename({"close": "last"})
        case "empty":
            return frame.clear()
        case "words":
            return frame.with_columns(pl.lit("many").alias("volume"))
        case "american dates":
            return frame.with_columns(pl.col("date").dt.strftime("%m/%d/%Y"))
        case "hours":
            return frame.with_columns(pl.col("date").cast(pl.Datetime) + timedelta(hours=21))
        case "half an hour":
            return frame.with_columns(pl.col("date").cast(pl.Datetime) + timedelta(minutes=30))
        case "blank symbol":
            return frame.with_columns(pl.lit("  ").alias("symbol"))
        case _:
            return frame.with_columns(pl.when(pl.int_range(pl.len()) == 3).then(None).otherwise("date").alias("date"))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("renamed", "no column close; it has symbol, date, open, high, low, last"),
        ("empty", "has no row"),
        ("words", "column volume .* is no Float64"),
        ("american dates", "column date .* is no Date"),
        ("hours", r"column date .* is no Date: times of day 21:00:00\."),
        ("half an hour", r"column date .* is no Date: times of day 00:30:00\."),
        ("no date", "1 rows .* have no date"),
        ("blank symbol", f"{len(DAYS)} rows .* have no symbol"),
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

    kept, notes, _ = cleaned(canonical(tmp_path, doubled), DAYS[-1])

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

    kept, _, excluded = cleaned(canonical(tmp_path, pl.concat([table(), split])), DAYS[-1])

    assert kept["symbol"].unique().to_list() == ["GENX"]
    assert [(one.symbol, one.reason) for one in excluded] == [("SPLT", "split_jump")]
    assert excluded[0].detail.startswith("SPLT left out, split_jump")


def test_symbols_without_enough_bars_up_to_the_last_day_are_left_out_and_told(tmp_path):
    """A listing after the last day would else vanish without a word."""
    late = table("LATE", 5).filter(pl.col("date") > DAYS[1200])
    young = table("YOUNG", 6).filter(pl.col("date") > DAYS[1100])

    kept, _, excluded = cleaned(canonical(tmp_path, pl.concat([table(), late, young])), DAYS[1200])

    assert kept["symbol"].unique().to_list() == ["GENX"]
    assert [one.detail for one in excluded] == [
        f"LATE left out: no usable bar up to {DAYS[1200]}", "YOUNG left out: fewer than 290 bars",
    ]  # fmt: skip


def test_bars_of_another_calendar_are_refused_as_a_whole(tmp_path):
    """Every Saturday put aside in silence would leave five sevenths of another market."""
    days = [date(2001, 1, 1) + timedelta(days=n) for n in range(1500)]
    frame = bars(1500, 1, "COIN", days).select(PLAIN)

    with pytest.raises(BadFile, match="rows break a rule and 1 symbols are left; at most 20% of rows may"):
        cleaned(canonical(tmp_path, frame), days[-1])


def test_days_after_the_last_are_not_looked_at(tmp_path):
    """The judge names the days; later ones are nobody's business."""
    kept, _, _ = cleaned(canonical(tmp_path, table()), DAYS[1200])

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
