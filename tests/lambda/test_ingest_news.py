"""News through the ingestion function: beside the bars, against the same allowance, and never instead of them."""

import json
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from tests.stockcast.sources.fake_source import Reply, Source, body

from stockcast.sources.invocation import SymbolsFailed
from stockcast.sources.news import parse
from stockcast.sources.polite_get import Patience

BRONZE, SECRET, KEY = "bronze-bucket", "arn:aws:secretsmanager:us-east-1:1:secret:market-keys", "SESAME42OPEN"
NEWS = {"day": "2013-03-01", "news": True}
APPLE = "news/day=2013-03-01/symbol=AAPL/source=alpha_vantage.json"
COUNT = "state/budget/source=alpha_vantage/day=2013-03-01.json"
FEED = body(
    {
        "items": "1",
        "feed": [
            {
                "title": "Apple beats", "url": "https://news.example/1", "time_published": "20130228T153000",
                "ticker_sentiment": [
                    {"ticker": "AAPL", "relevance_score": "0.9", "ticker_sentiment_score": "0.3"},
                    {"ticker": "MSFT", "relevance_score": "0.2", "ticker_sentiment_score": "-0.1"},
                ],
            }
        ],
    }
)  # fmt: skip


@pytest.fixture
def ingest(
    load: Callable[..., ModuleType], source: Source, secrets: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., ModuleType]]:
    """The handler with a key, its clock in the evening of 2013-03-01."""
    secrets.texts[SECRET] = json.dumps({"alpha_vantage": KEY})
    source.replies = [Reply(200, FEED)]

    def with_settings(**settings: str) -> ModuleType:
        usual = {
            "alpha_vantage_base_url": source.base_url,
            "alpha_vantage_daily_budget": "25",
            "alpha_vantage_plan": "free",
            "bronze_bucket": BRONZE,
            "history_start": "2012-01-02",
            "market_secret": SECRET,
            "source_base_url": source.base_url,
            "sources": "yahoo,alpha_vantage",
            "stooq_base_url": source.base_url,
            "symbols": "AAPL,MSFT,^GSPC",
        }
        handler = load("ingest", **usual | settings)
        monkeypatch.setattr(handler, "patience", Patience(sleep=lambda seconds: None))
        return handler

    with time_machine.travel("2013-03-01T23:00:00Z", tick=False):
        yield with_settings


def questions(source: Source) -> list[dict[str, list[str]]]:
    return [parse_qs(urlsplit(asked.path).query) for asked in source.asked]


def test_news_of_companies_are_kept_as_they_came(ingest: Callable[..., ModuleType], s3: Any, source: Source) -> None:
    """An index has no news; everything else is scored later, as often as somebody wants."""
    answer = ingest().handler(NEWS, None)

    assert answer["keys"] == [APPLE, APPLE.replace("AAPL", "MSFT")]
    assert s3.body(BRONZE, APPLE) == FEED
    assert len(parse(s3.body(BRONZE, APPLE), "AAPL").articles) == 1
    assert not [key for key in s3.keys(BRONZE) if key.startswith(("bars/", "state/whole"))]
    assert [question["tickers"] for question in questions(source)] == [["AAPL"], ["MSFT"]]


def test_a_night_s_news_reach_back_over_a_weekend_and_a_back_fill_as_far_as_asked(
    ingest: Callable[..., ModuleType], source: Source
) -> None:
    handler = ingest(symbols="AAPL").handler

    handler(NEWS, None)
    handler(NEWS | {"since": "2013-01-01"}, None)

    assert [question["time_from"] for question in questions(source)] == [["20130225T0000"], ["20130101T0000"]]


def test_requests_for_news_count_against_the_day_s_allowance(ingest: Callable[..., ModuleType], s3: Any) -> None:
    """The source does not ask what a request was for."""
    with pytest.raises(SymbolsFailed, match=r"MSFT: alpha_vantage was not asked: 1 of 1 requests"):
        ingest(alpha_vantage_daily_budget="1").handler(NEWS, None)

    assert json.loads(s3.body(BRONZE, COUNT))["spent"] == 1
    assert APPLE in s3.keys(BRONZE)


def test_a_refusal_goes_into_quarantine_and_names_no_key(
    ingest: Callable[..., ModuleType], s3: Any, source: Source
) -> None:
    source.replies = [Reply(200, body({"Note": f"limit reached for {KEY}"}))]

    with pytest.raises(SymbolsFailed, match="limit reached") as caught:
        ingest(symbols="AAPL").handler(NEWS, None)

    assert KEY not in str(caught.value)
    assert b"limit reached" in s3.body(BRONZE, "quarantine/day=2013-03-01/symbol=AAPL/news=alpha_vantage.txt")
    assert not any(KEY.encode() in s3.body(BRONZE, key) for key in s3.keys(BRONZE))


def test_without_a_secret_nothing_is_asked(ingest: Callable[..., ModuleType], source: Source) -> None:
    with pytest.raises(SymbolsFailed, match=r"names no secret.*`market.sources`"):
        ingest(market_secret="none", symbols="AAPL").handler(NEWS, None)

    assert source.asked == []


@pytest.mark.parametrize("word", ["yes", 1, None])
def test_what_is_neither_true_nor_false_is_refused(ingest: Callable[..., ModuleType], word: Any) -> None:
    with pytest.raises(ValueError, match=r"news is .*; it must be true or false"):
        ingest().handler({"day": "2013-03-01", "news": word}, None)
