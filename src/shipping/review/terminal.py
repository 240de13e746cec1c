"""A review as a terminal shows it: at most 100 columns, colours only where somebody looks."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator

from shipping.review import words
from shipping.review.verdict import Review

WIDTH = 100
TOLD_AT_MOST = 40  # of one kind or module; the page has all of them
RED, YELLOW, BOLD, PLAIN = "\033[31m", "\033[33m", "\033[1m", "\033[0m"
Paint = Callable[[str, str], str]


def shown(review: Review, *, colours: bool, page: str) -> str:
    """The whole review; `page` is where its HTML lies."""
    paint = _paint if colours else _leave
    parts = [_head(review, paint), _dangers(review, paint), _money(review, paint), _modules(review, paint)]
    parts += [_drift(review, paint), _foot(review, page)]
    return "\n".join(line for part in parts for line in part)


def _paint(colour: str, text: str) -> str:
    return f"{colour}{text}{PLAIN}"


def _leave(_: str, text: str) -> str:
    return text


def _head(review: Review, paint: Paint) -> Iterator[str]:
    yield paint(BOLD, f"Review of the saved plan of {review.environment}, made from {review.commit[:12]}")
    yield ""


def _dangers(review: Review, paint: Paint) -> Iterator[str]:
    if not review.dangers:
        yield from (words.NO_DANGERS, "")
    for kind, found in review.by_kind.items():
        yield paint(RED, f"{words.HEADINGS[kind].upper()} ({len(found)})")
        for danger in found[:TOLD_AT_MOST]:
            yield from _wrapped(words.clean(danger.address), 2)
            yield from _wrapped(f"{words.clean(danger.what)}: {danger.meaning}", 6)
        if len(found) > TOLD_AT_MOST:
            yield f"  and {len(found) - TOLD_AT_MOST} more, which the page tells"
        yield ""


def _money(review: Review, paint: Paint) -> Iterator[str]:
    bill = review.bill
    yield paint(BOLD, f"{'USD A MONTH':<34}{'now':>12}{'after':>12}{'change':>12}")
    for line in bill.lines:
        sums = (words.usd(line.before), words.usd(line.after), words.usd(line.change, signed=True))
        yield f"{line.label:<34}" + "".join(f"{one:>12}" for one in sums)
    total = (
        f"{words.usd(bill.before):>12}{words.usd(bill.after):>12}{words.usd(bill.after - bill.before, signed=True):>12}"
    )
    yield paint(BOLD, f"{'all':<34}{total}")
    if bill.ceiling is not None:
        yield paint(RED if bill.is_above_ceiling else PLAIN, f"{'ceiling':<34}{'':>12}{words.usd(bill.ceiling):>12}")
    for unpriced in bill.not_priced:
        yield from _wrapped(paint(RED, f"not priced, so no pipeline applies this plan: {unpriced}"))
    for warning in bill.warnings:
        yield from _wrapped(paint(YELLOW, f"warning: {warning}"))
    for note in (*bill.notes[:-1], words.share_of_doubt(bill.lines)):
        yield from _wrapped(note)
    yield ""


def _modules(review: Review, paint: Paint) -> Iterator[str]:
    before, after = review.planned.resources
    yield paint(BOLD, f"CHANGES BY MODULE: {before} resources now, {after} after")
    if not review.modules:
        yield f"  {words.NO_CHANGES}"
    for module in review.modules:
        yield f"  {words.module_name(module.name)}: {module.counts}"
        for change in module.changes[:TOLD_AT_MOST]:
            told = words.attributes(change)
            yield from _wrapped(f"{change.action} {words.local_name(change)}{f': {told}' if told else ''}", 4)
        if len(module.changes) > TOLD_AT_MOST:
            yield f"    and {len(module.changes) - TOLD_AT_MOST} more, which the page tells"
    if review.planned.outputs:
        yield from _wrapped(f"outputs that change: {words.clean(', '.join(review.planned.outputs))}", 2)
    for check in review.planned.failed_checks:
        yield from _wrapped(f"a check does not hold: {words.clean(check)}", 2)
    yield ""


def _drift(review: Review, paint: Paint) -> Iterator[str]:
    if not review.planned.drift:
        return
    yield paint(YELLOW, words.DRIFT.upper())
    for change in review.planned.drift[:TOLD_AT_MOST]:
        what = words.attributes(change) or "is gone"
        yield from _wrapped(f"{words.clean(change.address)}: {what}", 2)
    yield ""


def _foot(review: Review, page: str) -> Iterator[str]:
    yield from _wrapped(review.summary)
    yield f"The whole of it, to be read in a browser: {page}"


def _wrapped(text: str, indent: int = 0) -> list[str]:
    """Lines within WIDTH; what runs on stands two further in."""
    first, later = " " * indent, " " * (indent + 2)
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=later, break_on_hyphens=False)
