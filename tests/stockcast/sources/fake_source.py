"""A source that answers whatever a test wants, over real HTTP, and remembers how it was asked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

NEW_YORK_OPEN_UTC = 14.5  # hours; in winter


class Reply(NamedTuple):
    """One scripted answer; `announce` is a false Content-Length, as a cut connection leaves it."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    announce: int | None = None
    after: threading.Event | None = None


class Asked(NamedTuple):
    """One request as it arrived."""

    path: str
    headers: dict[str, str]


class Source(ThreadingHTTPServer):
    """Gives its replies in turn, the last one for ever; `by_symbol` has replies for some symbols only."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Desk)
        self.replies: list[Reply] = []
        self.by_symbol: dict[str, Reply] = {}
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
        self.wfile.write(reply.body)

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


def body(answer: Any) -> bytes:
    """The answer as bytes."""
    return json.dumps(answer).encode()
