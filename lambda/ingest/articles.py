"""News of one symbol, kept as the source told it: for `training/ablate.py`, which asks whether they are of any use."""

from datetime import date

from bronze import Bronze

from stockcast.sources.answers import SourceError
from stockcast.sources.news import NAME, AlphaVantageNews, parse


def ingest_news(symbol: str, since: date, bronze: Bronze, source: AlphaVantageNews) -> list[str]:
    """Store the articles from `since` to the run's day; their key."""
    try:
        answer = source.fetch(symbol, since, bronze.day)
    except SourceError as fault:
        bronze.quarantine(NAME, fault, wanted="news")
        raise
    return [bronze.store_news(symbol, answer.body, NAME, articles=len(parse(answer.body, symbol).articles))]
