"""What knocks at the ingestion door and is not this symbol's bars: refused, put aside row by row, or put in order.

Every case goes the whole way: from an HTTP answer through the handler to the objects in bronze. A refused answer lies
in quarantine byte for byte and never under bars/; a bad row is told by `stockcast.sources.parse`, with its rule.
"""

import gzip
import json
import re
import threading
from collections.abc import Callable, Iterator
from datetime import date
from types import ModuleType
from typing import Any, NamedTuple

import pytest
import time_machine
from tests.stockcast.sources.fake_source import (
    ALPHA_VANTAGE,
    STOOQ,
    YAHOO,
    Quote,
    Reply,
    Source,
    body,
    chart,
    opening,
    series,
    table,
    weekdays,
    year,
)

from stockcast.sources import parse
from stockcast.sources.invocation import SymbolsFailed
from stockcast.sources.polite_get import Patience

BRONZE, SECRET, KEY = "bronze-bucket", "arn:aws:secretsmanager:us-east-1:1:secret:market-keys", "SESAME42OPEN"
FRIDAY = {"day": "2013-03-01"}
YEAR = year()
ROWS = len(YEAR)


@pytest.fixture
def ingest(
    load: Callable[..., ModuleType], source: Source, secrets: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., ModuleType]]:
    """The handler with the sources and settings of one's choice, its clock in the evening of 2013-03-01."""
    secrets.texts[SECRET] = json.dumps({"alpha_vantage": KEY})

    def with_sources(names: str, **settings: str) -> ModuleType:
        usual = {
            "alpha_vantage_base_url": source.base_url,
            "alpha_vantage_daily_budget": "25",
            "alpha_vantage_plan": "paid",
            "bronze_bucket": BRONZE,
            "history_start": "2012-01-02",
            "market_secret": SECRET,
            "source_base_url": source.base_url,
            "sources": names,
            "stooq_base_url": source.base_url,
            "symbols": "AAPL",
        }
        handler = load("ingest", **usual | settings)
        monkeypatch.setattr(handler, "patience", Patience(timeout_seconds=0.3, sleep=lambda seconds: None))
        return handler

    with time_machine.travel("2013-03-01T23:00:00Z"):  # ticking: time-outs are measured
        yield with_sources


def changed(place: int, **values: Any) -> tuple[Quote, ...]:
    """The year with one row's values changed; a place from 0, or from the end if negative."""
    names = ("day", "open", "high", "low", "close", "adjclose", "volume")
    row = tuple(values.get(name, value) for name, value in zip(names, YEAR[place], strict=True))
    rows = list(YEAR)
    rows[place] = row
    return tuple(rows)


def every(change: Callable[[Quote], Quote]) -> tuple[Quote, ...]:
    return tuple(change(row) for row in YEAR)


def a_day_later(row: Quote) -> Quote:
    """As a source stamps its days that takes New York's close for midnight somewhere east of it."""
    return (opening(row[0]) + 86400, *row[1:])


def with_columns(**names: Any) -> dict[str, Any]:
    """Yahoo's answer with columns renamed."""
    answer = chart(rows=YEAR)
    quote = answer["chart"]["result"][0]["indicators"]["quote"][0]
    for old, new in names.items():
        quote[new] = quote.pop(old)
    return answer


def renamed_series() -> dict[str, Any]:
    """Alpha Vantage's answer with a renamed column in every row."""
    answer = series(rows=YEAR)
    for day in answer["Time Series (Daily)"].values():
        day["4. last"] = day.pop("4. close")
    return answer


def with_a_day_twice() -> bytes:
    """JSON in which a day stands twice: Python would silently keep the later one."""
    text = json.dumps(series(rows=YEAR))
    day, quotes = next(iter(series(rows=YEAR)["Time Series (Daily)"].items()))
    return text.replace(f'"{day}":', f'"{day}": {json.dumps(quotes)}, "{day}":').encode()


class Refused(NamedTuple):
    """An answer of one source that is refused as a whole."""

    source: str
    reply: Reply
    kind: str
    reason: str
    is_kept: bool = True  # nothing lies in quarantine where nothing came


PATHS = {"yahoo": YAHOO, "alpha_vantage": ALPHA_VANTAGE, "stooq": STOOQ}
NOT_FOUND = body({"chart": {"result": None, "error": {"code": "Not Found", "description": "No data found"}}})
WEB_PAGE = b"<!DOCTYPE html><html><script>solve()</script>Checking your browser</html>"
UNAVAILABLE = Reply(503, b"Service Unavailable")

REFUSED = {
    "yahoo: empty body": Refused("yahoo", Reply(200, b""), "BadAnswer", "answer of 0 bytes"),
    "yahoo: truncated JSON": Refused("yahoo", Reply(200, body(chart(rows=YEAR))[:-40]), "BadAnswer", "not whole JSON"),
    "yahoo: gzip garbage": Refused(
        "yahoo", Reply(200, gzip.compress(b"bars" * 99, mtime=0)), "BadAnswer", "not whole JSON"
    ),
    "yahoo: web page with 200": Refused("yahoo", Reply(200, WEB_PAGE), "SourceBlocked", "is a web page"),
    "yahoo: error body with 200": Refused("yahoo", Reply(200, NOT_FOUND), "BadAnswer", "an error instead of bars"),
    "yahoo: unknown symbol": Refused("yahoo", Reply(404, NOT_FOUND), "UnknownSymbol", "knows no such symbol"),
    "yahoo: another symbol": Refused("yahoo", Reply(200, body(chart("MSFT", YEAR))), "BadAnswer", "about 'MSFT'"),
    "yahoo: renamed columns": Refused(
        "yahoo", Reply(200, body(with_columns(close="last"))), "BadAnswer", "column close holds no values"
    ),
    "yahoo: one row": Refused("yahoo", Reply(200, body(chart(rows=YEAR[-1:]))), "BadAnswer", "a single bar"),
    "yahoo: only later days": Refused(
        "yahoo",
        Reply(200, body(chart(rows=year(until="2014-06-30", days=200)))),
        "BadAnswer",
        "no bar up to 2013-03-01",
    ),
    "yahoo: future dates": Refused(
        "yahoo", Reply(200, body(chart(rows=year(until="2013-03-29")))), "BadAnswer", "ends on 2013-03-29"
    ),
    "yahoo: wrong time zone": Refused(
        "yahoo", Reply(200, body(chart(rows=every(a_day_later)[:-1]))), "BadAnswer", r"of a weekend.*wrong time zone"
    ),
    "yahoo: no time zone": Refused(
        "yahoo",
        Reply(200, body(chart(rows=YEAR, exchangeTimezoneName="Mars/Olympus", gmtoffset="5h"))),
        "BadAnswer",
        "neither exchangeTimezoneName nor gmtoffset",
    ),
    "yahoo: high and low swapped": Refused(
        "yahoo",
        Reply(200, body(chart(rows=every(lambda row: (*row[:2], row[3], row[2], *row[4:]))))),
        "BadAnswer",
        "300 of 300 bars do not hold open and close",
    ),
    "yahoo: prices negative": Refused(
        "yahoo",
        Reply(200, body(chart(rows=every(lambda row: (row[0], *(-v for v in row[1:6]), row[6]))))),
        "BadAnswer",
        r"300 of 300 rows are no bars \(price_above_zero\)",
    ),
    "yahoo: prices NaN": Refused(
        "yahoo",
        Reply(200, body(chart(rows=every(lambda row: (*row[:4], float("nan"), *row[5:]))))),
        "BadAnswer",
        r"300 of 300 rows are no bars \(is_number\)",
    ),
    "yahoo: every third row a hole": Refused(
        "yahoo",
        Reply(200, body(chart(rows=tuple((*r[:4], None, *r[5:]) if i % 3 == 0 else r for i, r in enumerate(YEAR))))),
        "BadAnswer",
        r"100 of 300 rows are no bars \(no_nulls\)",
    ),
    "yahoo: price stands still": Refused(
        "yahoo",
        Reply(200, body(chart(rows=every(lambda row: (row[0], 7.0, 7.0, 7.0, 7.0, 7.0, 100))))),
        "BadAnswer",
        "all 300 bars close at 7.0",
    ),
    "yahoo: 401": Refused("yahoo", Reply(401, b"Invalid Crumb"), "SourceBlocked", "refuses us.*401"),
    "yahoo: 403": Refused("yahoo", Reply(403, b"Forbidden"), "SourceBlocked", "refuses us.*403"),
    "yahoo: 429": Refused("yahoo", Reply(429, b"Too Many Requests"), "SourceBlocked", "refuses us.*429"),
    "yahoo: 500": Refused("yahoo", Reply(500, b"oops"), "SourceDown", "the source fails.*500"),
    "yahoo: redirect loop": Refused(
        "yahoo", Reply(302, b"", (("Location", "/v8/finance/chart/AAPL"),)), "BadAnswer", "must have status 200.*302"
    ),
    "yahoo: body cut short": Refused(
        "yahoo", Reply(200, body(chart(rows=YEAR))[:900], announce=90_000), "SourceDown", "no whole answer", False
    ),
    "yahoo: no answer in time": Refused(
        "yahoo", Reply(200, b"late", after=threading.Event()), "SourceDown", "timed out", False
    ),
    "yahoo: a trickling body": Refused(
        "yahoo", Reply(200, b"x" * 40, trickle_seconds=0.05), "SourceDown", "not whole after 0.3 seconds", False
    ),
    "alpha_vantage: Note": Refused(
        "alpha_vantage", Reply(200, body({"Note": "5 calls per minute"})), "SourceBlocked", "5 calls per minute"
    ),
    "alpha_vantage: Information": Refused(
        "alpha_vantage", Reply(200, body({"Information": "a premium endpoint"})), "SourceBlocked", "premium endpoint"
    ),
    "alpha_vantage: Error Message": Refused(
        "alpha_vantage", Reply(200, body({"Error Message": "Invalid API call."})), "UnknownSymbol", "Invalid API call"
    ),
    "alpha_vantage: key refused": Refused(
        "alpha_vantage",
        Reply(200, body({"Error Message": "the parameter apikey is invalid"})),
        "SourceBlocked",
        "refuses our key",
    ),
    "alpha_vantage: empty object": Refused("alpha_vantage", Reply(200, b"{}"), "BadAnswer", "must have 'Meta Data'"),
    "alpha_vantage: no days": Refused(
        "alpha_vantage",
        Reply(200, body({"Meta Data": {"2. Symbol": "AAPL"}, "Time Series (Daily)": {}})),
        "BadAnswer",
        "holds no day",
    ),
    "alpha_vantage: another symbol": Refused(
        "alpha_vantage", Reply(200, body(series("IBM", YEAR))), "BadAnswer", "about 'IBM'"
    ),
    "alpha_vantage: another time zone": Refused(
        "alpha_vantage",
        Reply(200, body(series("AAPL", YEAR, **{"5. Time Zone": "Asia/Tokyo"}))),
        "BadAnswer",
        "'Asia/Tokyo'; they must be those of New York",
    ),
    "alpha_vantage: renamed columns": Refused(
        "alpha_vantage", Reply(200, body(renamed_series())), "BadAnswer", "'4. last'.*it must have"
    ),
    "alpha_vantage: a day twice": Refused(
        "alpha_vantage", Reply(200, with_a_day_twice()), "BadAnswer", "'2013-03-01' stands twice"
    ),
    "alpha_vantage: truncated JSON": Refused(
        "alpha_vantage", Reply(200, body(series(rows=YEAR))[:500]), "BadAnswer", "not whole JSON"
    ),
    "alpha_vantage: web page": Refused("alpha_vantage", Reply(200, WEB_PAGE), "SourceBlocked", "is a web page"),
    "stooq: proof of work": Refused("stooq", Reply(200, WEB_PAGE), "SourceBlocked", "is a web page"),
    "stooq: daily hit limit": Refused(
        "stooq", Reply(200, b"Exceeded the daily hits limit"), "SourceBlocked", "Exceeded the daily hits limit"
    ),
    "stooq: no data": Refused("stooq", Reply(200, b"No data\r\n"), "UnknownSymbol", "says 'No data'"),
    "stooq: JSON in a file named CSV": Refused(
        "stooq", Reply(200, b'{"error": "denied"}'), "BadAnswer", "must begin with 'Date,Open"
    ),
    "stooq: renamed columns": Refused(
        "stooq",
        Reply(200, table(YEAR, "Data,Otwarcie,Najwyzszy,Najnizszy,Zamkniecie,Wolumen")),
        "BadAnswer",
        "'Data,Otw",
    ),
    "stooq: header of many rows": Refused(
        "stooq", Reply(200, b"Price,Close,High\nTicker,AAPL,AAPL\nDate,,\n"), "BadAnswer", "'Price,Close,High'"
    ),
    "stooq: header alone": Refused("stooq", Reply(200, table(())), "BadAnswer", "holds no day"),
    "stooq: gzip garbage": Refused("stooq", Reply(200, gzip.compress(table(YEAR), mtime=0)), "BadAnswer", "is no text"),
    "stooq: no volume": Refused(
        "stooq",
        Reply(200, b"Date,Open,High,Low,Close\n2013-03-01,1,2,1,2\n"),
        "BadAnswer",
        "begins with 'Date,Open,High,Low,Close'; it must",
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_what_is_not_this_symbols_bars_is_refused_and_kept_apart(
    ingest: Callable[..., ModuleType], source: Source, s3: Any, case: Refused
) -> None:
    """A refused answer that reached bars/ would be cleaned, learned from and forecast."""
    source.by_path = {PATHS[case.source]: case.reply}

    with pytest.raises(SymbolsFailed, match=re.compile(case.reason, re.DOTALL)):
        ingest(case.source).handler(FRIDAY, None)

    assert [key for key in s3.keys(BRONZE) if key.startswith(("bars/", "state/whole"))] == []
    put_aside = f"quarantine/day=2013-03-01/symbol=AAPL/source={case.source}"
    if case.is_kept:
        reason = json.loads(s3.body(BRONZE, f"{put_aside}.reason.json"))
        assert reason["reason"].startswith(f"{case.kind}: ")
        assert (reason["symbol"], reason["source"]) == ("AAPL", case.source)
        assert s3.body(BRONZE, f"{put_aside}.txt") == (b"" if case.reply.status == 302 else case.reply.body)
    else:
        assert [key for key in s3.keys(BRONZE) if key.startswith("quarantine/")] == []


@pytest.mark.parametrize(
    "case",
    [case for name, case in REFUSED.items() if name.startswith("yahoo") and case.is_kept],
    ids=lambda c: c.reason,
)
def test_whatever_one_source_answers_the_next_one_is_asked(
    ingest: Callable[..., ModuleType], source: Source, s3: Any, case: Refused
) -> None:
    """One vendor's bad night must not be ours; what it said is kept all the same."""
    source.by_path = {YAHOO: case.reply, STOOQ: Reply(200, table(YEAR))}

    answer = ingest("yahoo,stooq").handler(FRIDAY, None)

    assert answer["keys"] == ["bars/day=2013-03-01/symbol=AAPL/source=stooq.json"]
    assert s3.body(BRONZE, answer["keys"][0]) == table(YEAR)
    assert "quarantine/day=2013-03-01/symbol=AAPL/source=yahoo.reason.json" in s3.keys(BRONZE)


class PutAside(NamedTuple):
    """An answer that is stored, and the rows of it that become no bars."""

    source: str
    content: bytes
    rules: list[str]
    bars: int


CSV_ROWS = table(YEAR).decode().splitlines()
MENDED = {
    "yahoo: unsorted rows are sorted": PutAside("yahoo", body(chart(rows=YEAR[::-1])), [], ROWS),
    "yahoo: of a duplicate day the first counts": PutAside(
        "yahoo", body(chart(rows=(*YEAR, YEAR[-1]))), ["one_bar_a_day"], ROWS
    ),
    "yahoo: a row with a hole": PutAside("yahoo", body(chart(rows=changed(5, high=None))), ["no_nulls"], ROWS - 1),
    "yahoo: a NaN": PutAside("yahoo", body(chart(rows=changed(5, close=float("nan")))), ["is_number"], ROWS - 1),
    "yahoo: an infinite price": PutAside(
        "yahoo", body(chart(rows=changed(5, high=float("inf")))), ["is_number"], ROWS - 1
    ),
    "yahoo: a text for a price": PutAside("yahoo", body(chart(rows=changed(5, low="12.5"))), ["is_number"], ROWS - 1),
    "yahoo: a negative price": PutAside(
        "yahoo", body(chart(rows=changed(5, low=-3.0))), ["price_above_zero"], ROWS - 1
    ),
    "yahoo: a price of 0": PutAside("yahoo", body(chart(rows=changed(5, close=0))), ["price_above_zero"], ROWS - 1),
    "yahoo: a row without a day": PutAside("yahoo", body(chart(rows=changed(5, day=None))), ["is_dated"], ROWS - 1),
    "yahoo: the running day": PutAside(
        "yahoo",
        body(chart(rows=YEAR, regularMarketTime=opening("2013-03-01") + 3600)),
        ["is_finished"],
        ROWS - 1,
    ),
    "yahoo: no volume is a bar, as real ones have it": PutAside(
        "yahoo", body(chart(rows=changed(5, volume=0))), [], ROWS
    ),
    "yahoo: one high below its low is for cleaning to judge": PutAside(
        "yahoo", body(chart(rows=changed(5, high=1.0))), [], ROWS
    ),
    "alpha_vantage: a text that is no number": PutAside(
        "alpha_vantage", body(series(rows=changed(5, close="None"))), ["is_number"], ROWS - 1
    ),
    "alpha_vantage: a NaN": PutAside(
        "alpha_vantage", body(series(rows=changed(5, low="nan"))), ["is_number"], ROWS - 1
    ),
    "alpha_vantage: a day that is none": PutAside(
        "alpha_vantage", body(series(rows=changed(5, day="2012-13-01"))), ["is_dated"], ROWS - 1
    ),
    "alpha_vantage: the running day": PutAside(
        "alpha_vantage",
        body(series(rows=YEAR, **{"3. Last Refreshed": "2013-03-01 13:05:00"})),
        ["is_finished"],
        ROWS - 1,
    ),
    "stooq: a row cut short": PutAside(
        "stooq", "\n".join([*CSV_ROWS[:-1], CSV_ROWS[-1].rsplit(",", 2)[0]]).encode(), ["no_nulls"], ROWS - 1
    ),
    "stooq: empty cells": PutAside("stooq", "\n".join([*CSV_ROWS, "2013-02-23,,,,,"]).encode(), ["is_number"], ROWS),
    "stooq: unsorted rows are sorted": PutAside("stooq", table(YEAR[::-1]), [], ROWS),
    "stooq: of a duplicate day the first counts": PutAside("stooq", table((*YEAR, YEAR[0])), ["one_bar_a_day"], ROWS),
}


@pytest.mark.parametrize("case", MENDED.values(), ids=MENDED)
def test_a_bad_row_is_put_aside_with_its_rule_and_the_rest_goes_on(
    ingest: Callable[..., ModuleType], source: Source, s3: Any, case: PutAside
) -> None:
    """A filled or guessed price is an invented one; a whole history lost for one row is no better."""
    source.by_path = {PATHS[case.source]: Reply(200, case.content)}

    [key] = ingest(case.source).handler(FRIDAY, None)["keys"]

    assert s3.body(BRONZE, key) == case.content
    parsed = parse(case.source, case.content, "AAPL")
    assert [row.rule for row in parsed.rejected] == case.rules
    assert len(parsed.bars) == case.bars
    assert [bar.date for bar in parsed.bars] == sorted({bar.date for bar in parsed.bars})
    json.dumps(parsed.rejected, allow_nan=False)  # quarantine is a file of JSON lines


def test_two_symbols_with_the_very_same_bars_are_refused(
    ingest: Callable[..., ModuleType], source: Source, s3: Any
) -> None:
    """Stooq does not name the symbol in its answer: a download race would give a company another one's prices."""
    source.by_path = {STOOQ: Reply(200, table(YEAR))}

    with pytest.raises(SymbolsFailed, match=r"1 of 2 symbols.*IBM: the answer holds the very bars of AAPL"):
        ingest("stooq", symbols="AAPL,IBM").handler(FRIDAY, None)

    assert "bars/day=2013-03-01/symbol=AAPL/source=stooq.json" in s3.keys(BRONZE)
    assert "quarantine/day=2013-03-01/symbol=IBM/source=stooq.txt" in s3.keys(BRONZE)


def with_a_split(rows: tuple[Quote, ...], place: int) -> tuple[Quote, ...]:
    """Rows whose prices before a place are twice as high: a split 2:1 that nobody adjusted for."""
    return tuple(
        (row[0], *(value * 2 for value in row[1:6]), row[6]) if i < place else row for i, row in enumerate(rows)
    )


@pytest.mark.parametrize(
    ("second", "verdict"),
    [
        (table(with_a_split(YEAR, 200)), r"missing_split: .*on 2012-10-\d\d one moves"),
        (table(year(seed=7)), r"another_symbol: .*correlation of their returns is -?0\.\d+"),
    ],
    ids=["a missing split", "another symbol's bars"],
)
def test_two_sources_that_cannot_both_be_right_are_both_refused(
    ingest: Callable[..., ModuleType], source: Source, s3: Any, second: bytes, verdict: str
) -> None:
    """No check of one answer alone sees either of these; which of the two is wrong only a person can tell."""
    source.by_path = {YAHOO: Reply(200, body(chart(rows=YEAR))), STOOQ: Reply(200, second)}

    with pytest.raises(SymbolsFailed, match=verdict):
        ingest("yahoo,stooq").handler(FRIDAY | {"cross_check": True}, None)

    finding = json.loads(s3.body(BRONZE, "cross_check/day=2013-03-01/symbol=AAPL.json"))
    assert finding["verdict"] in verdict
    put_aside = "quarantine/day=2013-03-01/symbol=AAPL/source"
    assert [key for key in s3.keys(BRONZE) if key.endswith(".txt")] == [
        f"{put_aside}=stooq.txt",
        f"{put_aside}=yahoo.txt",
    ]
    assert [key for key in s3.keys(BRONZE) if key.startswith("bars/")] == []


EVENTS = {
    "a day that is none": ({"day": "2013-02-30"}, "day is '2013-02-30'; it must be an ISO date"),
    "since that is none": (FRIDAY | {"since": "last week"}, "since is 'last week'; it must be an ISO date"),
    "since as a number": (FRIDAY | {"since": 20130101}, "since is 20130101; it must be an ISO date"),
    "since after the day": (FRIDAY | {"since": "2013-03-04"}, "must not lie before since, 2013-03-04"),
    "symbols as a text": (FRIDAY | {"symbols": "AAPL"}, "symbols is 'AAPL'; it must be a list"),
    "no symbols": (FRIDAY | {"symbols": []}, "must name at least one"),
    "a symbol that leads elsewhere": (FRIDAY | {"symbols": ["../x"]}, "symbol is '../x'; it must match"),
    "cross_check as a text": (FRIDAY | {"cross_check": "yes"}, "cross_check is 'yes'; it must be true or false"),
    "cross_check with one source": (FRIDAY | {"cross_check": True}, "the only source is yahoo; it takes two"),
    "a word that it does not know": (FRIDAY | {"symbol": "AAPL"}, "the event has symbol; it may have"),
}


@pytest.mark.parametrize(("event", "reason"), EVENTS.values(), ids=EVENTS)
def test_an_event_that_cannot_be_meant_is_refused_before_the_first_request(
    ingest: Callable[..., ModuleType], source: Source, s3: Any, event: dict[str, Any], reason: str
) -> None:
    """A typing error must not become today's run of everything."""
    with pytest.raises(ValueError, match=reason):
        ingest("yahoo").handler(event, None)

    assert (source.asked, s3.objects) == ([], {})


def test_the_days_of_these_cases_are_real() -> None:
    """A year of made-up rows that ends on another day would let the cases pass for the wrong reason."""
    assert date.fromisoformat(YEAR[-1][0]) == date(2013, 3, 1)
    assert [row[0] for row in YEAR][::-1] == weekdays(ROWS, "2013-03-01")
