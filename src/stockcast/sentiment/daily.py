"""Articles as features of trading days. No article counts on a day before whose close it could be read."""

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from stockcast.sentiment.scorers import SentimentScorer
from stockcast.sources.news import Article

NEW_YORK = ZoneInfo("America/New_York")
CLOSE = time(16, 0)
NAMES = ("news_mean", "news_count", "news_dispersion", "has_news")
NO_NEWS = (math.nan, math.nan, math.nan, 0.0)  # no article is no neutral article: 0 would say so


class _Scored(NamedTuple):
    score: float
    weight: float


def daily_news(
    articles: Iterable[Article],
    scorer: SentimentScorer,
    days: Sequence[date],
    closes: Mapping[date, datetime] | None = None,
) -> pl.DataFrame:
    """Columns date and NAMES for ascending trading days, from one symbol's articles.

    news_mean and news_dispersion are weighted by relevance, news_count is ln(1 + articles). All three are NaN on a day
    without articles, has_news then is 0; dispersion is NaN for a single article too. `closes` tells the days that end
    earlier than 16:00 New York. What lies after the last day's close is left for a day that is not there yet.
    """
    ends = [(closes or {}).get(day) or datetime.combine(day, CLOSE, NEW_YORK) for day in days]
    by_day: dict[date, list[_Scored]] = {day: [] for day in days}
    for article in without_repeats(articles):
        place = bisect_left(ends, known_at(article))
        score = scorer.score(article) if place < len(days) and article.relevance > 0 else None
        if score is not None and _follows(place, article, ends):
            by_day[days[place]].append(_Scored(score, article.relevance))
    rows = [_features(by_day[day]) for day in days]
    columns = dict(zip(NAMES, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(NAMES, ())
    return pl.DataFrame({"date": list(days)} | columns, schema={"date": pl.Date} | dict.fromkeys(NAMES, pl.Float64))


def known_at(article: Article) -> datetime:
    """The moment from which the article counts.

    A stamp at midnight is a date without a time: the article may be of any hour of that day, its evening included, so
    it counts from the day's end.
    """
    if article.has_time:
        return article.published
    return datetime.combine(article.published.date(), time.max, article.published.tzinfo)


def without_repeats(articles: Iterable[Article]) -> list[Article]:
    """Each address once, with its latest stamp: an article that was rewritten was not known as it now stands."""
    latest: dict[str, Article] = {}
    for article in articles:
        known = latest.get(article.url)
        if known is None or known_at(known) < known_at(article):
            latest[article.url] = article
    return sorted(latest.values(), key=lambda article: (known_at(article).astimezone(UTC), article.url))


def _follows(place: int, article: Article, ends: Sequence[datetime]) -> bool:
    """Whether the day before is known, so that news of months before the first bar do not pile up on it."""
    return place > 0 or (ends[0] - known_at(article)).days < 1


def _features(scored: Sequence[_Scored]) -> tuple[float, ...]:
    """NAMES, in that order."""
    if not scored:
        return NO_NEWS
    weight = sum(one.weight for one in scored)
    mean = sum(one.score * one.weight for one in scored) / weight
    spread = math.sqrt(sum(one.weight * (one.score - mean) ** 2 for one in scored) / weight)
    return mean, math.log1p(len(scored)), spread if len(scored) > 1 else math.nan, 1.0
