"""Daily bars from Stooq's CSV download: no key, no promise, and often a page for browsers instead.

Prices come adjusted, without telling by what; splits and dividends are not told at all. A last resort, which no
environment asks by itself.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode

from stockcast.contracts.bars import Parsed
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
from stockcast.sources.rows import QUOTED, Row, bars_of, iso_day, number
from stockcast.sources.statuses import refuse_by_status

NAME = "stooq"
HEADER = ["Date", "Open", "High", "Low", "Close", "Volume"]
INDICES = {"^GSPC": "^spx", "^IXIC": "^ndq"}  # the others are called as we call them

CHECK_ANSWER = "Look at the answer under quarantine/ in the bronze bucket and at `market.stooq.base_url`."
WAIT = "Run it again tomorrow, or put another source before it in `market.sources`."


@dataclass(frozen=True)
class Stooq:
    """The download page at an address."""

    base_url: str
    patience: Patience = field(default_factory=Patience)
    name: str = NAME

    def fetch(self, symbol: str, since: date, day: date) -> RawAnswer:
        """One symbol's bars as the source gave them; raises a SourceError when they are anything else."""
        try:
            answer = get(url(self.base_url, symbol, since, day), self.patience)
        except NoAnswer as fault:
            raise SourceDown(symbol, f"{fault}.", f"See that the source is up and reachable. {WAIT}") from fault
        refuse_by_status(answer, symbol, WAIT, CHECK_ANSWER)
        try:
            _lines_of(answer.body, symbol)
        except SourceError as fault:
            fault.answer = answer
            raise
        return answer

    def parse(self, raw: bytes, symbol: str) -> Parsed:
        """Bars and refused rows of an answer."""
        return parse(raw, symbol)

    def is_whole(self, since: date, history_start: date) -> bool:
        """It gives just the days that it is asked for."""
        return since <= history_start


def url(base_url: str, symbol: str, since: date, day: date) -> str:
    """Address of one symbol's daily bars from `since` up to and including `day`."""
    query = {"s": ticker(symbol), "i": "d", "d1": f"{since:%Y%m%d}", "d2": f"{day:%Y%m%d}"}
    return f"{base_url.rstrip('/')}/q/d/l/?{urlencode(query)}"


def ticker(symbol: str) -> str:
    """The symbol as Stooq calls it: shares of New York end in .us."""
    if symbol.startswith("^"):
        return INDICES.get(symbol, symbol.lower())
    return f"{symbol.lower()}.us"


def parse(raw: bytes, symbol: str) -> Parsed:
    """Every row of an answer as a bar, or rejected with its reason; nothing is filled in or guessed."""
    bars, rejected = bars_of(symbol, NAME, _rows(_lines_of(raw, symbol)))
    return Parsed(bars, rejected)


def _lines_of(raw: bytes, symbol: str) -> list[list[str]]:
    """The rows below the one header that is accepted; raises a SourceError for all else that comes as 200."""
    try:
        text = raw.decode("utf-8-sig").strip()
    except UnicodeDecodeError as fault:
        raise BadAnswer(
            symbol, f"the answer of {len(raw)} bytes is no text: {excerpt(raw)!r}.", CHECK_ANSWER
        ) from fault
    _refuse_what_it_says(text, symbol)
    try:
        lines = list(csv.reader(text.splitlines(), strict=True))
    except csv.Error as fault:
        raise BadAnswer(symbol, f"the answer is not whole CSV ({fault}): {excerpt(raw)!r}.", CHECK_ANSWER) from fault
    if not lines or lines[0] != HEADER:
        first = ",".join(lines[0])[:120] if lines else ""
        wanted = ",".join(HEADER)
        raise BadAnswer(symbol, f"the answer begins with {first!r}; it must begin with {wanted!r}.", CHECK_ANSWER)
    if len(lines) == 1:
        raise BadAnswer(symbol, "the answer holds no day; at least one is needed.", CHECK_ANSWER)
    return lines[1:]


def _refuse_what_it_says(text: str, symbol: str) -> None:
    said = text[:200].lower()
    if said.startswith("<"):
        reason = f"the answer is a web page, {text[:120]!r}; it must be CSV. The source asks for a browser."
        raise SourceBlocked(symbol, reason, WAIT)
    if "exceeded" in said and "limit" in said:
        raise SourceBlocked(symbol, f"the source refuses us: {text[:120]!r}.", WAIT)
    if said.startswith(("no data", "brak danych")):
        raise UnknownSymbol(
            symbol, f"the source says {text[:120]!r}.", "Correct or remove it in the setting `symbols`."
        )


def _rows(lines: list[list[str]]) -> Iterator[Row]:
    for line in lines:
        cells: dict[str, Any] = dict.fromkeys(QUOTED) | dict(zip(QUOTED, map(number, line[1:]), strict=False))
        told = line[0] if line else ""
        yield Row(iso_day(told), told, cells | {"adjclose": cells["close"]})
