"""Real daily bars of four shares and two indices, as a quote vendor would show them on a day of one's choice.

The rows lie inside two installed packages (bokeh-sampledata and arch) and are read there, never copied. They hold raw
prices and one factor, adjusted close / close, in which splits and dividends are mixed. Between neighbouring days that
factor is constant to 1e-13 except where one of the two happened, and every split in the data is a plain ratio such as
2:1 on a day without a dividend. So both can be told apart exactly: a jump by more than a fifth that is a ratio of
small whole numbers is a split, every other jump is a dividend of (jump - 1) x that day's close. Should a package ever
bring a jump that is neither, loading fails instead of guessing. Volumes are the shares traded at the time.
"""

import bisect
import csv
import gzip
import importlib.util
import itertools
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

SHARES = ("AAPL", "GOOG", "IBM", "MSFT")  # the package's fifth, FB, is too young to learn from
INDICES = {"^GSPC": "data/sp500/sp500.csv.gz", "^IXIC": "data/nasdaq/nasdaq.csv.gz"}
SPLIT_JUMP = 0.2  # dividends stay far below; the largest in the data, Microsoft's in 2004, is 0.11
LARGEST_SPLIT_TERM = 20  # 20:1 and 3:2 are splits, 127:100 is none
SAME = 1e-9  # two factors are the same below this; packages round at about 1e-13


class RawDay(NamedTuple):
    """One row as the package has it."""

    day: date
    open: float
    high: float
    low: float
    close: float
    volume: float
    factor: float  # adjusted close / close, on the package's own scale


class Split(NamedTuple):
    """`ratio` new shares for one old share, from this day on."""

    day: date
    ratio: Fraction


class Dividend(NamedTuple):
    """Dollars a share, paid to those who held it before this day; split-adjusted like prices."""

    day: date
    amount: float


class Quoted(NamedTuple):
    """One day in a vendor's convention: prices and volume split-adjusted, adjclose for dividends too."""

    day: date
    open: float
    high: float
    low: float
    close: float
    volume: float
    adjclose: float


class Quotes(NamedTuple):
    """What is known about one symbol on some day: nothing in it is later."""

    days: list[Quoted]  # ascending
    splits: list[Split]
    dividends: list[Dividend]


class MissingPackage(RuntimeError):
    """The sample rows are not installed."""


def load() -> dict[str, list[RawDay]]:
    """Every symbol's rows, ascending by day."""
    histories: dict[str, list[RawDay]] = {symbol: [] for symbol in (*SHARES, *INDICES)}
    for row in _csv_rows("bokeh_sampledata", "_data/stocks.csv.gz"):
        if row["Ticker"] in SHARES:
            histories[row["Ticker"]].append(_raw_day(row, date.fromisoformat(row["Date"])))
    for symbol, inner_path in INDICES.items():
        for row in _csv_rows("arch", inner_path):
            month, day, year = map(int, row["Date"].split("/"))
            histories[symbol].append(_raw_day(row, date(year, month, day)))
    return {symbol: sorted(rows) for symbol, rows in histories.items()}


def newest_common_day(histories: dict[str, list[RawDay]]) -> date:
    """The last day on which every symbol still has bars."""
    return min(rows[-1].day for rows in histories.values())


def as_known_on(rows: list[RawDay], until: date) -> Quotes:
    """What a vendor would have shown in the evening of `until`, its newest day.

    Later splits and dividends are unknown then, so adjclose equals close on the newest day, and the price is the one
    that people saw: Apple at 430.47 on 2013-03-01, not the 15.37 that today's page shows after two more splits.
    """
    rows = rows[: bisect.bisect_right(rows, until, key=lambda row: row.day)]
    splits = [jump for jump in _jumps(rows) if isinstance(jump, Split)]
    days: list[Quoted] = []
    later_splits = list(splits)
    shares = Fraction(1)  # how many shares of the newest day one share of this day became
    for row in reversed(rows):
        while later_splits and later_splits[-1].day > row.day:
            shares *= later_splits.pop().ratio
        days.append(_quoted(row, float(shares), row.factor / rows[-1].factor))
    days.reverse()
    closes = {quoted.day: quoted.close for quoted in days}
    paid = [Dividend(j.day, round(j.amount * closes[j.day], 6)) for j in _jumps(rows) if isinstance(j, Dividend)]
    return Quotes(days, splits, paid)


def _jumps(rows: list[RawDay]) -> Iterator[Split | Dividend]:
    """Where the factor changes: splits, and dividends as a share of that day's close."""
    for before, row in itertools.pairwise(rows):
        ratio = row.factor / before.factor
        if abs(ratio - 1) < SAME:
            continue
        if abs(ratio - 1) < SPLIT_JUMP:
            yield Dividend(row.day, ratio - 1)
            continue
        plain = Fraction(ratio).limit_denominator(LARGEST_SPLIT_TERM)
        if abs(ratio / float(plain) - 1) > SAME:
            raise ValueError(
                f"the adjustment factor jumps by {ratio} on {row.day}; it must be a ratio of whole numbers up to "
                f"{LARGEST_SPLIT_TERM}, else split and dividend cannot be told apart. Install the pinned packages."
            )
        yield Split(row.day, plain)


def _quoted(row: RawDay, shares: float, adjustment: float) -> Quoted:
    """Six decimals, as vendors give; rounding keeps the order of low, close and high."""
    open_, high, low, close = (round(price / shares, 6) for price in (row.open, row.high, row.low, row.close))
    return Quoted(row.day, open_, high, low, close, round(row.volume * shares), round(row.close * adjustment, 6))


def _raw_day(row: dict[str, str], day: date) -> RawDay:
    open_, high, low, close, volume = (float(row[name]) for name in ("Open", "High", "Low", "Close", "Volume"))
    return RawDay(day, open_, high, low, close, volume, factor=float(row["Adj Close"]) / close)


def _csv_rows(package: str, inner_path: str) -> Iterator[dict[str, str]]:
    """Rows of a file inside a package, which is found but not imported: arch alone would bring scipy and pandas."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise MissingPackage(
            f"package {package} is not installed; the market reads its bars from it. "
            "Run `uv sync --group market`, or start the market with the environment that `make up` builds."
        )
    with gzip.open(Path(spec.submodule_search_locations[0]) / inner_path, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)
