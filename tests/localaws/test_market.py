"""The local market against the very code that asks it, and against the packages' own figures."""

import csv
import functools
import gzip
import importlib.util
import itertools
import json
import math
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from localaws import market, sample_bars
from localaws.market import Market, MarketServer
from stockcast.contracts.bars import Bar, Parsed
from stockcast.sources import yahoo
from stockcast.sources.answers import BadAnswer, UnknownSymbol
from stockcast.sources.joining import joined

PROGRAM = Path(market.__file__)
FIRST, FRIDAY = date(2000, 3, 1), date(2013, 3, 1)
SYMBOLS = ["AAPL", "GOOG", "IBM", "MSFT", "^GSPC", "^IXIC"]
PERIOD = "period1=1361750400&period2=1362182400"  # the week up to and including Friday, 2013-03-01


read_rows = functools.cache(sample_bars.load)  # once for all markets of these tests, which only read them


@functools.cache
def market_on(until: date) -> Market:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sample_bars, "load", read_rows)
        return Market(until)


@contextmanager
def open_market(until: date) -> Iterator[str]:
    server = MarketServer(0, market_on(until))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with open_market(FRIDAY) as address:
        yield address


def ask(address: str) -> tuple[int, Any]:
    """Status and body, whatever the status."""
    try:
        with urllib.request.urlopen(address, timeout=5) as reply:
            return reply.status, json.loads(reply.read())
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.loads(refusal.read())


def chart(base_url: str, symbol: str, since: date = FIRST, day: date = FRIDAY) -> dict[str, Any]:
    status, answer = ask(yahoo.url(base_url, symbol, since, day))
    assert status == 200
    result: dict[str, Any] = answer["chart"]["result"][0]
    return result


def bars(base_url: str, symbol: str, since: date = FIRST, day: date = FRIDAY) -> list[Bar]:
    parsed = yahoo.parse(yahoo.Yahoo(base_url).fetch(symbol, since, day).body, symbol)
    assert parsed.rejected == []
    return parsed.bars


@functools.cache
def package_rows(ticker: str) -> list[dict[str, str]]:
    """The package's own rows, read without any of our code."""
    spec = importlib.util.find_spec("bokeh_sampledata")
    assert spec and spec.submodule_search_locations
    with gzip.open(Path(spec.submodule_search_locations[0]) / "_data" / "stocks.csv.gz", "rt") as lines:
        return [row for row in csv.DictReader(lines) if row["Ticker"] == ticker]


@pytest.mark.parametrize(
    ("symbol", "rows", "newest_close"),
    [
        ("AAPL", 3270, 430.47),
        ("GOOG", 2148, 806.19),
        ("IBM", 3270, 202.91),
        ("MSFT", 3270, 27.95),
        ("^GSPC", 3270, 1518.199951),
        ("^IXIC", 3270, 3169.73999),
    ],
)
def test_the_ingestion_code_takes_every_symbol_whole(
    base_url: str, symbol: str, rows: int, newest_close: float
) -> None:
    """Everything behind it, training included, stands on these rows."""
    found = bars(base_url, symbol)

    assert len(found) == rows
    assert (found[-1].date, found[-1].close, found[-1].close_raw) == (FRIDAY, newest_close, newest_close)
    assert all(bar.low <= min(bar.open, bar.close) * 1.001 for bar in found)
    assert all(bar.high >= max(bar.open, bar.close) * 0.999 for bar in found)


@pytest.mark.parametrize("ticker", ["AAPL", "GOOG", "IBM", "MSFT"])
def test_adjusted_returns_are_the_packages_own(base_url: str, ticker: str) -> None:
    """Separating splits from dividends must not change a single return that a model learns from."""
    own = [float(row["Adj Close"]) for row in package_rows(ticker)]

    found = [bar.close for bar in bars(base_url, ticker)]

    differences = [abs(math.log(found[i] / found[i - 1]) - math.log(own[i] / own[i - 1])) for i in range(1, len(own))]
    assert max(differences) < 2e-6  # six decimals of a price of some dollars


def test_a_split_leaves_prices_smooth_and_is_told_as_an_event(base_url: str) -> None:
    """Apple, 2005-02-28, 2:1: raw closes fall from 88.99 to 44.86, quoted ones must not."""
    result = chart(base_url, "AAPL", date(2005, 2, 25), date(2005, 2, 28))

    quote = result["indicators"]["quote"][0]
    assert quote["close"] == [44.495, 44.86]
    assert list(result["events"]["splits"].values()) == [
        {"date": result["timestamp"][1], "numerator": 2.0, "denominator": 1.0, "splitRatio": "2:1"}
    ]
    raw = {row["Date"]: int(row["Volume"]) for row in package_rows("AAPL")}
    assert quote["volume"] == [2 * raw["2005-02-25"], raw["2005-02-28"]]


def test_two_splits_multiply(base_url: str) -> None:
    """A row before both of Apple's splits stands at a quarter of what was paid."""
    result = chart(base_url, "AAPL", FIRST, FIRST)

    assert result["indicators"]["quote"][0]["close"] == [round(130.31 / 4, 6)]
    assert len(chart(base_url, "AAPL")["events"]["splits"]) == 2


@pytest.mark.parametrize(
    ("symbol", "day", "amount"),
    [("MSFT", date(2004, 11, 15), 3.08), ("AAPL", date(2012, 8, 9), 2.65), ("IBM", date(2013, 2, 6), 0.85)],
)
def test_dividends_are_those_that_were_paid(base_url: str, symbol: str, day: date, amount: float) -> None:
    """Known amounts prove that splits and dividends were told apart."""
    dividends = chart(base_url, symbol, day, day)["events"]["dividends"]

    assert [round(paid["amount"], 3) for paid in dividends.values()] == [amount]


def test_quoted_prices_are_not_dividend_adjusted_and_adjclose_is(base_url: str) -> None:
    """Both in one column would hide what the other code has to do with the real source."""
    result = chart(base_url, "MSFT", date(2004, 11, 12), date(2004, 11, 12))

    close, adjusted = result["indicators"]["quote"][0]["close"][0], result["indicators"]["adjclose"][0]["adjclose"][0]
    assert close == 29.97
    assert adjusted / close == pytest.approx(0.67351 / 0.88316, abs=1e-5)  # the package's factors of both days


def test_the_market_knows_nothing_later_than_its_day() -> None:
    """A price that already knows of next year's split is look-ahead."""
    new_years_eve = date(2004, 12, 31)
    with open_market(new_years_eve) as base_url:
        result = chart(base_url, "AAPL")

        assert bars(base_url, "AAPL")[-1].date == new_years_eve
        assert result["indicators"]["quote"][0]["close"][-1] == 64.4  # as traded, two months before the split
        assert len(result["events"]["splits"]) == 1
        assert result["meta"]["regularMarketTime"] == 1104526800  # its closing bell


def test_a_share_that_is_not_listed_yet_is_unknown() -> None:
    """Google's shares came in 2004."""
    with open_market(date(2001, 6, 1)) as base_url, pytest.raises(UnknownSymbol, match="GOOG"):
        yahoo.Yahoo(base_url).fetch("GOOG", FIRST, date(2001, 6, 1))


def test_the_period_is_obeyed_from_its_first_to_its_last_day(base_url: str) -> None:
    """One day more is look-ahead, one less a stale forecast."""
    found = bars(base_url, "^GSPC", date(2013, 2, 25), date(2013, 2, 28))

    assert [bar.date.day for bar in found] == [25, 26, 27, 28]


def test_stamps_are_new_yorks_opening_in_summer_too(base_url: str) -> None:
    """Code that forgets summer time would be right for five months."""
    assert chart(base_url, "IBM", date(2012, 7, 2), date(2012, 7, 2))["timestamp"] == [1341235800]  # 13:30 UTC
    assert chart(base_url, "IBM", date(2013, 1, 2), date(2013, 1, 2))["timestamp"] == [1357137000]  # 14:30 UTC


def test_a_weekend_has_no_timestamps_as_at_yahoos(base_url: str) -> None:
    """The real source leaves the key out; code that expects an empty list would break there only."""
    result = chart(base_url, "AAPL", date(2013, 2, 23), date(2013, 2, 24))

    assert "timestamp" not in result
    assert result["indicators"]["quote"] == [{}]
    with pytest.raises(BadAnswer, match="no timestamps"):
        yahoo.Yahoo(base_url).fetch("AAPL", date(2013, 2, 23), date(2013, 2, 24))


def test_meta_says_whose_prices_in_what_and_where(base_url: str) -> None:
    """The adapter trusts nothing else for symbol and date."""
    meta = chart(base_url, "^IXIC")["meta"]

    assert (meta["symbol"], meta["currency"], meta["exchangeTimezoneName"]) == ("^IXIC", "USD", "America/New_York")
    assert (meta["gmtoffset"], meta["regularMarketTime"]) == (-18000, 1362171600)
    assert meta["firstTradeDate"] == 915460200  # 1999-01-04


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"AMZN?{PERIOD}", 404, "Not Found"),
        (f"FB?{PERIOD}", 404, "Not Found"),
        ("AAPL", 400, "Bad Request"),
        ("AAPL?period1=2013-03-01&period2=1362182400", 400, "Bad Request"),
        ("AAPL?period1=1362182400&period2=1361750400", 400, "Bad Request"),
        ("AAPL?period1=0&period2=86400", 400, "Bad Request"),
        (f"AAPL?{PERIOD}&interval=5m", 422, "Unprocessable Entity"),
    ],
)
def test_bad_questions_are_refused_in_yahoos_shape(base_url: str, path: str, status: int, code: str) -> None:
    """Error handling that was never run fails on its first real night."""
    answered, answer = ask(f"{base_url}/v8/finance/chart/{path}")

    assert (answered, answer["chart"]["result"], answer["chart"]["error"]["code"]) == (status, None, code)
    assert answer["chart"]["error"]["description"]


def test_another_path_is_not_found(base_url: str) -> None:
    """A wrong base URL must not look like an empty market."""
    assert ask(f"{base_url}/v7/finance/download/AAPL")[0] == 404


def test_events_are_left_out_unless_asked_for(base_url: str) -> None:
    """So does the real one."""
    status, answer = ask(f"{base_url}/v8/finance/chart/AAPL?period1=0&period2=1362182400")

    assert status == 200
    assert "events" not in answer["chart"]["result"][0]


def test_health_tells_the_day_and_the_symbols(base_url: str) -> None:
    """`make up` waits for it."""
    assert ask(f"{base_url}/health") == (200, {"status": "up", "until": "2013-03-01", "symbols": SYMBOLS})


@pytest.mark.integration
def test_the_program_starts_anywhere_and_imports_no_heavy_package(tmp_path: Path) -> None:
    """arch would bring scipy and pandas: seconds and hundreds of megabytes for two files."""
    code = (
        "import runpy, sys; sys.argv = ['market', '--port', '0']; from localaws import market;"
        "code = market.main(serve=lambda server: None);"
        "print(sorted({'arch', 'pandas', 'numpy', 'bokeh_sampledata'} & set(sys.modules))); sys.exit(code)"
    )
    start = f"import sys; sys.path.insert(0, {str(PROGRAM.parents[1])!r}); {code}"

    run = subprocess.run([sys.executable, "-c", start], cwd=tmp_path, capture_output=True, text=True, timeout=30)

    opened, loaded = run.stdout.splitlines()
    assert (run.returncode, run.stderr, loaded) == (0, "", "[]")
    assert json.loads(opened)["until"] == "2013-03-01"


@pytest.mark.parametrize(
    ("until", "since", "day", "symbol"),
    [
        (date(2003, 1, 15), date(2002, 11, 15), date(2003, 3, 10), "MSFT"),  # 2:1 on 2003-02-18, paid the day after
        (date(2012, 12, 14), date(2012, 10, 15), FRIDAY, "AAPL"),  # paid on 2013-02-07
    ],
)
def test_real_answers_of_two_days_join_to_the_history_that_one_answer_gives(
    until: date, since: date, day: date, symbol: str
) -> None:
    """Between them lies a split or a dividend, which changed every price before it: the seam must not show."""

    def parsed(address: str, first: date, last: date) -> Parsed:
        return yahoo.parse(yahoo.Yahoo(address).fetch(symbol, first, last).body, symbol)

    def returns(history: Parsed) -> list[float]:
        return [math.log(bar.close / before.close) for before, bar in itertools.pairwise(history.bars)]

    with open_market(until) as before, open_market(day) as after:
        together = joined(parsed(before, FIRST, until), parsed(after, since, day))
        whole = parsed(after, FIRST, day)

    assert [bar.date for bar in together.bars] == [bar.date for bar in whole.bars]
    assert returns(together) == pytest.approx(returns(whole), abs=1e-6)
    assert [event for event in together.events if event.date > until] == [
        event for event in whole.events if event.date > until
    ]


@pytest.mark.integration
def test_started_by_its_path_it_serves_until_it_is_ended(tmp_path: Path) -> None:
    """The way `make up` starts it: by path, from another folder, with a clean environment."""
    command = [sys.executable, str(PROGRAM), "--port", "0", "--until", "2012-12-31"]
    with subprocess.Popen(command, cwd=tmp_path, env={}, stdout=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout is not None
            port = json.loads(program.stdout.readline())["port"]
            assert ask(f"http://127.0.0.1:{port}/health")[1]["until"] == "2012-12-31"
        finally:
            program.terminate()


def test_a_taken_port_ends_in_one_line(base_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A traceback at `make up` tells a newcomer nothing."""
    port = base_url.rsplit(":", 1)[1]

    assert market.main(["--port", port]) == 1

    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith(f"market: port {port} cannot be used")
    assert "choose another --port" in said


def test_a_day_before_all_bars_ends_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """An empty market would look like a broken ingestion."""
    assert market.main(["--port", "0", "--until", "1990-01-01"]) == 2

    assert capsys.readouterr().err == (
        "market: --until is 1990-01-01; it must be 1999-01-04 or later, the first day with bars.\n"
    )


def test_a_missing_package_is_named_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The market's environment is its own; starting it with another one is an easy mistake."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with pytest.raises(sample_bars.MissingPackage, match=r"bokeh_sampledata is not installed.*uv sync --group market"):
        sample_bars.load()


def test_a_jump_that_is_neither_split_nor_dividend_stops_the_market() -> None:
    """A guess here would be a wrong return in every model."""
    rows = [
        sample_bars.RawDay(date(2013, 2, 28), 1.0, 1.0, 1.0, 1.0, 1.0, factor=1.0),
        sample_bars.RawDay(date(2013, 3, 1), 1.0, 1.0, 1.0, 1.0, 1.0, factor=1.4142135),
    ]

    with pytest.raises(ValueError, match=r"jumps by 1\.4142135 on 2013-03-01"):
        sample_bars.as_known_on(rows, FRIDAY)
