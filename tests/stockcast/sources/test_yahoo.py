"""Yahoo's chart API: what is fetched, what is refused, and how rows become bars."""

import gzip
import json
from datetime import date
from typing import Any
from zoneinfo import ZoneInfoNotFoundError

import pytest
from tests.stockcast.sources.fake_source import WEEK, Reply, Source, body, chart, opening

from stockcast.contracts.bars import Bar, Event
from stockcast.sources import yahoo, yahoo_chart
from stockcast.sources.answers import BadAnswer, SourceBlocked, SourceDown, SourceError, UnknownSymbol
from stockcast.sources.polite_get import Patience

SINCE, DAY = date(2013, 2, 25), date(2013, 3, 1)
AT_ONCE = Patience(sleep=lambda seconds: None)
NOT_FOUND = body({"chart": {"result": None, "error": {"code": "Not Found", "description": "No data found"}}})


def fetch(source: Source, symbol: str = "AAPL") -> bytes:
    return yahoo.Yahoo(source.base_url, AT_ONCE).fetch(symbol, SINCE, DAY).body


def test_the_address_asks_for_whole_days_with_their_splits_and_dividends() -> None:
    """period2 is exclusive: one day too few would make every forecast a day old."""
    address = yahoo.url("https://query1.finance.yahoo.com/", "^GSPC", SINCE, DAY)

    assert address == (
        "https://query1.finance.yahoo.com/v8/finance/chart/%5EGSPC"
        "?period1=1361750400&period2=1362182400&interval=1d&events=div,splits"
    )


def test_a_good_answer_comes_back_byte_for_byte(source: Source) -> None:
    """Bronze is evidence: re-encoding would change it."""
    odd_spacing = body(chart()).replace(b": ", b" :  ")
    source.replies = [Reply(200, odd_spacing)]

    answer = yahoo.Yahoo(source.base_url, AT_ONCE).fetch("AAPL", SINCE, DAY)

    assert answer == (odd_spacing, yahoo.url(source.base_url, "AAPL", SINCE, DAY), 200)
    assert source.asked[0].headers["User-Agent"].startswith("Mozilla/5.0")


def without(key: str) -> dict[str, Any]:
    """A good answer that lacks one key of its chart."""
    answer = chart()
    del answer["chart"]["result"][0][key]
    return answer


def with_columns(**columns: Any) -> dict[str, Any]:
    """A good answer with other columns."""
    answer = chart()
    answer["chart"]["result"][0]["indicators"]["quote"][0] |= columns
    return answer


BAD_BODIES = {
    "an HTML page": (b"<!DOCTYPE html><html>consent</html>", SourceBlocked, "is a web page"),
    "plain text": (b"Edge: Too Many Requests", BadAnswer, "is not whole JSON"),
    "truncated JSON": (body(chart())[:-30], BadAnswer, "is not whole JSON"),
    "gzip nobody asked for": (gzip.compress(body(chart()), mtime=0), BadAnswer, "is not whole JSON"),
    "nothing": (b"", BadAnswer, "answer of 0 bytes"),
    "a list": (b"[]", BadAnswer, "must have the key 'chart'"),
    "another API's error": (b'{"Note": "limit"}', BadAnswer, r"has keys \['Note'\]"),
    "an error with status 200": (NOT_FOUND, BadAnswer, "an error instead of bars.*No data found"),
    "no chart in it": (body({"chart": {"result": [], "error": None}}), BadAnswer, "exactly one chart"),
    "another symbol": (body(chart("MSFT")), BadAnswer, "is about 'MSFT'; it must be about AAPL"),
    "no timestamps": (body(without("timestamp")), BadAnswer, "holds no timestamps"),
    "no columns": (body(without("indicators")), BadAnswer, "column open holds no values for 5"),
    "a column too short": (body(with_columns(low=[1.0])), BadAnswer, "column low holds 1 values for 5 timestamps"),
    "no place on earth": (body(chart(exchangeTimezoneName="No/Where", gmtoffset=None)), BadAnswer, "exchangeTimezone"),
}


@pytest.mark.parametrize(("bad", "kind", "reason"), BAD_BODIES.values(), ids=BAD_BODIES)
def test_what_only_looks_like_an_answer_is_refused(
    source: Source, bad: bytes, kind: type[SourceError], reason: str
) -> None:
    """Each of these came with status 200 from a real source, and was once stored as data by somebody."""
    source.replies = [Reply(200, bad)]

    with pytest.raises(kind, match=reason) as refusal:
        fetch(source)

    assert refusal.value.answer is not None
    assert refusal.value.answer.body == bad
    assert refusal.value.symbol == "AAPL"
    assert refusal.value.remedy in str(refusal.value)


@pytest.mark.parametrize(
    ("status", "said", "kind", "requests"),
    [
        (401, b"Invalid Crumb", SourceBlocked, 1),
        (403, b"Forbidden", SourceBlocked, 1),
        (429, b"Too Many Requests", SourceBlocked, 4),
        (999, b"<html>Unable to process request</html>", SourceBlocked, 4),
        (502, b"Bad Gateway", SourceDown, 4),
        (404, NOT_FOUND, UnknownSymbol, 1),
        (404, b"<html>no such page</html>", BadAnswer, 1),
        (400, NOT_FOUND, BadAnswer, 1),
    ],
)
def test_every_refusal_has_its_own_kind(
    source: Source, status: int, said: bytes, kind: type[SourceError], requests: int
) -> None:
    """An unknown symbol is corrected, a limit waited for, a wrong address repaired: people must see which it is."""
    source.replies = [Reply(status, said)]

    with pytest.raises(kind, match=str(status)) as refusal:
        fetch(source)

    assert refusal.value.answer == (said, yahoo.url(source.base_url, "AAPL", SINCE, DAY), status)
    assert len(source.asked) == requests


def test_a_limit_that_passes_is_waited_for(source: Source) -> None:
    """The commonest failure of all mends itself within a second."""
    source.replies = [Reply(429, b"Too Many Requests"), Reply(200, body(chart()))]

    assert fetch(source) == body(chart())


def test_a_source_that_is_gone_is_named() -> None:
    """Nothing came back, so there is nothing to quarantine, only a reason."""
    with pytest.raises(SourceDown, match=r"AAPL: http://127\.0\.0\.1:9/.* gave no whole answer") as refusal:
        yahoo.Yahoo("http://127.0.0.1:9", AT_ONCE).fetch("AAPL", SINCE, DAY)

    assert refusal.value.answer is None


def test_a_row_is_adjusted_by_its_own_factor() -> None:
    """Unadjusted opens beside adjusted closes would turn every dividend into volatility."""
    parsed = yahoo.parse(body(chart()), "AAPL")

    assert parsed.rejected == []
    assert parsed.bars[0] == Bar("AAPL", date(2013, 2, 25), 50.0, 52.0, 49.0, 51.0, 1000.0, 102.0, "yahoo")
    assert parsed.bars[2] == Bar("AAPL", date(2013, 2, 27), 53.0, 54.0, 51.0, 52.0, 1200.0, 52.0, "yahoo")
    assert [bar.date.day for bar in parsed.bars] == [25, 26, 27, 28, 1]


@pytest.mark.parametrize(
    ("zone", "stamp", "day"),
    [
        ("America/New_York", opening("2013-03-01"), date(2013, 3, 1)),
        ("America/New_York", opening("2013-07-01") - 3600, date(2013, 7, 1)),  # summer time
        ("Australia/Sydney", 1362092400, date(2013, 3, 1)),  # 10:00 there, 23:00 UTC of the day before
        ("Pacific/Auckland", 1362085200, date(2013, 3, 1)),
    ],
)
def test_the_date_is_the_exchanges_own(zone: str, stamp: int, day: date) -> None:
    """In UTC a bar from Sydney would be a day early: look-ahead for everyone else."""
    rows = ((stamp, *WEEK[0][1:]),)

    parsed = yahoo.parse(body(chart(rows=rows, exchangeTimezoneName=zone)), "AAPL")

    assert [bar.date for bar in parsed.bars] == [day]


def test_a_machine_without_zone_data_still_finds_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slim images lack /usr/share/zoneinfo; the answer's own offset is enough for a date."""

    def no_zones(key: str) -> None:
        raise ZoneInfoNotFoundError(key)

    monkeypatch.setattr(yahoo_chart, "ZoneInfo", no_zones)

    parsed = yahoo.parse(body(chart()), "AAPL")

    assert parsed.bars[-1].date == DAY


@pytest.mark.parametrize("column", [1, 2, 3, 4, 5, 6])
def test_a_row_with_a_hole_is_rejected_and_not_filled(column: int) -> None:
    """A filled close is an invented price."""
    hole = tuple(None if i == column else value for i, value in enumerate(WEEK[1]))

    parsed = yahoo.parse(body(chart(rows=(WEEK[0], hole, WEEK[2]))), "AAPL")

    assert [bar.date.day for bar in parsed.bars] == [25, 27]
    assert [(r.rule, r.row["date"], r.row["symbol"]) for r in parsed.rejected] == [("no_nulls", "2013-02-26", "AAPL")]


@pytest.mark.parametrize(
    ("strange", "rule"),
    [
        ("12.5", "is_number"),
        (float("nan"), "is_number"),
        (True, "is_number"),
        (0, "price_above_zero"),
        (-1.0, "price_above_zero"),
    ],
)
def test_a_price_that_is_none_is_rejected_with_its_value(strange: Any, rule: str) -> None:
    """log(0) would be found hours later, in training."""
    row = (*WEEK[0][:4], strange, *WEEK[0][5:])

    parsed = yahoo.parse(body(chart(rows=(row, WEEK[1]))), "AAPL")

    assert len(parsed.bars) == 1
    assert [rejected.rule for rejected in parsed.rejected] == [rule]
    assert "2013-02-25" in parsed.rejected[0].reason
    json.dumps(parsed.rejected[0], allow_nan=False)  # quarantine is a file of JSON lines


def test_a_day_that_still_trades_is_not_a_bar() -> None:
    """At noon the close is only a price; stored as final, it would be wrong for ever."""
    noon = opening("2013-03-01") + 9000

    parsed = yahoo.parse(body(chart(regularMarketTime=noon)), "AAPL")

    assert parsed.bars[-1].date == date(2013, 2, 28)
    assert [(rejected.rule, rejected.value) for rejected in parsed.rejected] == [("is_finished", "2013-03-01")]


def test_an_early_close_is_finished_when_its_own_session_ended() -> None:
    """The day after Thanksgiving closes at 13:00; its bar must not wait until Monday."""
    one_o_clock = opening("2013-03-01") + int(3.5 * 3600)
    session = {"regular": {"start": opening("2013-03-01"), "end": one_o_clock}}

    parsed = yahoo.parse(body(chart(regularMarketTime=one_o_clock, currentTradingPeriod=session)), "AAPL")

    assert parsed.bars[-1].date == DAY


@pytest.mark.parametrize(("hours_after_opening", "newest"), [(2, date(2013, 2, 28)), (6.5, DAY)])
def test_without_a_session_the_usual_close_decides(hours_after_opening: float, newest: date) -> None:
    """Older answers lack currentTradingPeriod."""
    now = opening("2013-03-01") + int(hours_after_opening * 3600)

    parsed = yahoo.parse(body(chart(regularMarketTime=now, currentTradingPeriod=None)), "AAPL")

    assert parsed.bars[-1].date == newest


def test_the_second_row_of_a_day_is_rejected() -> None:
    """After the close Yahoo repeats the day with the time of the last trade; two rows would double its weight."""
    again = (opening("2013-03-01") + 23401, *WEEK[-1][1:])

    parsed = yahoo.parse(body(chart(rows=(*WEEK, again))), "AAPL")

    assert len(parsed.bars) == 5
    assert [rejected.rule for rejected in parsed.rejected] == ["one_bar_a_day"]


def test_rows_out_of_order_come_out_ascending() -> None:
    """Returns of shuffled days are noise that no test of levels sees."""
    parsed = yahoo.parse(body(chart(rows=WEEK[::-1])), "AAPL")

    assert [bar.date.day for bar in parsed.bars] == [25, 26, 27, 28, 1]


@pytest.mark.parametrize("stamp", [None, "2013-03-01", -5, 1e300])
def test_a_row_without_a_moment_is_rejected(stamp: Any) -> None:
    """One broken stamp must not cost the whole history."""
    answer = chart()
    answer["chart"]["result"][0]["timestamp"][0] = stamp

    parsed = yahoo.parse(body(answer), "AAPL")

    assert len(parsed.bars) == 4
    assert [rejected.rule for rejected in parsed.rejected] == ["is_dated"]


def test_splits_and_dividends_are_events_of_the_exchanges_day() -> None:
    """Annotations and the split rule read them; a jump with an event is no fault."""
    answer = chart()
    at = opening("2013-02-27")
    answer["chart"]["result"][0]["events"] = {
        "splits": {str(at): {"date": at, "numerator": 7.0, "denominator": 1.0, "splitRatio": "7:1"}},
        "dividends": {"1": {"date": opening("2013-03-01"), "amount": 0.25}, "2": {"date": at, "amount": 1}},
    }

    events = yahoo.parse(body(answer), "AAPL").events

    assert events == [
        Event("AAPL", date(2013, 2, 27), "dividend", 1.0, "yahoo"),
        Event("AAPL", date(2013, 2, 27), "split", 7.0, "yahoo"),
        Event("AAPL", date(2013, 3, 1), "dividend", 0.25, "yahoo"),
    ]


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        {"splits": 5},
        {"splits": {"1": None}},
        {"splits": {"1": {"date": 1, "numerator": 2, "denominator": 0}}},
        {"splits": {"1": {"date": "today", "numerator": 2, "denominator": 1}}},
        {"dividends": {"1": {"date": 1362148200, "amount": "0.25"}}},
        {"dividends": {"1": {"date": 1362148200, "amount": -1}}},
    ],
)
def test_an_event_that_is_none_is_left_out(told: Any) -> None:
    """Bars are worth having without it, and an invented split would excuse a jump."""
    answer = chart()
    answer["chart"]["result"][0]["events"] = told

    parsed = yahoo.parse(body(answer), "AAPL")

    assert (list(parsed.events), len(parsed.bars)) == ([], 5)
