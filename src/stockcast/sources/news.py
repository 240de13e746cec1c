"""News and their scores from Alpha Vantage. Every failure has status 200 here too, and every score is a text.

The source counts each request, and gives at most 1000 articles for one: a range with more is refused instead of cut,
because the days at its end would look as if nothing had happened. The stamps carry no zone. They are read as New York
time: if they are UTC, an article counts some hours later than it could, never earlier.
"""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, NamedTuple
from urllib.parse import urldefrag, urlencode
from zoneinfo import ZoneInfo

from stockcast.contracts.bars import Rejected
from stockcast.sources.answers import (
    BadAnswer,
    RawAnswer,
    SourceBlocked,
    SourceDown,
    SourceError,
    UnknownSymbol,
    excerpt,
)
from stockcast.sources.polite_get import NoAnswer, Patience, get
from stockcast.sources.rows import number
from stockcast.sources.statuses import refuse_by_status

NAME = "alpha_vantage"
ZONE = ZoneInfo("America/New_York")
MOST_ARTICLES = 1000
STAMPS = ("%Y%m%dT%H%M%S", "%Y%m%dT%H%M", "%Y%m%d")
NOTHING_FOUND = "no articles found"

CHECK_ANSWER = "Look at the answer and at `market.alpha_vantage.base_url`."
WAIT = "Run it again tomorrow, when the limit begins anew, or take a plan with more requests."


class Article(NamedTuple):
    """One article, as it concerns one symbol."""

    url: str
    published: datetime  # New York
    has_time: bool  # False: the source told only the day
    title: str
    summary: str
    relevance: float  # 0 to 1: how much of the article is about the symbol
    score: float | None  # -1 to 1, the source's own


class News(NamedTuple):
    """All entries of one answer: each is either an article or rejected."""

    articles: list[Article]  # ascending by time
    rejected: list[Rejected]


@dataclass(frozen=True)
class AlphaVantageNews:
    """The API at an address. `allow` is asked before each request, and raises when none is left."""

    base_url: str
    key: Callable[[str], str]  # the access key for a symbol's request
    allow: Callable[[str], None]
    patience: Patience = field(default_factory=Patience)

    def fetch(self, symbol: str, since: date, day: date) -> RawAnswer:
        """The articles on one symbol from `since` up to and including `day`; a SourceError for all that is none."""
        if symbol.startswith("^"):
            reason = "the source has news of companies, and none of an index."
            raise UnknownSymbol(symbol, reason, "Leave indices out when you ask for news.")
        key = self.key(symbol)
        address = url(self.base_url, symbol, key, since, day)
        try:
            answer = get(address, self.patience, secret=key, before_each_try=lambda: self.allow(symbol))
        except NoAnswer as fault:
            raise SourceDown(symbol, f"{fault}.", f"See that the source is up and reachable. {WAIT}") from fault
        refuse_by_status(answer, symbol, WAIT, CHECK_ANSWER)
        try:
            parse(answer.body, symbol)
        except SourceError as fault:
            fault.answer = answer
            raise
        return answer


def url(base_url: str, symbol: str, key: str, since: date, day: date) -> str:
    """Address of one symbol's articles, with the key in it: never log it."""
    query = {
        "function": "NEWS_SENTIMENT",
        "tickers": symbol,
        "time_from": f"{since:%Y%m%d}T0000",
        "time_to": f"{day:%Y%m%d}T2359",
        "limit": MOST_ARTICLES,
        "sort": "EARLIEST",
        "apikey": key,
    }
    return f"{base_url.rstrip('/')}/query?{urlencode(query)}"


def parse(raw: bytes, symbol: str) -> News:
    """Every entry of an answer as an article about the symbol, or rejected with its reason; nothing is guessed."""
    articles: list[Article] = []
    rejected: list[Rejected] = []
    for entry in _feed(raw, symbol):
        result = _article(entry, symbol)
        if isinstance(result, Article):
            articles.append(result)
        else:
            rejected.append(result)
    return News(sorted(articles, key=lambda one: (one.published, one.url)), rejected)


def _feed(raw: bytes, symbol: str) -> list[Any]:
    """The entries; raises a SourceError for an answer that only looks like news."""
    answer = _json(raw, symbol)
    for name in ("Note", "Information"):
        said = str(answer.get(name, ""))
        if said.lower().startswith(NOTHING_FOUND):
            return []
        if said:
            raise SourceBlocked(symbol, f"the source refuses us: {said[:200]!r}.", WAIT)
    if "Error Message" in answer:
        reason = f"the source knows no such symbol or call: {str(answer['Error Message'])[:200]!r}."
        raise UnknownSymbol(symbol, reason, "Correct or remove it in the setting `symbols`.")
    feed = answer.get("feed")
    if not isinstance(feed, list):
        raise BadAnswer(symbol, f"the answer has keys {sorted(answer)}; it must have a list 'feed'.", CHECK_ANSWER)
    if len(feed) >= MOST_ARTICLES:
        reason = f"the answer holds {len(feed)} articles, as many as one may; later ones would be missing."
        raise BadAnswer(symbol, reason, "Ask for fewer days at a time.")
    return feed


def _json(raw: bytes, symbol: str) -> dict[str, Any]:
    if raw.lstrip()[:1] == b"<":
        reason = f"the answer is a web page, {excerpt(raw)!r}; it must be JSON."
        raise SourceBlocked(symbol, reason, WAIT)
    try:
        answer = json.loads(raw, parse_constant=str)
    except (ValueError, RecursionError) as fault:  # not UTF-8, not JSON, or cut off in the middle
        what = f"the answer of {len(raw)} bytes is not whole JSON ({fault}): {excerpt(raw)!r}."
        raise BadAnswer(symbol, what, CHECK_ANSWER) from fault
    return answer if isinstance(answer, dict) else {}


def _article(entry: Any, symbol: str) -> Article | Rejected:
    fields = entry if isinstance(entry, dict) else {}
    address, told = fields.get("url"), fields.get("time_published")
    shown = {"symbol": symbol, "url": address, "time_published": told, "title": fields.get("title")}
    if not isinstance(address, str) or not address:
        return Rejected(shown, "has_address", address, f"{symbol} has an article without an address.")
    published = _stamp(told)
    if published is None:
        return Rejected(shown, "is_dated", told, f"{symbol} has an article without a time: {told!r}.")
    ours = next((one for one in _tickers(fields) if one.get("ticker") == symbol), None)
    if ours is None:
        tickers = [one.get("ticker") for one in _tickers(fields)]
        return Rejected(shown, "is_about_symbol", tickers, f"{symbol} is not among those that the article is about.")
    relevance = _within(ours.get("relevance_score"), 0, 1)
    if relevance is None:
        value = ours.get("relevance_score")
        return Rejected(shown, "relevance_from_0_to_1", str(value), f"{symbol} has a relevance of {value!r}.")
    return Article(
        url=urldefrag(address).url,
        published=published,
        has_time=published.time() != time.min,  # midnight is how the source writes a bare day
        title=str(fields.get("title") or ""),
        summary=str(fields.get("summary") or ""),
        relevance=relevance,
        score=_within(ours.get("ticker_sentiment_score"), -1, 1),
    )


def _tickers(fields: dict[str, Any]) -> list[dict[str, Any]]:
    told = fields.get("ticker_sentiment")
    return [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []


def _stamp(told: Any) -> datetime | None:
    for form in STAMPS:
        try:
            return datetime.strptime(str(told), form).replace(tzinfo=ZONE)
        except ValueError:
            continue
    return None


def _within(told: Any, least: float, most: float) -> float | None:
    """The number that a text says, if it lies within its bounds."""
    value = number(told)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_number and least <= value <= most else None
