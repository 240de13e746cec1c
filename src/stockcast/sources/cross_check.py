"""Whether two sources tell the same of one symbol, by their returns: levels differ with every adjustment.

Small differences are data: vendors round, and one of them may know no dividends. Two findings are not: an answer
about another symbol, and one that lacks a split. Neither source can be believed then until somebody looked.
"""

import itertools
import statistics
from collections.abc import Iterator
from datetime import date
from math import log
from typing import NamedTuple, TypedDict

from stockcast.contracts.bars import Bar

TOLERANCE = 2e-4  # log return; two vendors that agree stay below
FEWEST_COMMON_DAYS = 20
LOWEST_CORRELATION = 0.95  # of one symbol's returns from two sources
SPLITS = (1.5, 2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 25, 30, 50)  # new shares for one, as they happen
SPLIT_NEARNESS = 0.02  # log: how near a difference must be to the log of such a ratio
DAYS_SHOWN = 20


class Difference(TypedDict):
    """A day on which the two sources' log returns differ."""

    date: str
    first: float
    second: float


class Finding(TypedDict):
    """What became of two answers laid side by side; a JSON object."""

    symbol: str
    sources: list[str]
    verdict: str  # agree | differ | not_checkable | another_symbol | missing_split
    reason: str
    common_days: int
    differing_days: int
    largest_difference: float
    correlation: float | None  # without the days of missing splits; None where there is none
    differences: list[Difference]  # the largest ones, by date


LOUD = ("another_symbol", "missing_split")


class _Returns(NamedTuple):
    day: date
    first: float
    second: float

    @property
    def difference(self) -> float:
        return abs(self.first - self.second)

    @property
    def lacks_split(self) -> bool:
        """Whether one source jumps by a split's ratio where the other does not."""
        larger, smaller = sorted((abs(self.first), abs(self.second)), reverse=True)
        is_jump = larger > log(min(SPLITS)) - SPLIT_NEARNESS and smaller < larger / 2
        return is_jump and any(abs(self.difference - log(ratio)) < SPLIT_NEARNESS for ratio in SPLITS)


def compared(symbol: str, first: list[Bar], second: list[Bar]) -> Finding:
    """Lay two sources' bars of one symbol, ascending, side by side."""
    returns = list(_returns(first, second))
    common = len(returns) + 1 if returns else 0
    differing = [day for day in returns if day.difference > TOLERANCE]
    lacking = [day for day in returns if day.lacks_split]
    correlation = _correlation([day for day in returns if not day.lacks_split])
    verdict, reason = _verdict(common, differing, lacking, correlation)
    largest = sorted(differing, key=lambda day: (-day.difference, day.day))[:DAYS_SHOWN]
    return Finding(
        symbol=symbol,
        sources=[bars[0].source if bars else "" for bars in (first, second)],
        verdict=verdict,
        reason=reason,
        common_days=common,
        differing_days=len(differing),
        largest_difference=max((day.difference for day in returns), default=0.0),
        correlation=correlation,
        differences=[
            Difference(date=day.day.isoformat(), first=day.first, second=day.second) for day in sorted(largest)
        ],
    )


def not_checkable(symbol: str, reason: str) -> Finding:
    """For a symbol that fewer than two sources have."""
    return Finding(
        symbol=symbol,
        sources=[],
        verdict="not_checkable",
        reason=reason,
        common_days=0,
        differing_days=0,
        largest_difference=0.0,
        correlation=None,
        differences=[],
    )


def _returns(first: list[Bar], second: list[Bar]) -> Iterator[_Returns]:
    """Both sources' log returns between neighbouring common days."""
    other = {bar.date: bar for bar in second}
    pairs = [(bar, other[bar.date]) for bar in first if bar.date in other]
    for (a_before, b_before), (a, b) in itertools.pairwise(pairs):
        yield _Returns(a.date, log(a.close / a_before.close), log(b.close / b_before.close))


def _correlation(returns: list[_Returns]) -> float | None:
    if len(returns) < FEWEST_COMMON_DAYS - 2:
        return None
    try:
        return statistics.correlation([day.first for day in returns], [day.second for day in returns])
    except statistics.StatisticsError:  # one of them never moves
        return 0.0


def _verdict(
    common: int, differing: list[_Returns], lacking: list[_Returns], correlation: float | None
) -> tuple[str, str]:
    if common < FEWEST_COMMON_DAYS:
        return "not_checkable", f"{common} days are common to both; {FEWEST_COMMON_DAYS} are needed."
    if correlation is None or correlation < LOWEST_CORRELATION:
        told = "cannot be told" if correlation is None else f"is {correlation:.3f}"
        return "another_symbol", f"the correlation of their returns {told}; it must be at least {LOWEST_CORRELATION}."
    if lacking:
        day = lacking[0]
        return "missing_split", (
            f"on {day.day} one moves by {day.first:+.3f} and the other by {day.second:+.3f}, apart by the ratio of a "
            "split that one of them lacks."
        )
    if differing:
        return "differ", f"on {len(differing)} of {common - 1} days their log returns differ by more than {TOLERANCE}."
    return "agree", f"all {common - 1} log returns differ by at most {TOLERANCE}."
