"""The quality report of one run: counts that tell a clean day from a bad one, and whether anything may follow.

A fault of a row costs a row, a fault of a history a symbol. When too many symbols are missing, the day itself is in
doubt: then nothing is cleaned, trained or forecast, and what stood before goes on standing.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from stockcast.cleaning.findings import Finding
from stockcast.cleaning.silver import gaps
from stockcast.contracts.bars import Rejected

GO, STOP = "go", "stop"
UNFINISHED = "is_finished"  # the rule by which parsers refuse the running day
OK, LATE, HELD = "ok", "late", "held_back"
FIRST_GAPS = 5


class Looked(NamedTuple):
    """What cleaning saw of all symbols."""

    day: date
    sessions: Sequence[date]  # from the first bar of any symbol up to the run's day
    bars: Mapping[str, pl.DataFrame]  # clean bars of the symbols that go on
    rejected: Sequence[Rejected]
    held: Sequence[Finding]
    warnings: Sequence[Finding]
    symbols: Collection[str]  # all that were asked for
    sources: Mapping[str, str]  # whose answer counted


def quality_report(seen: Looked, most_missing: float) -> dict[str, Any]:
    """`most_missing` is the share of symbols that may lack their newest bar or be held back."""
    newest = newest_session(seen)
    symbols = {symbol: _symbol(symbol, seen, newest) for symbol in sorted(seen.symbols)}
    reasons = _reasons(symbols, newest, most_missing, seen.held)
    newest_bars = [one["to"] for one in symbols.values() if one["to"]]
    return {
        "day": seen.day.isoformat(),
        "verdict": STOP if reasons else GO,
        "reasons": reasons,
        "newest_session": newest.isoformat() if newest else None,
        "rows": sum(one.height for one in seen.bars.values()),
        "rejected": len(seen.rejected),
        "rejected_by_rule": dict(sorted(Counter(row.rule for row in seen.rejected).items())),
        "missing_symbols": [symbol for symbol, one in symbols.items() if one["state"] != OK],
        "missing_sessions": sum(one["missing_trading_days"] for one in symbols.values()),
        "oldest_bar_days": (seen.day - date.fromisoformat(min(newest_bars))).days if newest_bars else None,
        "symbols": symbols,
        "held_back": [one.as_json() for one in seen.held],
        "warnings": [one.as_json() for one in seen.warnings],
    }


def newest_session(seen: Looked) -> date | None:
    """The last session whose bar can be there: one that was still running when the source was asked does not count."""
    running = {str(row.row.get("date")) for row in seen.rejected if row.rule == UNFINISHED}
    return next((day for day in reversed(seen.sessions) if day.isoformat() not in running), None)


def _symbol(symbol: str, seen: Looked, newest: date | None) -> dict[str, Any]:
    bars = seen.bars.get(symbol)
    there = bars is not None and bars.height > 0
    first, last = (bars["date"][0], bars["date"][-1]) if bars is not None and there else (None, None)
    missing = gaps(bars, seen.sessions) if bars is not None else []
    return {
        "state": LATE if newest and last and last < newest else OK if there else HELD,
        "source": seen.sources.get(symbol),
        "bars": bars.height if bars is not None else 0,
        "from": first and first.isoformat(),
        "to": last and last.isoformat(),
        "rejected": sum(row.row.get("symbol") == symbol for row in seen.rejected),
        "missing_trading_days": len(missing),
        "first_missing": [day.isoformat() for day in missing[:FIRST_GAPS]],
    }


def _reasons(
    symbols: Mapping[str, dict[str, Any]], newest: date | None, most_missing: float, held: Sequence[Finding]
) -> list[str]:
    """Why nothing may follow; none on a good day."""
    late = [symbol for symbol, one in symbols.items() if one["state"] == LATE]
    out = [symbol for symbol, one in symbols.items() if one["state"] == HELD]
    if len(late) + len(out) <= most_missing * len(symbols) and len(out) < len(symbols):
        return []
    reasons = [
        f"{len(late) + len(out)} of {len(symbols)} symbols are missing; at most a share of {most_missing:.2f} may be. "
        "See that the source is up and the day's session is over, then clear fetch_bars."
    ]
    if late:
        reasons.append(f"Without a bar of {newest}, the newest session: {', '.join(late)}.")
    reasons += [f"{one.symbol}, {one.rule}: {one.reason}" for one in held]
    return reasons
