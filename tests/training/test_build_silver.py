"""From raw answers to silver, as the job runs it."""

import json
import shutil
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from tests.stockcast.generated import bars
from training import build_silver

from stockcast.cleaning.calendar import trading_days
from stockcast.contracts import keys
from stockcast.forecasting.request import read_request

NEW_YORK = ZoneInfo("America/New_York")
QUOTES = ("open", "high", "low", "close", "volume")


def raw_answer(symbol: str, frame: pl.DataFrame, factor: float = 0.5) -> bytes:
    """The bars as Yahoo's chart API tells them: prices before dividends, and the adjusted close beside."""
    opens = [datetime.combine(day, time(9, 30), NEW_YORK).astimezone(UTC).timestamp() for day in frame["date"]]
    quote = {name: (frame[name] / factor).to_list() for name in ("open", "high", "low", "close")}
    result = {
        "meta": {
            "symbol": symbol,
            "exchangeTimezoneName": "America/New_York",
            "gmtoffset": -18000,
            "regularMarketTime": int(opens[-1]) + 24_000,
        },
        "timestamp": [int(moment) for moment in opens],
        "indicators": {
            "quote": [quote | {"volume": frame["volume"].to_list()}],
            "adjclose": [{"adjclose": frame["close"].to_list()}],
        },
    }
    return json.dumps({"chart": {"result": [result], "error": None}}).encode()


DAYS = trading_days(datetime(2001, 1, 2).date(), datetime(2004, 1, 2).date())[:700]
DAY = DAYS[-2]  # the run's day: the answers hold one bar more


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two whole symbols, and one listed a hundred days ago. AAPL has a null, a negative price and a wrong range."""
    folder = tmp_path_factory.mktemp("bronze")
    table = {
        "AAPL": bars(700, 1, "AAPL", DAYS),
        "^GSPC": bars(700, 2, "^GSPC", DAYS),
        "NEW": bars(100, 3, "NEW", DAYS[-100:]),
    }
    table["AAPL"] = table["AAPL"].with_columns(
        pl.when(pl.int_range(pl.len()) == 300).then(None).otherwise("open").alias("open"),
        pl.when(pl.int_range(pl.len()) == 301).then(-1.0).otherwise("low").alias("low"),
        pl.when(pl.int_range(pl.len()) == 302).then(pl.col("close") / 2).otherwise("high").alias("high"),
    )
    for symbol, frame in table.items():
        put(folder, symbol, raw_answer(symbol, frame))
    return folder


@pytest.fixture
def bronze(answers: Path, tmp_path: Path) -> Path:
    """A copy of them, for a test to change."""
    return shutil.copytree(answers, tmp_path / "bronze")


@pytest.fixture(scope="module")
def silver(answers: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the job makes of them."""
    return run(answers, tmp_path_factory.mktemp("silver"))


def put(bronze: Path, symbol: str, raw: bytes, name: str = "source=yahoo") -> None:
    path = bronze / f"symbol={keys.slug(symbol)}" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(raw)


def run(bronze: Path, silver: Path, *more: str) -> Path:
    build_silver.main(["--bronze", str(bronze), "--silver", str(silver), "--day", str(DAY), *more])
    return silver


def report_of(silver: Path) -> dict:
    return json.loads((silver / keys.silver_report(DAY)).read_text())


def table(silver: Path) -> pl.DataFrame:
    files = sorted((silver / "bars").rglob("*.parquet"))
    return pl.concat([pl.read_parquet(path, hive_partitioning=False) for path in files])


def test_silver_holds_adjusted_bars_with_market_and_split_in_one_file(silver):
    """Everything downstream reads these columns and no other."""
    bars_of_silver = table(silver)
    assert bars_of_silver.columns == [
        "symbol", "date", "open", "high", "low", "close", "volume", "close_raw", "source",
        "market_close", "market_return", "split", "dividend", "split_factor", "annotation",
    ]  # fmt: skip
    gspc = bars_of_silver.filter(pl.col("symbol") == "^GSPC")
    assert gspc["close"].to_list() == pytest.approx(bars(700, 2)["close"].to_list()[:-1])
    assert gspc["close_raw"].to_list() == pytest.approx((gspc["close"] * 2).to_list())
    assert gspc["market_close"].equals(gspc["close"].alias("market_close"))
    assert set(bars_of_silver["split"]) == {"train", "validation", "test", "purge"}
    assert sorted(path.name for path in (silver / "bars").iterdir()) == ["part.parquet"]


def test_bad_and_later_rows_lie_in_quarantine_with_their_reasons(silver):
    """What was refused must be found again, by whoever asks why a day is missing."""
    lines = (silver / keys.silver_quarantine(DAY)).read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    aapl = {row["rule"]: row["row"]["date"] for row in rows if row["row"]["symbol"] == "AAPL"}
    assert aapl == {
        "no_nulls": str(DAYS[300]), "price_above_zero": str(DAYS[301]), "range_holds_open_and_close": str(DAYS[302]),
        "not_after_day": str(DAYS[-1]),
    }  # fmt: skip
    assert all(row["reason"] and "value" in row and row["source"] == "yahoo" for row in rows)
    assert [row["rule"] for row in rows if row["row"]["symbol"] == "NEW"] == ["not_after_day"]
    refused = table(silver).filter(
        (pl.col("symbol") == "AAPL") & pl.col("date").is_in([DAYS[place] for place in (300, 301, 302, -1)])
    )
    assert refused.is_empty()


def test_each_symbol_with_enough_bars_has_a_request_that_the_server_reads(silver):
    """The forecast function only passes this body on."""
    symbol, frame = read_request((silver / keys.silver_recent(DAY, "^GSPC")).read_bytes())
    assert (symbol, frame.height, frame["date"][-1]) == ("^GSPC", 699, DAY)
    assert not (silver / keys.silver_recent(DAY, "NEW")).exists()


def test_the_report_adds_up(silver):
    """A day on which a vendor lost rows must be seen at a glance."""
    report = report_of(silver)
    assert report["rows"] == table(silver).height == sum(one["bars"] for one in report["symbols"].values())
    assert report["symbols"]["AAPL"] == {
        "state": "ok", "source": "yahoo", "bars": 696, "from": str(DAYS[0]), "to": str(DAY), "rejected": 4,
        "missing_trading_days": 3, "first_missing": [str(day) for day in DAYS[300:303]],
    }  # fmt: skip
    assert (report["verdict"], report["reasons"], report["missing_symbols"]) == ("go", [], [])
    assert report["rejected"] == sum(report["rejected_by_rule"].values())
    assert report["rejected_by_rule"]["not_after_day"] == 3
    assert report["missing_sessions"] == 3
    assert report["parts"]["train"]["to"] < report["parts"]["validation"]["from"]


def test_the_same_answers_give_the_same_bytes(answers, silver, tmp_path):
    """A retried job writes over itself, and a model's data hash stays what it was."""
    one, two = silver, run(answers, tmp_path / "two")

    files = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(two) for path in two.rglob("*") if path.is_file())
    assert all((one / path).read_bytes() == (two / path).read_bytes() for path in files)


def test_an_empty_bronze_folder_says_what_to_run(tmp_path):
    """A job that succeeds on nothing would leave yesterday's silver in place, unnoticed."""
    with pytest.raises(SystemExit, match="Run the ingest function for this day first"):
        run(tmp_path, tmp_path / "silver")


def halved(frame: pl.DataFrame) -> pl.DataFrame:
    """From day 400 on at half the price, as a split that the source did not adjust."""
    later = pl.int_range(pl.len()) >= 400
    return frame.with_columns(
        pl.when(later).then(pl.col(name) / 2).otherwise(name).alias(name) for name in ("open", "high", "low", "close")
    )


def test_a_symbol_with_a_missing_split_is_left_out_and_told(bronze, tmp_path):
    """The others' forecasts go on; its own last good one stands."""
    put(bronze, "AAPL", raw_answer("AAPL", halved(bars(700, 1, "AAPL", DAYS))))

    silver = run(bronze, tmp_path / "silver")

    assert set(table(silver)["symbol"]) == {"^GSPC", "NEW"}
    assert not (silver / keys.silver_recent(DAY, "AAPL")).exists()
    assert [(one["symbol"], one["rule"]) for one in report_of(silver)["held_back"]] == [("AAPL", "split_jump")]
    lines = (silver / keys.silver_quarantine(DAY)).read_text().splitlines()
    assert [line["row"]["date"] for line in map(json.loads, lines) if line["rule"] == "split_jump"] == [str(DAYS[400])]


def test_what_a_person_noted_lets_the_symbol_go_on(bronze, tmp_path):
    """A profit warning halves a price too, and only people know."""
    put(bronze, "AAPL", raw_answer("AAPL", halved(bars(700, 1, "AAPL", DAYS))))
    notes = tmp_path / "notes"
    notes.mkdir()
    head = "symbol,date,kind,value,note,author"
    (notes / "labels.csv").write_text(f"{head}\nAAPL,{DAYS[400]},event,,Profit warning,mara\n")

    silver = run(bronze, tmp_path / "silver", "--annotations", str(notes))

    day = table(silver).filter((pl.col("symbol") == "AAPL") & (pl.col("date") == DAYS[400]))
    assert day["annotation"].to_list() == ["event"]
    assert report_of(silver)["held_back"] == []


def test_a_day_with_too_much_missing_writes_no_bars(bronze, tmp_path):
    """Yesterday's silver stays; the check after this job ends the run."""
    put(bronze, "AAPL", b"<html>Too many requests</html>")
    put(bronze, "NEW", raw_answer("NEW", bars(99, 3, "NEW", DAYS[-100:-1]).filter(pl.col("date") < DAY)))

    silver = run(bronze, tmp_path / "silver")

    report = report_of(silver)
    assert report["verdict"] == "stop"
    assert report["missing_symbols"] == ["AAPL", "NEW"]
    assert "AAPL, readable_answer" in " ".join(report["reasons"]) and "a web page" in " ".join(report["reasons"])
    assert sorted(path.relative_to(silver).parts[0] for path in silver.rglob("*.*") if path.is_file()) == [
        "quarantine", "reports",
    ]  # fmt: skip


def test_a_symbol_that_was_never_fetched_is_missing(bronze, tmp_path):
    """The folder holds what came; only the setting knows what should have."""
    silver = run(bronze, tmp_path / "silver", "--symbols", "AAPL,^GSPC,NEW,TSLA")

    report = report_of(silver)
    assert (report["verdict"], report["missing_symbols"]) == ("go", ["TSLA"])
    assert "Ingest this day first" in report["held_back"][0]["reason"]


def test_many_symbols_may_come_as_several_lists(bronze, tmp_path):
    """SageMaker takes 256 characters an argument."""
    silver = run(bronze, tmp_path / "silver", "--symbols", "AAPL,^GSPC", "NEW,TSLA")

    assert sorted(report_of(silver)["symbols"]) == ["AAPL", "NEW", "TSLA", "^GSPC"]


def test_a_history_too_short_to_part_stops_with_its_reason(tmp_path):
    """An environment on its first day: the job is whole, the data is not."""
    (tmp_path / "bronze").mkdir()
    for seed, symbol in enumerate(("AAPL", "^GSPC")):
        put(tmp_path / "bronze", symbol, raw_answer(symbol, bars(100, seed, symbol, DAYS[-101:-1])))

    report = report_of(run(tmp_path / "bronze", tmp_path / "silver"))

    assert report["verdict"] == "stop"
    assert "too few to part" in report["reasons"][0]


def test_of_two_sources_the_first_named_counts(bronze, tmp_path):
    """Both answers lie there after a cross-check; mixing them would make a jump."""
    lines = ["Date,Open,High,Low,Close,Volume"]
    lines += [",".join(map(str, row)) for row in bars(699, 7, "NEW", DAYS[:-1]).select("date", *QUOTES).iter_rows()]
    put(bronze, "NEW", "\n".join(lines).encode(), "source=stooq")

    first = run(bronze, tmp_path / "first", "--sources", "stooq,yahoo")
    second = run(bronze, tmp_path / "second", "--sources", "yahoo,stooq")

    assert report_of(first)["symbols"]["NEW"]["source"] == "stooq"
    assert report_of(first)["symbols"]["NEW"]["bars"] == 699
    assert report_of(second)["symbols"]["NEW"]["source"] == "yahoo"
    assert set(table(second).filter(pl.col("symbol") == "NEW")["source"]) == {"yahoo"}


def test_splits_and_dividends_of_the_source_stand_beside_their_bars(bronze, tmp_path):
    """Whoever looks at a strange day sees what was paid, and that the exchange closed early."""
    opened = int(datetime.combine(DAYS[400], time(9, 30), NEW_YORK).timestamp())
    answer = json.loads(raw_answer("^GSPC", bars(700, 2, "^GSPC", DAYS)))
    answer["chart"]["result"][0]["events"] = {
        "dividends": {str(opened): {"amount": 0.5, "date": opened}},
        "splits": {str(opened): {"numerator": 2, "denominator": 1, "splitRatio": "2:1", "date": opened}},
    }
    put(bronze, "^GSPC", json.dumps(answer).encode())

    silver = run(bronze, tmp_path / "silver")

    rows = table(silver).filter(pl.col("symbol") == "^GSPC")
    assert rows.filter(pl.col("date") == DAYS[400]).select("dividend", "split_factor", "annotation").rows() == [
        (0.5, 2.0, "dividend;split")
    ]
    assert rows["dividend"].count() == rows["split_factor"].count() == 1
    known = pl.read_parquet(silver / keys.silver_annotations())
    assert known.columns == ["symbol", "date", "kind", "value", "note", "author"]
    assert {"holiday", "early_close", "dividend", "split"} <= set(known["kind"])


def test_bars_under_the_day_before_hold_the_symbol_back(bronze, tmp_path):
    """A time stamp read in the wrong zone: every row is wrong, though each looks fine."""
    frame = bars(699, 1, "AAPL", [day - timedelta(days=1) for day in DAYS[:-1]])
    put(bronze, "AAPL", raw_answer("AAPL", frame))

    report = report_of(run(bronze, tmp_path / "silver"))

    assert [(one["symbol"], one["rule"]) for one in report["held_back"]] == [("AAPL", "shifted_a_day")]


def test_one_download_under_two_names_is_told(bronze, tmp_path):
    put(bronze, "COPY", raw_answer("COPY", bars(700, 2, "COPY", DAYS)))

    report = report_of(run(bronze, tmp_path / "silver", "--most-missing", "0.6"))

    assert {(one["symbol"], one["value"]) for one in report["held_back"]} == {("COPY", "^GSPC"), ("^GSPC", "COPY")}


def test_the_bars_tell_the_day_of_their_run(silver):
    """Training refuses bars that are later than that."""
    assert pl.read_parquet_metadata(silver / keys.silver_bars())["stockcast.day"] == str(DAY)
