"""Sources that answer whatever a test wants, over real HTTP, and remember how they were asked.

One server stands for Yahoo, Alpha Vantage and Stooq at once, as their addresses differ by path. All rows are made up
here; what a good and a bad answer looks like follows the public descriptions of each source.
"""

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

NEW_YORK_OPEN_UTC = 14.5  # hours; in winter
YAHOO, ALPHA_VANTAGE, STOOQ = "/v8/finance/chart/", "/query", "/q/d/l/"
Quote = tuple[Any, ...]  # day, open, high, low, close, adjclose, volume


class Reply(NamedTuple):
    """One scripted answer; `announce` is a false Content-Length, as a cut connection leaves it."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    announce: int | None = None
    after: threading.Event | None = None
    trickle_seconds: float = 0.0  # between the bytes of the body


class Asked(NamedTuple):
    """One request as it arrived."""

    path: str
    headers: dict[str, str]


class Source(ThreadingHTTPServer):
    """Gives its replies in turn, the last one for ever; others by symbol (Yahoo's) or by the beginning of the path."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Desk)
        self.replies: list[Reply] = []
        self.by_symbol: dict[str, Reply] = {}
        self.by_path: dict[str, Reply] = {}
        self.asked: list[Asked] = []

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that left before the answer is what the time-out's test is about."""

    def next_reply(self, path: str) -> Reply:
        symbol = path.split("?")[0].rsplit("/", 1)[-1].replace("%5E", "^")
        if symbol in self.by_symbol:
            return self.by_symbol[symbol]
        for beginning, reply in self.by_path.items():
            if path.startswith(beginning):
                return reply
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


class _Desk(BaseHTTPRequestHandler):
    server: Source

    def do_GET(self) -> None:
        self.server.asked.append(Asked(self.path, dict(self.headers)))
        reply = self.server.next_reply(self.path)
        if reply.after:
            reply.after.wait(5)
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body) if reply.announce is None else reply.announce))
        self.end_headers()
        for part in [reply.body] if not reply.trickle_seconds else [bytes([byte]) for byte in reply.body]:
            self.wfile.write(part)
            self.wfile.flush()
            time.sleep(reply.trickle_seconds)

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@contextmanager
def running_source() -> Iterator[Source]:
    """A source for one test, ended with it."""
    source = Source()
    thread = threading.Thread(target=source.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield source
    finally:
        source.shutdown()
        source.server_close()


def opening(day: str) -> int:
    """Epoch of New York's opening on a winter day."""
    midnight = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
    return int(midnight + NEW_YORK_OPEN_UTC * 3600)


# day, open, high, low, close, adjclose, volume: made up; the last two thirds lie behind a dividend
WEEK = (
    ("2013-02-25", 100.0, 104.0, 98.0, 102.0, 51.0, 1000),
    ("2013-02-26", 102.0, 106.0, 101.0, 104.0, 52.0, 1100),
    ("2013-02-27", 53.0, 54.0, 51.0, 52.0, 52.0, 1200),
    ("2013-02-28", 52.0, 53.0, 50.0, 51.0, 51.0, 1300),
    ("2013-03-01", 51.0, 55.0, 50.0, 54.0, 54.0, 1400),
)


def chart(symbol: str = "AAPL", rows: tuple[tuple[Any, ...], ...] = WEEK, **meta: Any) -> dict[str, Any]:
    """A good answer with these rows, its clock at the closing bell of 2013-03-01."""
    days, opens, highs, lows, closes, adjusted, volumes = map(list, zip(*rows, strict=True))
    bell = opening("2013-03-01") + int(6.5 * 3600)
    told = {
        "symbol": symbol,
        "currency": "USD",
        "exchangeTimezoneName": "America/New_York",
        "gmtoffset": -18000,
        "firstTradeDate": opening("2013-02-25"),
        "regularMarketTime": bell,
        "currentTradingPeriod": {"regular": {"start": opening("2013-03-01"), "end": bell}},
    }
    quote = {"open": opens, "high": highs, "low": lows, "close": closes, "volume": volumes}
    result = {
        "meta": told | meta,
        "timestamp": [opening(day) if isinstance(day, str) else day for day in days],
        "indicators": {"quote": [quote], "adjclose": [{"adjclose": adjusted}]},
    }
    return {"chart": {"result": [result], "error": None}}


def year(seed: int = 1, days: int = 300, until: str = "2013-03-01") -> tuple[Quote, ...]:
    """Rows of a share that wanders, ascending, on weekdays; as many dollars adjusted as quoted."""
    chance, price = random.Random(seed), 100.0  # noqa: S311 - made-up prices, no secrets
    rows: list[Quote] = []
    for day in reversed(weekdays(days, until)):
        opening_price = price * (1 + chance.gauss(0, 0.003))
        price *= 1 + chance.gauss(0, 0.012)
        top, bottom = max(opening_price, price) * 1.004, min(opening_price, price) * 0.996
        rows.append((day, opening_price, top, bottom, price, price, float(chance.randrange(10**6, 2 * 10**6))))
    return tuple(rows)


def weekdays(count: int, until: str) -> list[str]:
    """The last weekdays up to a day, newest first."""
    days, day = [], date.fromisoformat(until)
    while len(days) < count:
        if day.weekday() < 5:
            days.append(day.isoformat())
        day -= timedelta(days=1)
    return days


def series(
    symbol: str = "AAPL", rows: tuple[Quote, ...] = WEEK, *, is_paid: bool = True, **meta: str
) -> dict[str, Any]:
    """A good answer of Alpha Vantage, newest first: texts, and raw prices beside adjusted closes."""
    told = {
        "1. Information": "Daily Time Series with Splits and Dividend Events",
        "2. Symbol": symbol,
        "3. Last Refreshed": rows[-1][0],
        "4. Output Size": "Full size" if is_paid else "Compact",
        "5. Time Zone": "US/Eastern",
    }
    days = {row[0]: _paid_day(row) if is_paid else _free_day(row) for row in reversed(rows)}
    return {"Meta Data": told | meta, "Time Series (Daily)": days}


def _paid_day(row: Quote) -> dict[str, str]:
    _, opens, high, low, close, adjusted, volume = row
    names = ("open", "high", "low", "close", "adjusted close", "volume", "dividend amount", "split coefficient")
    values = (opens, high, low, close, adjusted, int(volume), "0.0000", "1.0")
    return {f"{i}. {name}": str(value) for i, (name, value) in enumerate(zip(names, values, strict=True), 1)}


def _free_day(row: Quote) -> dict[str, str]:
    _, opens, high, low, close, _, volume = row
    names = ("open", "high", "low", "close", "volume")
    values = (opens, high, low, close, int(volume))
    return {f"{i}. {name}": str(value) for i, (name, value) in enumerate(zip(names, values, strict=True), 1)}


def table(rows: tuple[Quote, ...] = WEEK, header: str = "Date,Open,High,Low,Close,Volume") -> bytes:
    """A good answer of Stooq: adjusted prices, ascending."""
    lines = []
    for day, opens, high, low, close, adjusted, volume in rows:
        factor = adjusted / close
        lines.append(",".join(map(str, (day, opens * factor, high * factor, low * factor, adjusted, volume))))
    return "\n".join([header, *lines, ""]).encode()


def body(answer: Any) -> bytes:
    """The answer as bytes."""
    return json.dumps(answer).encode()
