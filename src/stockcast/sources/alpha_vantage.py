"""Daily bars from Alpha Vantage, whose every failure has status 200 and whose every value is a text.

A paid key gets TIME_SERIES_DAILY_ADJUSTED: the whole history, raw prices beside adjusted closes, splits and
dividends. A free key gets TIME_SERIES_DAILY: raw prices of the last 100 days, which `joining` lays behind an older
answer, 25 requests a day and 5 a minute. It has no indices such as ^GSPC.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, NamedTuple
from urllib.parse import urlencode

from stockcast.contracts.bars import Event, Parsed
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
from stockcast.sources.rows import Row, bars_of, is_number, iso_day, number
from stockcast.sources.statuses import refuse_by_status

NAME = "alpha_vantage"
SERIES = "Time Series (Daily)"
ADJUSTED = {
    "1. open": "open",
    "2. high": "high",
    "3. low": "low",
    "4. close": "close",
    "5. adjusted close": "adjclose",
    "6. volume": "volume",
    "7. dividend amount": "dividend",
    "8. split coefficient": "split",
}
RAW = {"1. open": "open", "2. high": "high", "3. low": "low", "4. close": "close", "5. volume": "volume"}
NEW_YORK = ("US/Eastern", "America/New_York")
CLOSES = time(16, 0)

CHECK_ANSWER = "Look at the answer under quarantine/ in the bronze bucket and at `market.alpha_vantage.base_url`."
CHECK_KEY = "See that the secret in the setting `market_secret` holds your key, and that its plan has this endpoint."
WAIT = "Run it again tomorrow, when the limit begins anew, or take a plan with more requests."
ASK_ANOTHER = "Ask another source for it: order them in `market.sources`."


@dataclass(frozen=True)
class AlphaVantage:
    """The API at an address, with one plan. `allow` is asked before each request, and raises when none is left."""

    base_url: str
    key: Callable[[str], str]  # the access key for a symbol's request; raises NoKey
    allow: Callable[[str], None]  # raises BudgetSpent for a symbol
    is_paid: bool = False
    patience: Patience = field(default_factory=Patience)
    name: str = NAME

    def fetch(self, symbol: str, since: date, day: date) -> RawAnswer:
        """One symbol's bars as the source gave them; raises a SourceError when they are anything else."""
        if symbol.startswith("^"):
            raise UnknownSymbol(symbol, "Alpha Vantage has no indices.", ASK_ANOTHER)
        key = self.key(symbol)
        address = url(self.base_url, symbol, key, is_paid=self.is_paid)
        try:
            answer = get(address, self.patience, secret=key, before_each_try=lambda: self.allow(symbol))
        except NoAnswer as fault:
            raise SourceDown(symbol, f"{fault}.", f"See that the source is up and reachable. {WAIT}") from fault
        refuse_by_status(answer, symbol, WAIT, CHECK_ANSWER)
        try:
            _series_of(answer.body, symbol)
        except SourceError as fault:
            fault.answer = answer
            raise
        return answer

    def parse(self, raw: bytes, symbol: str) -> Parsed:
        """Bars, refused rows, splits and dividends of an answer."""
        return parse(raw, symbol)

    def is_whole(self, since: date, history_start: date) -> bool:
        """With a paid key always, whatever was asked for; with a free one never."""
        return self.is_paid


def url(base_url: str, symbol: str, key: str, *, is_paid: bool) -> str:
    """Address of one symbol's daily bars, with the key in it: never log it."""
    query = {
        "function": "TIME_SERIES_DAILY_ADJUSTED" if is_paid else "TIME_SERIES_DAILY",
        "symbol": symbol,
        "outputsize": "full" if is_paid else "compact",
        "datatype": "json",
        "apikey": key,
    }
    return f"{base_url.rstrip('/')}/query?{urlencode(query)}"


def parse(raw: bytes, symbol: str) -> Parsed:
    """Every row of an answer as a bar, or rejected with its reason; nothing is filled in or guessed.

    Dates are trading days in New York, as the source writes them. Without adjusted closes, prices stay as quoted.
    """
    series = _series_of(raw, symbol)
    bars, rejected = bars_of(symbol, NAME, _rows(series), series.unfinished)
    return Parsed(bars, rejected, _events(series, symbol))


class _Series(NamedTuple):
    """An answer that was looked at: quotes by day as the source writes it, under our names, newest first."""

    unfinished: date | None  # the day that was still trading when the source answered
    quotes: dict[str, dict[str, Any]]


def _series_of(raw: bytes, symbol: str) -> _Series:
    """The answer's one series; raises a SourceError when there is none for this symbol."""
    answer = _json(raw, symbol)
    _refuse_what_it_says(answer, symbol)
    meta, series = answer.get("Meta Data"), answer.get(SERIES)
    if not isinstance(meta, dict) or not isinstance(series, dict):
        reason = f"the answer has keys {sorted(answer)}; it must have 'Meta Data' and {SERIES!r}."
        raise BadAnswer(symbol, reason, CHECK_ANSWER)
    if str(meta.get("2. Symbol", "")).upper() != symbol.upper():
        about = meta.get("2. Symbol")
        raise BadAnswer(symbol, f"the answer is about {about!r}; it must be about {symbol}.", CHECK_ANSWER)
    if meta.get("5. Time Zone", NEW_YORK[0]) not in NEW_YORK:
        zone = meta["5. Time Zone"]
        raise BadAnswer(symbol, f"the days are those of {zone!r}; they must be those of New York.", CHECK_ANSWER)
    return _Series(_unfinished(meta.get("3. Last Refreshed")), _named(series, symbol))


def _json(raw: bytes, symbol: str) -> dict[str, Any]:
    if raw.lstrip()[:1] == b"<":
        reason = f"the answer is a web page, {excerpt(raw)!r}; it must be JSON. The source asks for a browser."
        raise SourceBlocked(symbol, reason, WAIT)
    try:
        answer = json.loads(raw, parse_constant=str, object_pairs_hook=_each_once)
    except (ValueError, RecursionError) as fault:  # not UTF-8, not JSON, or cut off in the middle
        what = f"the answer of {len(raw)} bytes is not whole JSON ({fault}): {excerpt(raw)!r}."
        raise BadAnswer(symbol, what, CHECK_ANSWER) from fault
    return answer if isinstance(answer, dict) else {}


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object none of whose keys stands twice: of a day that does, the later would silently win."""
    keys = [key for key, _ in pairs]
    twice = sorted({key for key in keys if keys.count(key) > 1}) if len(set(keys)) < len(keys) else []
    if twice:
        raise ValueError(f"{twice[0]!r} stands twice in it")
    return dict(pairs)


def _refuse_what_it_says(answer: dict[str, Any], symbol: str) -> None:
    """Limits, paid endpoints and unknown symbols come as one sentence under one of three keys."""
    for key in ("Note", "Information"):
        if key in answer:
            reason = f"the source refuses us: {str(answer[key])[:200]!r}."
            raise SourceBlocked(symbol, reason, f"{WAIT} {CHECK_KEY}")
    said = str(answer.get("Error Message", ""))
    if "apikey" in said.lower():
        raise SourceBlocked(symbol, f"the source refuses our key: {said[:200]!r}.", CHECK_KEY)
    if said:
        reason = f"the source knows no such symbol or call: {said[:200]!r}."
        raise UnknownSymbol(symbol, reason, "Correct or remove it in the setting `symbols`.")


def _named(series: dict[str, Any], symbol: str) -> dict[str, dict[str, Any]]:
    """Each day's quotes under our names; refused as a whole when the source has renamed its columns."""
    if not series:
        raise BadAnswer(symbol, "the answer holds no day; at least one is needed.", CHECK_ANSWER)
    first = next(iter(series.values()))
    columns = set(first) if isinstance(first, dict) else set()
    names = next((names for names in (ADJUSTED, RAW) if columns == set(names)), None)
    if names is None:
        reason = f"a day has the columns {sorted(columns)}; it must have {sorted(ADJUSTED)} or {sorted(RAW)}."
        raise BadAnswer(symbol, reason, CHECK_ANSWER)
    return {
        day: {ours: number(_column(quotes, theirs)) for theirs, ours in names.items()} for day, quotes in series.items()
    }


def _column(quotes: Any, name: str) -> Any:
    return quotes.get(name) if isinstance(quotes, dict) else None


def _unfinished(last_refreshed: Any) -> date | None:
    """The day of an answer that was refreshed before its close; a bare day is a finished one."""
    try:
        moment = datetime.fromisoformat(str(last_refreshed))
    except ValueError:
        return None
    is_bare = len(str(last_refreshed)) == len("2013-03-01")
    return None if is_bare or moment.time() >= CLOSES else moment.date()


def _rows(series: _Series) -> Iterator[Row]:
    """Newest first, so that each day's split reaches all days before it."""
    shares = 1.0
    for told, quotes in sorted(series.quotes.items(), reverse=True):
        prices = {name: quotes[name] for name in ("open", "high", "low", "close", "volume")}
        adjusted = quotes["adjclose"] if "adjclose" in quotes else quotes["close"]
        yield Row(iso_day(told), told, prices | {"adjclose": adjusted}, shares)
        split = quotes.get("split")
        shares *= split if is_number(split) and split > 0 else 1.0


def _events(series: _Series, symbol: str) -> list[Event]:
    """Splits and dividends, ascending; a coefficient of 1 and an amount of 0 are the days without one."""
    events: list[Event] = []
    for told, quotes in series.quotes.items():
        day, split, dividend = iso_day(told), quotes.get("split"), quotes.get("dividend")
        if day and is_number(split) and split > 0 and split != 1:
            events.append(Event(symbol, day, "split", float(split), NAME))
        if day and is_number(dividend) and dividend > 0:
            events.append(Event(symbol, day, "dividend", float(dividend), NAME))
    return sorted(events)
