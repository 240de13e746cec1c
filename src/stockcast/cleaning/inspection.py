"""One look over all symbols' clean bars: rows that their neighbours give away, and symbols to hold back.

A fault of a row costs the row. A fault of a history (a split that nobody adjusted, another symbol's prices, days moved
by one) costs the symbol its place in this run: none of its rows can be trusted, and its last forecast stands.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import polars as pl

from stockcast.cleaning.day_shifts import shifted_moves
from stockcast.cleaning.findings import Finding
from stockcast.cleaning.moves import explained_days, lasting, market_moves, reverting
from stockcast.cleaning.rounding import rounded_prices
from stockcast.cleaning.rules import part
from stockcast.cleaning.staleness import stale_rows
from stockcast.cleaning.twins import twins
from stockcast.cleaning.volumes import low_volume_rows, unit_change
from stockcast.contracts.bars import Event, Rejected


class Inspection(NamedTuple):
    """What is left of the bars, and what was found."""

    bars: dict[str, pl.DataFrame]  # of the symbols that go on
    rejected: list[Rejected]  # rows, also of symbols that are held back
    held: list[Finding]
    warnings: list[Finding]


def inspect(
    bars: Mapping[str, pl.DataFrame],
    events: Mapping[str, Sequence[Event]],
    told: Mapping[str, Collection[date]],
) -> Inspection:
    """`events` are the sources' splits and dividends, `told` the days on which people explained a symbol's move."""
    market = market_moves(list(bars.values()))
    found = Inspection({}, [], twins(bars), [])
    for symbol, one in bars.items():
        kept = _one_symbol(one, market, events.get(symbol, ()), told.get(symbol, ()), found)
        if not any(finding.symbol == symbol for finding in found.held):
            found.bars[symbol] = kept
    return found


def _one_symbol(
    bars: pl.DataFrame, market: pl.DataFrame, events: Sequence[Event], told: Collection[date], found: Inspection
) -> pl.DataFrame:
    """The rows that stay; what is found goes into `found`."""
    explained = explained_days(bars, events, told)
    bars, ticks = part(bars, reverting(bars, market, explained))
    moves = lasting(bars, market, explained)
    found.held.extend([*moves.held, *unit_change(bars), *shifted_moves(bars, market)])
    found.warnings.extend([*moves.warnings, *rounded_prices(bars)])
    bars, unconfirmed = part(bars, moves.broken)
    bars, stale = part(bars, stale_rows(bars))
    bars, low = part(bars, low_volume_rows(bars))
    found.rejected.extend([*ticks, *unconfirmed, *stale, *low])
    return bars
