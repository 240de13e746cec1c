"""A review as plain text for a terminal or a log: as wide as the terminal, colours only where somebody looks."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence

from shipping.review import words
from shipping.review.report import COLUMNS, DANGER, TITLE, WARNING, Group, Report, Row, Section, build_report
from shipping.review.verdict import Review

WIDTH = 100  # columns, where the output is no terminal
MIN_WIDTH, MAX_WIDTH = 60, 120  # longer lines are hard to read
TOLD_AT_MOST = 40  # of one kind or module; the page has all of them
MIN_HOW = 48  # columns beside the sums for how they were reckoned; with fewer that goes below
RED, YELLOW, BOLD, PLAIN = "\033[31m", "\033[33m", "\033[1m", "\033[0m"
COLOURS = {DANGER: RED, WARNING: YELLOW, TITLE: BOLD}


def find_width() -> int:
    """Columns of the terminal on stdout, or those that COLUMNS names."""
    return min(max(shutil.get_terminal_size((WIDTH, 24)).columns, MIN_WIDTH), MAX_WIDTH)


def wants_colours() -> bool:
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def shown(review: Review, *, colours: bool, page: str, width: int = WIDTH) -> str:
    """The whole review; `page` is where its HTML lies."""
    text = render(build_report(review), colours=colours, width=width)
    return f"{text}\nThe whole of it, to be read in a browser: {page}"


def render(report: Report, *, colours: bool = False, width: int = WIDTH, most: int = TOLD_AT_MOST) -> str:
    """A report as lines of at most `width` columns; of each group at most `most` entries, with how many are left.

    Whoever wrote the report, its text is shown and never obeyed: control characters are replaced, and blanks that would
    push words to a line of their own are taken together.
    """
    lines = [_painted(line, TITLE, colours) for line in _wrapped(report.title, width)]
    for section in report.sections:
        lines += ["", *_section(section, colours, width, most)]
    return "\n".join([*lines, "", *_wrapped(report.summary, width)])


def _section(section: Section, colours: bool, width: int, most: int) -> Iterator[str]:
    for line in _wrapped(section.title, width):
        yield _painted(line, section.style, colours)
    for row, line in _table(section.rows, width):
        yield _painted(line, row.style, colours)
    for group in section.groups:
        yield from _group(group, width, most)
    for note in section.notes:
        for line in _wrapped(note.text, width, 2 if section.title else 0):
            yield _painted(line, note.style, colours)


def _painted(line: str, style: str, colours: bool) -> str:
    colour = COLOURS.get(style) if colours else None
    return f"{colour}{line}{PLAIN}" if colour else line


def _group(group: Group, width: int, most: int) -> Iterator[str]:
    indent = 2
    if group.title:
        yield from _wrapped(group.title, width, indent)
        indent = 4
    for first, *others in group.entries[:most]:
        yield from _wrapped(first, width, indent)
        for other in others:
            yield from _wrapped(other, width, indent + 4)
    if len(group.entries) > most:
        yield f"{' ' * indent}and {len(group.entries) - most} more, which the page tells"


def _table(rows: Sequence[Row], width: int) -> Iterator[tuple[Row, str]]:
    """Lines of a table: a label, sums aligned to the right, and how they were reckoned.

    In a narrow terminal that goes below the sums, and only of those that change.
    """
    if not rows:
        return
    cells = [[_plain(cell) for cell in row.cells] for row in rows]
    sizes = [max(len(one[at]) for one in cells) + 2 for at in range(1, COLUMNS - 1)]
    label_size = min(max(len(one[0]) for one in cells), max(width - sum(sizes), 1))
    how_at = label_size + sum(sizes) + 3
    for row, (label, *sums, how) in zip(rows, cells, strict=True):
        first, *below = textwrap.wrap(label, label_size) or [""]
        line = f"{first:<{label_size}}" + "".join(f"{one:>{size}}" for one, size in zip(sums, sizes, strict=True))
        if width - how_at >= MIN_HOW:
            beside, *more = textwrap.wrap(how, width - how_at) or [""]
            line = f"{line:<{how_at}}{beside}"
            below += [f"{'':<{how_at}}{one}" for one in more]
        elif sums[-1] != words.UNCHANGED:
            below += _wrapped(how, width, 4)
        yield from ((row, one.rstrip()) for one in (line, *below))


def _wrapped(text: str, width: int, indent: int = 0) -> list[str]:
    """Lines within `width`; what runs on stands two further in."""
    first, later = " " * indent, " " * (indent + 2)
    return textwrap.wrap(_plain(text), width, initial_indent=first, subsequent_indent=later, break_on_hyphens=False)


def _plain(text: str) -> str:
    return words.replace_controls(" ".join(text.split()))
