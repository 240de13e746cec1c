"""The local market: real daily bars over HTTP, in the shape of Yahoo's chart API.

`GET /v8/finance/chart/{symbol}?period1=&period2=&interval=1d&events=div,splits` answers as the real one does, so the
ingestion code is the same in every environment and only a base URL differs. The market lives on one day, `--until`:
it knows nothing later, and its clock stands at that day's closing bell. `GET /health` tells that it is up.
"""

import argparse
import json
import sys
from collections.abc import Callable
from datetime import date, datetime, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # started by path, from an environment without this clone

from localaws import sample_bars
from localaws.sample_bars import Dividend, Quoted, Quotes, Split

NEW_YORK = ZoneInfo("America/New_York")
OPENS, CLOSES = time(9, 30), time(16, 0)
CHART_PATH = "/v8/finance/chart/"
INTERVALS = ("1d",)  # Yahoo has more; the packages have daily bars only


class Refusal(Exception):
    """A request that Yahoo would refuse, with its status, code and description."""

    def __init__(self, status: int, code: str, description: str) -> None:
        super().__init__(description)
        self.status, self.code, self.description = status, code, description


class Question(NamedTuple):
    """What is asked: days whose opening lies in [start, end), and which events with them."""

    start: int
    end: int
    events: frozenset[str]


class Market:
    """All symbols as known on one day."""

    def __init__(self, until: date | None = None) -> None:
        histories = sample_bars.load()
        self.until = until or sample_bars.newest_common_day(histories)
        known = {symbol: sample_bars.as_known_on(rows, self.until) for symbol, rows in histories.items()}
        self.quotes = {symbol: quotes for symbol, quotes in sorted(known.items()) if quotes.days}
        if not self.quotes:
            first = min(rows[0].day for rows in histories.values())
            raise ValueError(f"--until is {self.until}; it must be {first} or later, the first day with bars.")

    def chart(self, symbol: str, question: Question) -> dict[str, Any]:
        """The answer's body; raises Refusal for what Yahoo refuses."""
        quotes = self.quotes.get(symbol)
        if quotes is None:
            raise Refusal(404, "Not Found", "No data found, symbol may be delisted")
        if question.end <= _epoch(quotes.days[0].day, OPENS):
            wanted = f"startDate = {question.start}, endDate = {question.end}"
            raise Refusal(400, "Bad Request", f"Data doesn't exist for {wanted}")
        result = {"meta": _meta(symbol, quotes)} | _series(quotes, question)
        return {"chart": {"result": [result], "error": None}}


def _epoch(day: date, at: time) -> int:
    return int(datetime.combine(day, at, NEW_YORK).timestamp())


def _meta(symbol: str, quotes: Quotes) -> dict[str, Any]:
    newest = quotes.days[-1]
    bell = _epoch(newest.day, CLOSES)
    offset = datetime.fromtimestamp(bell, NEW_YORK).utcoffset()
    seconds = int(offset.total_seconds()) if offset else 0
    return {
        "currency": "USD",
        "symbol": symbol,
        "exchangeName": "SAMPLE",
        "instrumentType": "INDEX" if symbol.startswith("^") else "EQUITY",
        "firstTradeDate": _epoch(quotes.days[0].day, OPENS),
        "regularMarketTime": bell,
        "gmtoffset": seconds,
        "timezone": datetime.fromtimestamp(bell, NEW_YORK).tzname(),
        "exchangeTimezoneName": NEW_YORK.key,
        "regularMarketPrice": newest.close,
        "currentTradingPeriod": {"regular": {"start": _epoch(newest.day, OPENS), "end": bell, "gmtoffset": seconds}},
        "dataGranularity": "1d",
        "validRanges": ["max"],
    }


def _series(quotes: Quotes, question: Question) -> dict[str, Any]:
    """Timestamps, events and columns; without a day in the range Yahoo leaves out all three but an empty column set."""

    def is_asked(item: Quoted | Split | Dividend) -> bool:
        return question.start <= _epoch(item.day, OPENS) < question.end

    days = [quoted for quoted in quotes.days if is_asked(quoted)]
    if not days:
        return {"indicators": {"quote": [{}], "adjclose": [{}]}}
    columns = {name: [getattr(day, name) for day in days] for name in ("open", "high", "low", "close", "volume")}
    series: dict[str, Any] = {"timestamp": [_epoch(day.day, OPENS) for day in days]}
    events = _events([*filter(is_asked, quotes.dividends)], [*filter(is_asked, quotes.splits)], question.events)
    if events:
        series["events"] = events
    return series | {"indicators": {"quote": [columns], "adjclose": [{"adjclose": [day.adjclose for day in days]}]}}


def _events(dividends: list[Dividend], splits: list[Split], wanted: frozenset[str]) -> dict[str, Any]:
    events: dict[str, Any] = {}
    if dividends and "div" in wanted:
        paid = [(_epoch(dividend.day, OPENS), dividend.amount) for dividend in dividends]
        events["dividends"] = {str(moment): {"amount": amount, "date": moment} for moment, amount in paid}
    if splits and wanted & {"split", "splits"}:
        events["splits"] = {str(_epoch(split.day, OPENS)): _split_event(split) for split in splits}
    return events


def _split_event(split: Split) -> dict[str, Any]:
    new, old = split.ratio.numerator, split.ratio.denominator
    return {
        "date": _epoch(split.day, OPENS),
        "numerator": float(new),
        "denominator": float(old),
        "splitRatio": f"{new}:{old}",
    }


def question_of(query: str) -> Question:
    """The request's parameters; raises Refusal as Yahoo does for what it cannot read."""
    given = {name: values[-1] for name, values in parse_qs(query).items()}
    interval = given.get("interval", "1d")
    if interval not in INTERVALS:
        known = f"Valid intervals: {list(INTERVALS)}"
        raise Refusal(422, "Unprocessable Entity", f"Invalid input - interval={interval} is not supported. {known}")
    start, end = _moment(given, "period1"), _moment(given, "period2")
    if start > end:
        dates = f"startDate = {start}, endDate = {end}"
        raise Refusal(400, "Bad Request", f"Invalid input - start date cannot be after end date. {dates}")
    return Question(start, end, frozenset(given.get("events", "").split(",")))


def _moment(given: dict[str, str], name: str) -> int:
    try:
        return int(given.get(name, ""))
    except ValueError:
        said = f"{name}={given.get(name, '')!r}"
        raise Refusal(400, "Bad Request", f"Invalid input - {said} is not a moment in epoch seconds") from None


class Desk(BaseHTTPRequestHandler):
    """Answers one request. The market hangs on the server, so that every thread reads the same one."""

    protocol_version = "HTTP/1.1"
    server: "MarketServer"

    def do_GET(self) -> None:
        """Route: the chart, health, or Yahoo's own not-found."""
        parts = urlsplit(self.path)
        market = self.server.market
        if parts.path == "/health":
            self._answer(200, {"status": "up", "until": market.until.isoformat(), "symbols": list(market.quotes)})
            return
        try:
            if not parts.path.startswith(CHART_PATH):
                raise Refusal(404, "Not Found", f"No such path: {parts.path}")
            symbol = unquote(parts.path.removeprefix(CHART_PATH))
            self._answer(200, market.chart(symbol, question_of(parts.query)))
        except Refusal as refusal:
            error = {"code": refusal.code, "description": refusal.description}
            self._answer(refusal.status, {"chart": {"result": None, "error": error}})

    def _answer(self, status: int, answer: dict[str, Any]) -> None:
        body = json.dumps(answer, separators=(",", ":")).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json;charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """One line of JSON per request, like everything else that runs here."""
        print(json.dumps({"event": "market_asked", "request": format % arguments}), flush=True)


class MarketServer(ThreadingHTTPServer):
    """Listens on 127.0.0.1 only; port 0 takes a free one."""

    daemon_threads = True

    def __init__(self, port: int, market: Market) -> None:
        super().__init__(("127.0.0.1", port), Desk)
        self.market = market


def main(arguments: list[str] | None = None, serve: Callable[[MarketServer], None] = MarketServer.serve_forever) -> int:
    """Serve until ended; a day without bars or a taken port ends it with one line."""
    parser = argparse.ArgumentParser(description="Serves sample bars in the shape of Yahoo's chart API.")
    parser.add_argument("--port", type=int, default=4567, help="on 127.0.0.1; default 4567")
    parser.add_argument("--until", type=date.fromisoformat, help="newest day it knows; default the last that all have")
    options = parser.parse_args(arguments)
    try:
        server = MarketServer(options.port, Market(options.until))
    except (ValueError, sample_bars.MissingPackage) as fault:
        print(f"market: {fault}", file=sys.stderr)
        return 2
    except OSError as fault:
        remedy = "End what listens there (`make down` if it is an older market) or choose another --port."
        print(f"market: port {options.port} cannot be used ({fault}); it must be free. {remedy}", file=sys.stderr)
        return 1
    opened = {"event": "market_open", "port": server.server_port, "until": server.market.until.isoformat()}
    print(json.dumps(opened), flush=True)
    with server:
        serve(server)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
