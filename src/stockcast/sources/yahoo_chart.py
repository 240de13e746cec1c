"""What counts as an answer of Yahoo's chart API, and what only looks like one.

Refusals come with status 200 too: a web page, an error inside the JSON, another symbol, columns that lack values.
So an answer counts only once `chart_of` has looked at all of it.
"""

import json
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from stockcast.sources.answers import BadAnswer, SourceBlocked, excerpt
from stockcast.sources.rows import QUOTED, is_number

USUAL_CLOSE = time(16, 0)  # used only when the answer does not tell when its session ends

CHECK_ANSWER = "Look at the answer under quarantine/ in the bronze bucket and at the setting `source_base_url`."
WAIT = "Run it again in an hour; if it stays so, name another source in `market.sources`."


class Chart(NamedTuple):
    """An answer that was looked at: columns of one length, for the symbol that was asked for."""

    zone: tzinfo
    unfinished: date | None  # the day that was still trading when the source answered
    timestamps: list[Any]
    columns: dict[str, list[Any]]  # open, high, low, close, volume, adjclose
    events: dict[str, Any]  # "splits" and "dividends", each by moment


def chart_of(raw: bytes, symbol: str) -> Chart:
    """The one chart in the answer; raises BadAnswer or SourceBlocked when there is none for this symbol."""
    result = _result(_json(raw, symbol), symbol)
    meta = as_dict(result.get("meta"))
    if str(meta.get("symbol", "")).upper() != symbol.upper():
        raise BadAnswer(symbol, f"the answer is about {meta.get('symbol')!r}; it must be about {symbol}.", CHECK_ANSWER)
    timestamps = result.get("timestamp")
    if not isinstance(timestamps, list) or not timestamps:
        raise BadAnswer(
            symbol,
            "the answer holds no timestamps, so no trading day; at least one is needed.",
            "Check that the symbol traded between the setting `history_start` and the run's day.",
        )
    zone = _zone(meta, symbol)
    columns = _columns(result, len(timestamps), symbol)
    return Chart(zone, _unfinished(meta, zone), timestamps, columns, as_dict(result.get("events")))


def _json(raw: bytes, symbol: str) -> dict[str, Any]:
    if raw.lstrip()[:1] == b"<":
        raise SourceBlocked(
            symbol, f"the answer is a web page, {excerpt(raw)!r}; it must be JSON. The source asks for a browser.", WAIT
        )
    try:
        answer = json.loads(raw, parse_constant=str)  # NaN as text: rejected rows must stay JSON
    except (ValueError, RecursionError) as fault:  # not UTF-8, not JSON, or cut off in the middle
        what = f"the answer of {len(raw)} bytes is not whole JSON ({fault}): {excerpt(raw)!r}."
        raise BadAnswer(symbol, what, CHECK_ANSWER) from fault
    return as_dict(answer)


def _result(answer: dict[str, Any], symbol: str) -> dict[str, Any]:
    chart = answer.get("chart")
    if not isinstance(chart, dict):
        raise BadAnswer(symbol, f"the answer has keys {sorted(answer)}; it must have the key 'chart'.", CHECK_ANSWER)
    error = chart.get("error")
    if error:
        raise BadAnswer(symbol, f"the source answers an error instead of bars: {error}.", CHECK_ANSWER)
    results = chart.get("result")
    if not isinstance(results, list) or len(results) != 1 or not isinstance(results[0], dict):
        raise BadAnswer(symbol, "chart.result must hold exactly one chart; it does not.", CHECK_ANSWER)
    return results[0]


def _columns(result: dict[str, Any], length: int, symbol: str) -> dict[str, list[Any]]:
    indicators = as_dict(result.get("indicators"))
    quotes, adjusted = _first(indicators.get("quote")), _first(indicators.get("adjclose"))
    columns = {name: quotes.get(name) for name in QUOTED} | {"adjclose": adjusted.get("adjclose")}
    for name, values in columns.items():
        if not isinstance(values, list) or len(values) != length:
            found = len(values) if isinstance(values, list) else "no"
            reason = f"column {name} holds {found} values for {length} timestamps; it must hold as many."
            raise BadAnswer(symbol, reason, CHECK_ANSWER)
    return {name: values for name, values in columns.items() if values is not None}


def _zone(meta: dict[str, Any], symbol: str) -> tzinfo:
    """The exchange's time zone; where the machine has no zone data, its present offset from UTC.

    Bars are stamped with the opening, hours away from midnight, so an hour of summer time moves none of them.
    """
    try:
        return ZoneInfo(str(meta["exchangeTimezoneName"]))
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError
        pass
    offset = meta.get("gmtoffset")
    if not is_number(offset):
        reason = "meta tells neither exchangeTimezoneName nor gmtoffset; a trading day needs one of them."
        raise BadAnswer(symbol, reason, CHECK_ANSWER)
    return timezone(timedelta(seconds=offset))


def _unfinished(meta: dict[str, Any], zone: tzinfo) -> date | None:
    """The day whose session had not ended at the source's own clock, so that ours plays no part."""
    now: Any = meta.get("regularMarketTime")
    end = _session_end(meta)
    day = trading_day(now, zone)
    if day is None:
        return None
    if trading_day(end, zone) is None:
        return day if datetime.fromtimestamp(now, zone).time() < USUAL_CLOSE else None
    return day if now < end and trading_day(end, zone) == day else None


def _session_end(meta: dict[str, Any]) -> Any:
    return as_dict(as_dict(meta.get("currentTradingPeriod")).get("regular")).get("end")


def trading_day(timestamp: Any, zone: tzinfo) -> date | None:
    """The date at the exchange, None for what is no moment between 1970 and the year 5138."""
    if not is_number(timestamp) or not 0 <= timestamp < 1e11:
        return None
    return datetime.fromtimestamp(timestamp, zone).date()


def as_dict(value: Any) -> dict[str, Any]:
    """The value if it is an object, else an empty one, so that looking into a strange answer cannot fail."""
    return value if isinstance(value, dict) else {}


def _first(value: Any) -> dict[str, Any]:
    return as_dict(value[0]) if isinstance(value, list) and value else {}
