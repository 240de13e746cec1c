"""News as Alpha Vantage tells them: scores as texts, refusals with status 200."""

import json
from datetime import date, datetime
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from tests.stockcast.sources.fake_source import Reply, Source, body

from stockcast.sources import news
from stockcast.sources.answers import BadAnswer, SourceBlocked, SourceDown, SourceError, UnknownSymbol
from stockcast.sources.news import AlphaVantageNews, Article
from stockcast.sources.polite_get import Patience

NEW_YORK = ZoneInfo("America/New_York")
SINCE, DAY = date(2013, 2, 25), date(2013, 3, 1)
KEY = "a+secret/key"


def entry(**changes):
    """One entry of a feed, about two companies."""
    return {
        "title": "Apple beats", "url": "https://news.example/1", "time_published": "20130228T153000",
        "summary": "More phones than hoped for.", "overall_sentiment_score": 0.2,
        "ticker_sentiment": [
            {"ticker": "MSFT", "relevance_score": "0.1", "ticker_sentiment_score": "-0.4"},
            {"ticker": "AAPL", "relevance_score": "0.85", "ticker_sentiment_score": "0.31"},
        ],
    } | changes  # fmt: skip


def feed(*entries):
    return body({"items": str(len(entries)), "feed": list(entries)})


def asking(source: Source) -> AlphaVantageNews:
    return AlphaVantageNews(
        source.base_url, lambda symbol: KEY, lambda symbol: None, Patience(tries=2, sleep=lambda seconds: None)
    )


def test_texts_become_numbers_and_the_symbol_s_own_score_counts():
    """The overall score is about whoever else the article names."""
    told = news.parse(feed(entry(), entry(url="https://news.example/0", time_published="20130227T090000")), "AAPL")

    assert told.rejected == []
    assert [one.url[-1] for one in told.articles] == ["0", "1"]
    assert told.articles[1] == Article(
        "https://news.example/1", datetime(2013, 2, 28, 15, 30, tzinfo=NEW_YORK), True,
        "Apple beats", "More phones than hoped for.", 0.85, 0.31,
    )  # fmt: skip


@pytest.mark.parametrize("stamp", ["20130228T000000", "20130228T0000", "20130228"])
def test_a_midnight_stamp_is_a_bare_day(stamp):
    """Taken as a time it would be known a whole day before it was written."""
    (article,) = news.parse(feed(entry(time_published=stamp)), "AAPL").articles

    assert article.has_time is False
    assert article.published == datetime(2013, 2, 28, tzinfo=NEW_YORK)


@pytest.mark.parametrize("score", [None, "", "n/a", "NaN", "7", True, "1_0"])
def test_a_score_that_is_none_stays_missing(score):
    """Zero would say that the news is neutral."""
    unscored = entry(ticker_sentiment=[{"ticker": "AAPL", "relevance_score": "1", "ticker_sentiment_score": score}])

    (article,) = news.parse(feed(unscored), "AAPL").articles

    assert article.score is None


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"url": ""}, "has_address"),
        ({"time_published": "yesterday"}, "is_dated"),
        ({"time_published": None}, "is_dated"),
        ({"ticker_sentiment": []}, "is_about_symbol"),
        ({"ticker_sentiment": None}, "is_about_symbol"),
        ({"ticker_sentiment": [{"ticker": "AAPL", "relevance_score": "-1"}]}, "relevance_from_0_to_1"),
        ({"ticker_sentiment": [{"ticker": "AAPL"}]}, "relevance_from_0_to_1"),
    ],
)
def test_an_entry_that_is_no_article_is_kept_with_its_reason(changes, rule):
    """What is dropped silently is missed by nobody."""
    told = news.parse(feed(entry(**changes), entry()), "AAPL")

    assert len(told.articles) == 1
    assert [(one.rule, one.row["symbol"]) for one in told.rejected] == [(rule, "AAPL")]
    assert json.dumps(told.rejected[0].row)


def test_a_feed_of_strange_things_is_rejected_piece_by_piece():
    assert [one.rule for one in news.parse(feed(None, "x", 7), "AAPL").rejected] == ["has_address"] * 3


@pytest.mark.parametrize(
    ("raw", "fault", "said"),
    [
        (body({"Note": "25 requests a day"}), SourceBlocked, "25 requests a day"),
        (body({"Information": "premium endpoint"}), SourceBlocked, "premium endpoint"),
        (body({"Error Message": "Invalid API call"}), UnknownSymbol, "Invalid API call"),
        (body({"articles": []}), BadAnswer, "it must have a list 'feed'"),
        (body([1]), BadAnswer, "it must have a list 'feed'"),
        (b'{"feed": [{"title"', BadAnswer, "not whole JSON"),
        (b"\x1f\x8b\x08garbage", BadAnswer, "not whole JSON"),
        (b"", BadAnswer, "not whole JSON"),
        (b"<html>Please wait</html>", SourceBlocked, "web page"),
        (feed(*[entry()] * 1000), BadAnswer, "as many as one may"),
    ],
    ids=["limit", "paid", "error", "renamed", "list", "truncated", "gzip", "empty", "page", "full"],
)
def test_what_is_no_news_is_refused_by_its_kind(source, raw, fault, said):
    """Each of these comes with status 200; the bytes must reach quarantine with the reason."""
    source.replies = [Reply(body=raw)]

    with pytest.raises(fault, match=said) as caught:
        asking(source).fetch("AAPL", SINCE, DAY)

    assert caught.value.answer.body == raw


def test_no_article_in_the_range_is_an_answer():
    """The source tells it in the words of a refusal."""
    nothing = {"Information": "No articles found. Please adjust the time range or refer to the API documentation."}

    assert news.parse(body(nothing), "AAPL") == news.parse(feed(), "AAPL") == ([], [])


def test_the_question_names_symbol_range_and_order_and_the_key_stays_out_of_sight(source):
    """With the newest first, a full answer would lack its oldest days."""
    source.replies = [Reply(body=feed(entry()))]

    answer = asking(source).fetch("AAPL", SINCE, DAY)

    asked = parse_qs(urlsplit(source.asked[0].path).query)
    assert asked["function"] == ["NEWS_SENTIMENT"]
    assert (asked["tickers"], asked["sort"], asked["limit"]) == (["AAPL"], ["EARLIEST"], ["1000"])
    assert (asked["time_from"], asked["time_to"]) == (["20130225T0000"], ["20130301T2359"])
    assert asked["apikey"] == [KEY]
    assert KEY not in answer.url
    assert "a%2Bsecret" not in answer.url


@pytest.mark.parametrize(("status", "fault"), [(403, SourceBlocked), (429, SourceBlocked), (500, SourceDown)])
def test_a_status_is_a_failure_and_its_message_holds_no_key(source, status, fault):
    source.replies = [Reply(status=status, body=f"no access with {KEY}".encode())]

    with pytest.raises(fault) as caught:
        asking(source).fetch("AAPL", SINCE, DAY)

    assert KEY not in str(caught.value)


def test_every_try_asks_for_its_allowance(source):
    """The source counts refused requests too."""
    source.replies = [Reply(status=500), Reply(body=feed())]
    allowed: list[str] = []
    patient = Patience(tries=2, sleep=lambda seconds: None)

    AlphaVantageNews(source.base_url, lambda symbol: KEY, allowed.append, patient).fetch("AAPL", SINCE, DAY)

    assert allowed == ["AAPL", "AAPL"]


def test_an_index_is_refused_without_a_request(source):
    """A request spent on a certain no is one company less that day."""
    with pytest.raises(SourceError, match="none of an index"):
        asking(source).fetch("^GSPC", SINCE, DAY)

    assert source.asked == []
