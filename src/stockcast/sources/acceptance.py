"""Whether an answer that parses is to be believed as a whole.

A bad row goes to quarantine and the rest goes on. But where many rows are bad the fault is the answer's: columns
changed their order, days are shifted, prices stand still. Then no row of it is trusted, and another source is asked.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from stockcast.contracts.bars import TOLERANCE, Bar, Parsed
from stockcast.sources.answers import BadAnswer

BAD_SHARE = 0.1  # of all rows; a shift by one day moves a fifth of them onto a weekend
BAD_ROWS = 2  # as many are forgiven in a short answer too: its newest rows are the ones that lack values
SATURDAY = 5
SHORT_RANGE = timedelta(days=7)  # a holiday week may hold a single session
STANDS_STILL = 20  # days with one and the same close; no share or index that trades does that

LOOK = "Look at the answer under quarantine/ in the bronze bucket; another source may have it right."


class Question(NamedTuple):
    """What was asked, and on which day of the calendar."""

    symbol: str
    since: date
    day: date
    today: date


def refuse_unlikely(parsed: Parsed, question: Question) -> None:
    """Raise BadAnswer, naming value and rule, unless the parsed answer can be this symbol's bars."""
    for reason in _reasons(parsed, question):
        raise BadAnswer(question.symbol, reason, LOOK)


def _reasons(parsed: Parsed, question: Question) -> Iterator[str]:
    bars, day, since = parsed.bars, question.day, question.since
    known = [bar for bar in bars if bar.date <= day]
    rows = len(bars) + len(parsed.rejected)
    refused = sum(row.rule != "is_finished" for row in parsed.rejected)
    if _is_much(refused, rows):
        rules = ", ".join(sorted({row.rule for row in parsed.rejected}))
        yield f"{refused} of {rows} rows are no bars ({rules}); at most a tenth may be none."
    if not known:
        yield f"the answer holds no bar up to {day}; at least one is needed."
    if len(known) == 1 and day - since > SHORT_RANGE:
        yield f"the answer holds a single bar, of {known[0].date}, for {since} to {day}; a return needs two."
    tomorrow = question.today + timedelta(days=1)  # it may be tomorrow already where the exchange is
    if bars and bars[-1].date > tomorrow:
        yield f"the answer ends on {bars[-1].date}; on {question.today} no bar can be of a later day."
    yield from _shape(bars)


def _shape(bars: Sequence[Bar]) -> Iterator[str]:
    """What most rows have in common when days or columns are not what they are called."""
    weekend = [bar for bar in bars if bar.date.weekday() >= SATURDAY]
    if _is_much(len(weekend), len(bars), forgiven=0):
        yield (
            f"{len(weekend)} of {len(bars)} bars are of a weekend, such as {weekend[0].date}; at most a tenth may be. "
            "The days are shifted, as by a wrong time zone."
        )
    outside = [bar for bar in bars if not _holds_together(bar)]
    if _is_much(len(outside), len(bars)):
        yield (
            f"{len(outside)} of {len(bars)} bars do not hold open and close between low and high, such as that of "
            f"{outside[0].date}; at most a tenth may not. The columns are not what they are called."
        )
    closes = {bar.close for bar in bars}
    if len(bars) >= STANDS_STILL and len(closes) == 1:
        yield f"all {len(bars)} bars close at {bars[0].close}; a price that trades does not stand still."


def _is_much(count: int, rows: int, forgiven: int = BAD_ROWS) -> bool:
    return count > forgiven and count > BAD_SHARE * rows


def _holds_together(bar: Bar) -> bool:
    top, bottom = max(bar.open, bar.close), min(bar.open, bar.close)
    return bar.high * (1 + TOLERANCE) >= top and bar.low * (1 - TOLERANCE) <= bottom
