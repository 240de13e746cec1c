"""Daily bars from Yahoo's chart API, or from anything that answers in its shape, such as the local market.

The API is undocumented: no key, no promise, and refusals that look like answers. So nothing is a chart answer until
`chart_of` has looked at it. Open, high, low, close and volume come split-adjusted but not dividend-adjusted;
adjclose has both, and adjclose/close carries the rest of the row over.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from stockcast.contracts.bars import Event, Parsed
from stockcast.sources.answers import BadAnswer, RawAnswer, SourceBlocked, SourceDown, UnknownSymbol, excerpt
from stockcast.sources.polite_get import NoAnswer, Patience, get
from stockcast.sources.rows import Row, bars_of, is_number
from stockcast.sources.statuses import refuse_by_status
from stockcast.sources.yahoo_chart import CHECK_ANSWER, WAIT, Chart, as_dict, chart_of, trading_day

NAME = "yahoo"
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


@dataclass(frozen=True)
class Yahoo:
    """The chart API at an address."""

    base_url: str
    patience: Patience = field(default_factory=Patience)
    name: str = NAME

    def fetch(self, symbol: str, since: date, day: date) -> RawAnswer:
        """One symbol's bars as the source gave them; raises a SourceError when they are anything else."""
        try:
            answer = get(url(self.base_url, symbol, since, day), self.patience)
        except NoAnswer as fault:
            raise SourceDown(symbol, f"{fault}.", f"See that the source is up and reachable. {WAIT}") from fault
        _refuse_by_status(answer, symbol)
        try:
            chart_of(answer.body, symbol)
        except (BadAnswer, SourceBlocked) as fault:
            fault.answer = answer
            raise
        return answer

    def parse(self, raw: bytes, symbol: str) -> Parsed:
        """Bars, refused rows, splits and dividends of an answer."""
        return parse(raw, symbol)

    def is_whole(self, since: date, history_start: date) -> bool:
        """It gives just the days that it is asked for."""
        return since <= history_start


def parse(raw: bytes, symbol: str) -> Parsed:
    """Every row of an answer as a bar, or rejected with its reason; nothing is filled in or guessed.

    Dates are trading days where the exchange is.
    """
    chart = chart_of(raw, symbol)
    bars, rejected = bars_of(symbol, NAME, _rows(chart), chart.unfinished)
    return Parsed(bars, rejected, _events(chart, symbol))


def _epoch(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _refuse_by_status(answer: RawAnswer, symbol: str) -> None:
    if answer.status == 404 and _has_chart_error(answer.body):
        said = f"{answer.url} answers {answer.status}: {excerpt(answer.body)!r}"
        raise UnknownSymbol(symbol, f"the source knows no such symbol: {said}.", CHECK_SYMBOL, answer)
    refuse_by_status(answer, symbol, WAIT, CHECK_ANSWER)


def _has_chart_error(body: bytes) -> bool:
    """A 404 of the chart API; any other 404 means that the address is wrong, not the symbol."""
    try:
        return bool(as_dict(as_dict(json.loads(body)).get("chart")).get("error"))
    except ValueError:
        return False


def _rows(chart: Chart) -> Iterator[Row]:
    for i, timestamp in enumerate(chart.timestamps):
        yield Row(
            trading_day(timestamp, chart.zone), timestamp, {name: values[i] for name, values in chart.columns.items()}
        )


def _events(chart: Chart, symbol: str) -> list[Event]:
    """Splits and dividends, ascending. One that is none is left out: its jump stays in the prices, for rules to see."""
    events = [
        *(_event(chart, symbol, "split", told, _shares(told)) for told in _told(chart, "splits")),
        *(_event(chart, symbol, "dividend", told, told.get("amount")) for told in _told(chart, "dividends")),
    ]
    return sorted(event for event in events if event)


def _told(chart: Chart, kind: str) -> list[dict[str, Any]]:
    return [as_dict(told) for told in as_dict(chart.events.get(kind)).values()]


def _event(chart: Chart, symbol: str, kind: str, told: dict[str, Any], value: Any) -> Event | None:
    day = trading_day(told.get("date"), chart.zone)
    return Event(symbol, day, kind, float(value), NAME) if day and is_number(value) and value > 0 else None


def _shares(told: dict[str, Any]) -> float | None:
    """New shares for one old share."""
    new, old = told.get("numerator"), told.get("denominator")
    return new / old if is_number(new) and is_number(old) and old > 0 else None
