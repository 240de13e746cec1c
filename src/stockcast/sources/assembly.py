"""One symbol's history out of the answers that lie in a day's folder of bronze."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from stockcast.contracts.bars import Parsed
from stockcast.sources.adapters import parse
from stockcast.sources.joining import CannotJoin, joined


class Assembled(NamedTuple):
    """A symbol's bars, and whose newest answer they are from."""

    source: str
    parsed: Parsed


def assembled(
    symbol: str, answers: Mapping[str, bytes], bases: Mapping[str, bytes], order: Sequence[str] = ()
) -> Assembled:
    """Parse the answer of the source that comes first in `order`, and join it to an older one where one lies there.

    `answers` are the bytes of `source=<name>.json` by name, `bases` those of `base=<name>.json`. Sources that `order`
    does not name come after it, by name. Raises what `parse` raises, and CannotJoin when no base fits.
    """
    if not answers:
        raise ValueError(f"{symbol} has no answer; at least one source=<name>.json is needed. Ingest this day first.")
    source = _ordered(answers, order)[0]
    tail = parse(source, answers[source], symbol)
    reasons: list[str] = []
    for name in _ordered(bases, order):
        try:
            return Assembled(source, joined(parse(name, bases[name], symbol), tail))
        except CannotJoin as fault:
            reasons.append(f"{name}: {fault.reason}")
    if reasons:
        raise CannotJoin(symbol, " ".join(reasons))
    return Assembled(source, tail)


def _ordered(names: Mapping[str, bytes], order: Sequence[str]) -> list[str]:
    wanted = {name: place for place, name in enumerate(order)}
    return sorted(names, key=lambda name: (wanted.get(name, len(wanted)), name))
