"""A review as a report: plain text in sections, before anything is known of the page or the terminal that shows it.

`make review` keeps it as JSON in review.json. `make approve` reads it there, often written by the build of another
commit, so `parse_report` takes nothing for granted. Only what may be shown to anybody is in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from shipping.review import words
from shipping.review.verdict import Review

DANGER, WARNING, TITLE = "danger", "warning", "title"  # styles; a line without one has the empty string
COLUMNS = 5  # of a table: a label, what it costs now, after and more, and how that was reckoned


@dataclass(frozen=True)
class Row:
    """One line of a table."""

    cells: tuple[str, ...]
    style: str = ""


@dataclass(frozen=True)
class Note:
    """One paragraph."""

    text: str
    style: str = ""


@dataclass(frozen=True)
class Group:
    """Entries below a subtitle, or without one. The first string of an entry names it, the others explain it."""

    title: str
    entries: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Section:
    """A title, and below it, in this order: a table whose first row is the headings, groups, notes."""

    title: str
    style: str = ""
    rows: tuple[Row, ...] = ()
    groups: tuple[Group, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Report:
    """All of it, in the order of reading: dangers, money, the rest."""

    title: str
    summary: str
    sections: tuple[Section, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def build_report(review: Review) -> Report:
    return Report(
        title=f"Review of the saved plan of {review.environment}, made from {review.commit[:12]}",
        summary=review.summary,
        sections=(*_dangers(review), _money(review), _modules(review), *_drift(review)),
    )


def _dangers(review: Review) -> Iterator[Section]:
    if not review.dangers:
        yield Section(words.NO_DANGERS)
    for kind, found in review.by_kind.items():
        entries = tuple((words.clean(one.address), words.clean(f"{one.what}: {one.meaning}")) for one in found)
        title = f"{words.HEADINGS[kind].upper()} ({len(found)})"
        yield Section(title, DANGER, groups=(Group("", entries),))


def _money(review: Review) -> Section:
    bill = review.bill
    rows = [Row(("USD A MONTH", "now", "after", "change", ""), TITLE)]
    rows += [Row((line.label, *_sums(line.before, line.after, line.change), line.how)) for line in bill.lines]
    rows.append(Row(("all", *_sums(bill.before, bill.after, bill.after - bill.before), ""), TITLE))
    if bill.ceiling is not None:
        style = DANGER if bill.is_above_ceiling else ""
        rows.append(Row(("ceiling", "", words.usd(bill.ceiling), "", ""), style))
    notes = [Note(f"not priced, so no pipeline applies this plan: {one}", DANGER) for one in bill.not_priced]
    notes += [Note(f"warning: {one}", WARNING) for one in bill.warnings]
    notes += [Note(one) for one in (*bill.notes[:-1], words.share_of_doubt(bill.lines)) if one]  # the page has the last
    return Section("", rows=tuple(rows), notes=tuple(notes))


def _sums(before: float | None, after: float | None, change: float | None) -> tuple[str, str, str]:
    return words.usd(before), words.usd(after), words.usd(change, signed=True)


def _modules(review: Review) -> Section:
    before, after = review.planned.resources
    groups = [
        Group(
            f"{words.module_name(module.name)}: {module.counts}",
            tuple(
                (_with_attributes(f"{one.action} {words.local_name(one)}", words.attributes(one)),)
                for one in module.changes
            ),
        )
        for module in review.modules
    ]
    notes = [] if groups else [Note(words.NO_CHANGES)]
    if review.planned.outputs:
        notes.append(Note(f"outputs that change: {words.clean(', '.join(review.planned.outputs))}"))
    notes += [Note(f"a check does not hold: {words.clean(one)}") for one in review.planned.failed_checks]
    title = f"CHANGES BY MODULE: {before} resources now, {after} after"
    return Section(title, TITLE, groups=tuple(groups), notes=tuple(notes))


def _with_attributes(name: str, attributes: str) -> str:
    return f"{name}: {attributes}" if attributes else name


def _drift(review: Review) -> Iterator[Section]:
    found = review.planned.drift
    if found:
        entries = tuple((f"{words.clean(one.address)}: {words.attributes(one) or 'is gone'}",) for one in found)
        yield Section(words.DRIFT.upper(), WARNING, groups=(Group("", entries),))


def parse_report(value: Any) -> Report:
    """The report that `as_json` gave.

    Raises:
        ValueError: It has another form, as where another version of this code wrote it.
    """
    try:
        return Report(_text(value["title"]), _text(value["summary"]), tuple(_section(one) for one in value["sections"]))
    except (KeyError, TypeError) as problem:
        raise ValueError(f"the review has an unknown form: {type(problem).__name__} {problem}") from problem


def _section(value: Any) -> Section:
    rows = tuple(Row(_texts(one["cells"]), _text(one["style"])) for one in value["rows"])
    if any(len(row.cells) != COLUMNS for row in rows):
        raise TypeError(f"a row of a table has not {COLUMNS} cells")
    return Section(
        _text(value["title"]),
        _text(value["style"]),
        rows=rows,
        groups=tuple(Group(_text(one["title"]), tuple(map(_texts, one["entries"]))) for one in value["groups"]),
        notes=tuple(Note(_text(one["text"]), _text(one["style"])) for one in value["notes"]),
    )


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise TypeError(f"a list of texts is {type(value).__name__}")
    return tuple(map(_text, value))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a text is {type(value).__name__}")
    return value
