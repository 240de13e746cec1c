"""What an event asks for, checked before the first request goes out."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from stockcast.contracts.keys import split_symbols
from stockcast.sources.invocation import run_day

WORDS = ("cross_check", "day", "news", "since", "symbols")
NEWS_DAYS = 4  # a night's news reach back over a long weekend


class Asked(NamedTuple):
    """A range of days for some symbols: a night's increment and a back-fill of years differ in it only."""

    day: date
    since: date
    symbols: Sequence[str]
    cross_check: bool
    news: bool = False  # articles instead of bars


def asked(event: Mapping[str, Any], history_start: date, symbols: Sequence[str], sources: Sequence[str]) -> Asked:
    """Read the event; what it leaves out is today, the whole history and all symbols. Refuses what it cannot mean."""
    unknown = sorted(set(event) - set(WORDS))
    if unknown:
        raise ValueError(
            f"the event has {', '.join(unknown)}; it may have {', '.join(WORDS)}. Correct what calls the function."
        )
    day, news = run_day(event), _is_true(event, "news")
    since = _since(event, day - timedelta(days=NEWS_DAYS) if news else history_start)
    if day < since:
        name = "since" if "since" in event else "history_start"
        raise ValueError(
            f"day is {day}; it must not lie before {name}, {since}. Pass a later day or set `{name}` earlier."
        )
    cross_check = _is_true(event, "cross_check")
    if cross_check and len(sources) < 2:
        raise ValueError(
            f"cross_check is true and the only source is {', '.join(sources)}; it takes two. Name another in "
            "`market.sources`."
        )
    if news:  # of companies: an index has none
        symbols = [symbol for symbol in symbols if not symbol.startswith("^")]
    return Asked(day, since, _symbols(event, symbols), cross_check, news)


def _is_true(event: Mapping[str, Any], word: str) -> bool:
    value = event.get(word, False)
    if not isinstance(value, bool):
        raise ValueError(f"{word} is {value!r}; it must be true or false. Correct the event.")
    return value


def _since(event: Mapping[str, Any], usual: date) -> date:
    since = event.get("since", usual.isoformat())
    try:
        return date.fromisoformat(since)
    except (TypeError, ValueError):
        raise ValueError(f"since is {since!r}; it must be an ISO date such as 2013-03-01. Correct the event.") from None


def _symbols(event: Mapping[str, Any], symbols: Sequence[str]) -> Sequence[str]:
    chosen = event.get("symbols")
    if chosen is None:
        return symbols
    if not isinstance(chosen, list) or not all(isinstance(symbol, str) for symbol in chosen):
        raise ValueError(f'symbols is {chosen!r}; it must be a list such as ["AAPL", "^GSPC"]. Correct the event.')
    return split_symbols(",".join(chosen))
