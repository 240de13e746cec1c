"""Daily bars from Yahoo's chart API, or from anything that answers in its shape, such as the local market.

The API is undocumented: no key, no promise, and refusals that look like answers. So nothing is a chart answer until
`chart_of` has looked at it. Open, high, low, close and volume come split-adjusted but not dividend-adjusted;
adjclose has both, and adjclose/close carries the rest of the row over.
"""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from stockcast.contracts.bars import Bar, Parsed, Rejected
from stockcast.sources.answers import BadAnswer, RawAnswer, SourceBlocked, SourceDown, UnknownSymbol, excerpt
from stockcast.sources.polite_get import BUSY, NoAnswer, Patience, get
from stockcast.sources.yahoo_chart import CHECK_ANSWER, PRICES, WAIT, Chart, as_dict, chart_of, is_number, trading_day

NAME = "yahoo"
REFUSED = BUSY | {401, 403}  # 401 and 403 are Yahoo's missing cookie or crumb
CHECK_SYMBOL = "Correct or remove it in the setting `symbols`."


def url(base_url: str, symbol: str, since: date, day: date) -> str:
    """Address of one symbol's daily bars from `since` up to and including `day`."""
    query = {
        "period1": _epoch(since),
        "period2": _epoch(day + timedelta(days=1)),  # exclusive
        "interval": "1d",
        "events": "div,splits",
    }
    return f"{base_url.rstrip('/')}/v8/finance/chart/{quote(symbol, safe='')}?{urlencode(query, safe=',')}"


def fetch(base_url: str, symbol: str, since: date, day: date, *, patience: Patience | None = None) -> RawAnswer:
    """One symbol's bars as the source gave them; raises a SourceError when they are anything else."""
    address = url(base_url, symbol, since, day)
    try:
        answer = get(address, patience or Patience())
    except NoAnswer as fault:
        raise SourceDown(symbol, f"{fault}.", f"See that the source is up and reachable. {WAIT}") from fault
    _refuse_by_status(answer, symbol)
    try:
        chart_of(answer.body, symbol)
    except (BadAnswer, SourceBlocked) as fault:
        fault.answer = answer
        raise
    return answer


def parse(raw: bytes, symbol: str) -> Parsed:
    """Every row of an answer as a bar, or rejected with its reason; nothing is filled in or guessed.

    Dates are trading days where the exchange is. Whether a bar is plausible (high above low, no jump) is for
    cleaning to judge; here a row is rejected only when it cannot be a bar at all.
    """
    chart = chart_of(raw, symbol)
    bars: dict[date, Bar] = {}
    rejected: list[Rejected] = []
    for row in _rows(chart):
        result = _bar(row, symbol, chart, taken=bars)
        if isinstance(result, Bar):
            bars[result.date] = result
        else:
            rejected.append(result)
    return Parsed([bars[day] for day in sorted(bars)], rejected)


class _Row(NamedTuple):
    timestamp: Any
    values: dict[str, Any]


def _epoch(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _refuse_by_status(answer: RawAnswer, symbol: str) -> None:
    said = f"{answer.url} answers {answer.status}: {excerpt(answer.body)!r}"
    if answer.status in REFUSED:
        raise SourceBlocked(symbol, f"the source refuses us: {said}.", WAIT, answer)
    if answer.status >= 500:
        raise SourceDown(symbol, f"the source fails: {said}.", WAIT, answer)
    if answer.status == 404 and _has_chart_error(answer.body):
        raise UnknownSymbol(symbol, f"the source knows no such symbol: {said}.", CHECK_SYMBOL, answer)
    if answer.status != 200:
        raise BadAnswer(symbol, f"the answer must have status 200; {said}.", CHECK_ANSWER, answer)


def _has_chart_error(body: bytes) -> bool:
    """A 404 of the chart API; any other 404 means that the address is wrong, not the symbol."""
    try:
        return bool(as_dict(as_dict(json.loads(body)).get("chart")).get("error"))
    except ValueError:
        return False


def _rows(chart: Chart) -> list[_Row]:
    return [
        _Row(timestamp, {name: values[i] for name, values in chart.columns.items()})
        for i, timestamp in enumerate(chart.timestamps)
    ]


def _bar(row: _Row, symbol: str, chart: Chart, taken: dict[date, Bar]) -> Bar | Rejected:
    """The row as an adjusted bar, or why not."""
    day = trading_day(row.timestamp, chart.zone)
    shown = {"symbol": symbol, "date": day.isoformat() if day else None, "timestamp": row.timestamp, **row.values}
    if day is None:
        return Rejected(shown, "is_dated", row.timestamp, f"{symbol} has a row without a trading day.")
    if day == chart.unfinished:
        return Rejected(shown, "is_finished", day.isoformat(), f"{symbol} was still trading on {day}.")
    fault = _fault(row.values, symbol, day)
    if fault:
        return Rejected(shown, *fault)
    if day in taken:
        reason = f"{symbol} has a second row for {day}; the first counts."
        return Rejected(shown, "one_bar_a_day", day.isoformat(), reason)
    return _adjusted(symbol, day, row.values)


def _fault(values: dict[str, Any], symbol: str, day: date) -> tuple[str, Any, str] | None:
    """Rule, value and reason of the first thing that keeps these values from being a bar."""
    missing = [name for name, value in values.items() if value is None]
    if missing:
        return "no_nulls", missing, f"{symbol} has no {', '.join(missing)} on {day}."
    strange = {name: str(value) for name, value in values.items() if not is_number(value)}
    if strange:
        return "is_number", strange, f"{symbol} has values on {day} that are no finite numbers: {strange}."
    low = {name: values[name] for name in (*PRICES, "adjclose") if values[name] <= 0}
    if low:
        return "price_above_zero", low, f"{symbol} has prices on {day} that are not above 0: {low}."
    return None


def _adjusted(symbol: str, day: date, values: dict[str, float]) -> Bar:
    """Carry open, high and low over to the adjusted close; the volume already is split-adjusted."""
    factor = values["adjclose"] / values["close"]
    return Bar(
        symbol=symbol,
        date=day,
        open=values["open"] * factor,
        high=values["high"] * factor,
        low=values["low"] * factor,
        close=float(values["adjclose"]),
        volume=float(values["volume"]),
        close_raw=float(values["close"]),
        source=NAME,
    )
