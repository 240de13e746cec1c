"""One canonical daily bar, whatever source it came from, and what parsing a source's answer gives."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple, TypedDict

TOLERANCE = 1e-3  # relative: adjusted prices are rounded, so a close may stand a little above its high


class Bar(NamedTuple):
    """Open, high, low, close and volume adjusted for splits and dividends; close_raw as the source quoted it."""

    symbol: str
    date: date  # trading day in the exchange's own time zone
    open: float
    high: float
    low: float
    close: float
    volume: float
    close_raw: float
    source: str  # the adapter that parsed it, such as "yahoo"


class Rejected(NamedTuple):
    """A row that could not become a bar; kept, because what is dropped silently is missed by nobody."""

    row: dict[str, Any]  # JSON values: symbol, date and whatever the source gave
    rule: str  # short name of the rule it broke, such as "no_nulls"
    value: Any  # what was there, a JSON value
    reason: str  # one sentence for people


class Event(NamedTuple):
    """A split or a dividend as the source told it, on the first day that trades without it (its ex-day)."""

    symbol: str
    date: date
    kind: str  # "split" | "dividend"
    value: float  # new shares for one old share, or dollars a share as the source quotes its dividends
    source: str


class Parsed(NamedTuple):
    """All rows of one answer: each is either a bar or rejected. And what it says of splits and dividends."""

    bars: list[Bar]  # ascending by date
    rejected: list[Rejected]
    events: Sequence[Event] = ()  # ascending by date


class RequestBar(TypedDict):
    """A bar as clients send it to the forecast server."""

    date: str
    open: float
    high: float
    low: float
    close: float
    volume: float


class ForecastRequest(TypedDict):
    """Body of POST /invocations: ascending adjusted bars of one symbol, at least MINIMUM_BARS."""

    symbol: str
    bars: list[RequestBar]


MINIMUM_BARS = 290  # 250 rows of warm-up and the 40 rows that the network looks at
CALIBRATED_BARS = 811  # 500 forecasts whose outcome 21 days later is known, and the newest one
RECENT_BARS = 1000  # what silver keeps ready per symbol: enough for the live figures of a year too
