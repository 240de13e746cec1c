"""One history out of two answers: an older one that reaches far back, and a newer one that holds only the last days.

Two answers never fit together as they stand: every split and dividend since the older one has changed the prices
before it, and two vendors adjust in their own ways. So both are laid side by side where they overlap. Only if one is
a constant multiple of the other there, the newer days are carried over onto the older answer's scale; else the two
are refused, because what would come of them is a jump that no market made.

In a day's folder of bronze the older answer lies as `base=<source>.json` beside the newer `source=<source>.json`, and
only where it is needed.
"""

import statistics
from collections.abc import Sequence
from datetime import date
from math import exp, log
from typing import NamedTuple

from stockcast.contracts.bars import Bar, Parsed

FEWEST_COMMON_DAYS = 20
LARGEST_SPREAD = 1e-3  # standard deviation of the log ratio; vendors that agree stay a tenth below


REMEDY = "Fetch the whole history again: call the ingest function for this day without `since`, when the source is up."


class CannotJoin(ValueError):
    """Two answers that do not fit together. `reason` is the value and the rule."""

    def __init__(self, symbol: str, reason: str) -> None:
        super().__init__(f"{symbol}: {reason} {REMEDY}")
        self.reason = reason


class _Pair(NamedTuple):
    older: Bar
    newer: Bar

    @property
    def log_ratio(self) -> float:
        """Of the quoted closes, which no dividend has changed: a dividend between the answers does no harm."""
        return log(self.older.close_raw / self.newer.close_raw)


def joined(base: Parsed, tail: Parsed) -> Parsed:
    """The base's days, then the tail's later days on the base's scale; the tail alone where it reaches as far back.

    `base` and `tail` are what `stockcast.sources.parse` gives for `base=...` and `source=...` of one symbol. Raises
    CannotJoin when fewer than 20 days are common since the newest split, or when their ratio is not constant. Splits
    inside the tail stay where they are: Alpha Vantage's free answers know none, and the jump is for cleaning to find.
    Rows that were refused in the base are not told again: they were when it was new.
    """
    if not tail.bars or (base.bars and tail.bars[0].date <= base.bars[0].date):
        return tail
    if not base.bars:
        reason = f"the older answer holds no bar; at least {FEWEST_COMMON_DAYS} must be common to both."
        raise CannotJoin(tail.bars[0].symbol, reason)
    symbol, last_day = tail.bars[0].symbol, base.bars[-1].date
    pairs = _pairs(base, tail)
    raw_ratio = _constant_ratio(symbol, pairs)
    price_factor = raw_ratio * _adjustment(pairs[-1].older) / _adjustment(pairs[-1].newer)
    later = [_carried_over(bar, price_factor, raw_ratio) for bar in tail.bars if bar.date > last_day]
    events = [*base.events, *(event for event in tail.events if event.date > last_day)]
    return Parsed([*base.bars, *later], list(tail.rejected), events)


def _pairs(base: Parsed, tail: Parsed) -> list[_Pair]:
    """Both answers' bars of the common days since the newest split that either knows, ascending."""
    newer = {bar.date: bar for bar in tail.bars}
    splits = [event.date for answer in (base, tail) for event in answer.events if event.kind == "split"]
    since = max((day for day in splits if day <= base.bars[-1].date), default=date.min)
    return [_Pair(bar, newer[bar.date]) for bar in base.bars if bar.date in newer and bar.date >= since]


def _constant_ratio(symbol: str, pairs: Sequence[_Pair]) -> float:
    """How many times the newer quotes the older ones are; refuses an overlap that is short or not constant."""
    if len(pairs) < FEWEST_COMMON_DAYS:
        raise CannotJoin(
            symbol,
            f"the two answers have {len(pairs)} common days since the newest split; at least {FEWEST_COMMON_DAYS} are "
            "needed to lay one onto the other.",
        )
    log_ratios = [pair.log_ratio for pair in pairs]
    spread = statistics.pstdev(log_ratios)
    if spread >= LARGEST_SPREAD:
        raise CannotJoin(
            symbol,
            f"the ratio of the two answers' closes varies by {spread:.2g} from {pairs[0].older.date} to "
            f"{pairs[-1].older.date}; it must stay below {LARGEST_SPREAD:g}, else they are two symbols or one lacks a "
            "split.",
        )
    return exp(statistics.median(log_ratios))


def _adjustment(bar: Bar) -> float:
    """What splits and dividends since made of the quoted price; 1 where the source adjusts nothing."""
    return bar.close / bar.close_raw


def _carried_over(bar: Bar, price_factor: float, raw_ratio: float) -> Bar:
    """A newer bar on the older answer's scale; where a price counts fewer dollars, there are more shares of them."""
    return bar._replace(
        open=bar.open * price_factor,
        high=bar.high * price_factor,
        low=bar.low * price_factor,
        close=bar.close * price_factor,
        volume=bar.volume / raw_ratio,
        close_raw=bar.close_raw * raw_ratio,
    )
