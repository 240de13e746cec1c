"""From raw answers to silver, as the job runs it."""

import json
from datetime import UTC, datetime, time
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


@pytest.fixture
def bronze(tmp_path: Path) -> Path:
    """Two whole symbols, and one listed a hundred days ago. AAPL has a null, a negative price and a wrong range."""
    folder = tmp_path / "bronze"
    folder.mkdir()
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
        (folder / f"symbol={keys.slug(symbol)}.json").write_bytes(raw_answer(symbol, frame))
    return folder


def run(bronze: Path, silver: Path) -> Path:
    build_silver.main(["--bronze", str(bronze), "--silver", str(silver), "--day", str(DAY)])
    return silver


def table(silver: Path) -> pl.DataFrame:
    files = sorted((silver / "bars").rglob("*.parquet"))
    return pl.concat([pl.read_parquet(path, hive_partitioning=False) for path in files])


def test_silver_holds_adjusted_bars_with_market_and_split_in_one_file(bronze, tmp_path):
    """Everything downstream reads these columns and no other."""
    silver = run(bronze, tmp_path / "silver")

    bars_of_silver = table(silver)
    assert bars_of_silver.columns == [
        "symbol", "date", "open", "high", "low", "close", "volume", "close_raw", "source",
        "market_close", "market_return", "split",
    ]  # fmt: skip
    gspc = bars_of_silver.filter(pl.col("symbol") == "^GSPC")
    assert gspc["close"].to_list() == pytest.approx(bars(700, 2)["close"].to_list()[:-1])
    assert gspc["close_raw"].to_list() == pytest.approx((gspc["close"] * 2).to_list())
    assert gspc["market_close"].equals(gspc["close"].alias("market_close"))
    assert set(bars_of_silver["split"]) == {"train", "validation", "test", "purge"}
    assert sorted(path.name for path in (silver / "bars").iterdir()) == ["part.parquet"]


def test_bad_and_later_rows_lie_in_quarantine_with_their_reasons(bronze, tmp_path):
    """What was refused must be found again, by whoever asks why a day is missing."""
    silver = run(bronze, tmp_path / "silver")

    lines = (silver / keys.silver_quarantine(DAY)).read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    aapl = {row["rule"]: row["row"]["date"] for row in rows if row["row"]["symbol"] == "AAPL"}
    assert aapl == {
        "no_nulls": str(DAYS[300]), "price_above_zero": str(DAYS[301]), "range_holds_open_and_close": str(DAYS[302]),
        "not_after_day": str(DAYS[-1]),
    }  # fmt: skip
    assert all(row["reason"] and "value" in row for row in rows)
    assert [row["rule"] for row in rows if row["row"]["symbol"] == "NEW"] == ["not_after_day"]
    refused = table(silver).filter(
        (pl.col("symbol") == "AAPL") & pl.col("date").is_in([DAYS[place] for place in (300, 301, 302, -1)])
    )
    assert refused.is_empty()


def test_each_symbol_with_enough_bars_has_a_request_that_the_server_reads(bronze, tmp_path):
    """The forecast function only passes this body on."""
    silver = run(bronze, tmp_path / "silver")

    symbol, frame = read_request((silver / keys.silver_recent(DAY, "^GSPC")).read_bytes())
    assert (symbol, frame.height, frame["date"][-1]) == ("^GSPC", 699, DAY)
    assert not (silver / keys.silver_recent(DAY, "NEW")).exists()


def test_the_report_adds_up(bronze, tmp_path):
    """A day on which a vendor lost rows must be seen at a glance."""
    silver = run(bronze, tmp_path / "silver")

    report = json.loads((silver / keys.silver_report(DAY)).read_text())
    assert report["rows"] == table(silver).height == sum(one["bars"] for one in report["symbols"].values())
    assert report["symbols"]["AAPL"] == {
        "bars": 696, "from": str(DAYS[0]), "to": str(DAY), "rejected": 4, "missing_trading_days": 3,
        "first_missing": [str(day) for day in DAYS[300:303]],
    }  # fmt: skip
    assert report["rejected_by_rule"]["not_after_day"] == 3
    assert report["parts"]["train"]["to"] < report["parts"]["validation"]["from"]


def test_the_same_answers_give_the_same_bytes(bronze, tmp_path):
    """A retried job writes over itself, and a model's data hash stays what it was."""
    one, two = run(bronze, tmp_path / "one"), run(bronze, tmp_path / "two")

    files = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(two) for path in two.rglob("*") if path.is_file())
    assert all((one / path).read_bytes() == (two / path).read_bytes() for path in files)


def test_an_empty_bronze_folder_says_what_to_run(tmp_path):
    """A job that succeeds on nothing would leave yesterday's silver in place, unnoticed."""
    with pytest.raises(SystemExit, match="Run the ingest function for this day first"):
        run(tmp_path, tmp_path / "silver")
