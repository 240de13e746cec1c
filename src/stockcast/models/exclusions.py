"""Symbols that are not evaluated: which, why, and one line that says so for all of them."""

from collections.abc import Sequence
from typing import NamedTuple

MAX_NAMES = 8  # of one reason in the line, where a file has all of them


class Exclusion(NamedTuple):
    """A symbol, the reason in the words that all symbols of its kind share, and a sentence about this one."""

    symbol: str
    reason: str
    detail: str


def summarize_exclusions(excluded: Sequence[Exclusion], total: int, file: str = "") -> str:
    """Name the excluded symbols by reason in one line, such as `excluded 2 of 60 symbols: no test day (2): A, B`.

    A symbol that several reasons exclude counts for the first. `file` is where the details are: with it long lists of
    names are cut, without it none is.
    """
    reasons: dict[str, list[str]] = {}
    for symbol, reason in {one.symbol: one.reason for one in reversed(excluded)}.items():
        reasons.setdefault(reason, []).append(symbol)
    found = sorted(reasons.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    parts = [f"{reason} ({len(symbols)}): {_names(sorted(symbols), file)}" for reason, symbols in found]
    count = sum(map(len, reasons.values()))
    return f"excluded {count} of {total} symbols: {'; '.join(parts)}" + (f" (details in {file})" if file else "")


def _names(symbols: Sequence[str], file: str) -> str:
    more = len(symbols) - MAX_NAMES if file else 0
    return ", ".join(symbols if more <= 0 else symbols[:MAX_NAMES]) + (f" and {more} more" if more > 0 else "")
