"""A review as a comment on a pull request: at most 60 000 characters, dangers open, the rest folded."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

from shipping.review import words
from shipping.review.verdict import Review

LONGEST = 60_000  # GitHub takes 65 536 characters in a comment
LIMITS = (200, 40, 10, 0)  # how many of one kind or module are told: the most that fits
SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~-])")
ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+!|~-])")
FOLD = re.compile(r"^<details><summary>(.*)</summary>$|^</details>$")


def shown(review: Review) -> str:
    """The whole review where it fits; otherwise fewer of each kind, with how many are left out."""
    for limit in LIMITS:
        text = "\n".join([*_head(review), *_dangers(review, limit), *_money(review), *_modules(review, limit)])
        if len(text) <= LONGEST:
            break
    return text[:LONGEST] + "\n"


def _head(review: Review) -> Iterator[str]:
    refused = [": above its ceiling"] if review.bill.is_above_ceiling else []
    refused += [": with parts that have no price"] if review.bill.not_priced else []
    yield f"## Plan of `{review.environment}`{''.join(refused)}"
    yield ""
    yield f"{_text(review.summary)}  "
    yield f"made from commit `{_code(review.commit)}`"
    yield ""


def _dangers(review: Review, limit: int) -> Iterator[str]:
    if not review.dangers:
        yield f"{words.NO_DANGERS}\n"
    for kind, found in review.by_kind.items():
        yield f"### \N{WARNING SIGN} {words.HEADINGS[kind]} ({len(found)})"
        for one in found[:limit]:
            yield f"- `{_code(one.address)}` {_text(one.what)}: {_text(one.meaning)}"
        yield from _left_out(len(found), limit)
        yield ""


def _money(review: Review) -> Iterator[str]:
    bill = review.bill
    yield from ("### Money", "", "| USD a month | now | after | change | how |", "|---|---:|---:|---:|---|")
    for line in bill.lines:
        sums = (words.usd(line.before), words.usd(line.after), words.usd(line.change, signed=True))
        yield f"| {_text(line.label)} | {' | '.join(sums)} | {_text(line.how)} |"
    change = words.usd(bill.after - bill.before, signed=True)
    ceiling = "" if bill.ceiling is None else f"ceiling {words.usd(bill.ceiling)}"
    yield f"| **all** | **{words.usd(bill.before)}** | **{words.usd(bill.after)}** | **{change}** | {ceiling} |"
    yield ""
    for unpriced in bill.not_priced:
        yield f"- **not priced, so no pipeline applies this plan**: {_text(unpriced)}"
    for warning in bill.warnings:
        yield f"- **warning**: {_text(warning)}"
    yield f"\n<details><summary>{words.ASSUMPTIONS}</summary>\n"
    yield from (f"- {_text(note)}" for note in (*bill.notes, words.share_of_doubt(bill.lines)) if note)
    yield "\n</details>\n"


def _modules(review: Review, limit: int) -> Iterator[str]:
    before, after = review.planned.resources
    yield f"### Changes by module: {before} resources now, {after} after\n"
    if not review.modules:
        yield f"{words.NO_CHANGES}\n"
    for module in review.modules:
        yield f"<details><summary>{_html(words.module_name(module.name))}: {module.counts}</summary>\n"
        for change in module.changes[:limit]:
            told = words.attributes(change)
            yield f"- {change.action} `{_code(words.local_name(change))}`{f': {_text(told)}' if told else ''}"
        yield from _left_out(len(module.changes), limit)
        yield "\n</details>\n"
    if review.planned.outputs:
        yield f"Outputs that change: {_text(', '.join(review.planned.outputs))}\n"
    yield from (f"A check does not hold: `{_code(check)}`\n" for check in review.planned.failed_checks)
    if review.planned.drift:
        yield f"### {words.DRIFT}\n"
        for change in review.planned.drift[:limit]:
            yield f"- `{_code(change.address)}`: {_text(words.attributes(change) or 'is gone')}"
        yield from _left_out(len(review.planned.drift), limit)


def _left_out(number: int, limit: int) -> Iterator[str]:
    if number > limit:
        yield f"- and {number - limit} more, which the page tells"


def _code(text: str) -> str:
    """Within backticks, which nothing can end but a backtick."""
    return words.clean(text).replace("`", "'")


def _text(text: str) -> str:
    """Words that are no Markdown, no HTML, and call nobody: a plan may hold what a stranger wrote."""
    return SPECIAL.sub(r"\\\1", _html(text))


def _html(text: str) -> str:
    plain = words.clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain.replace("@", "&commat;")


def as_text(markdown: str) -> str:
    """A comment that `shown` wrote, as plain text for a terminal: what an older build kept is nothing else."""
    lines: list[str] = []
    for is_table, found in itertools.groupby(markdown.splitlines(), lambda line: line[:1] == line[-1:] == "|"):
        lines += (_aligned if is_table else _lines_as_text)(found)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _lines_as_text(lines: Iterable[str]) -> list[str]:
    unfolded = (FOLD.sub(lambda found: found[1] or "", line.rstrip()) for line in lines)
    return [_inline_as_text(re.sub(r"^(##|###) (\N{WARNING SIGN} )?", "", line)) for line in unfolded]


def _inline_as_text(text: str) -> str:
    """Without escapes and emphasis; between backticks all characters mean themselves."""
    parts = re.split(r"(?<!\\)`", text)
    outside = [html.unescape(ESCAPED.sub(r"\1", re.sub(r"(?<!\\)\*\*", "", part))) for part in parts[::2]]
    return "".join(itertools.chain(*itertools.zip_longest(outside, parts[1::2], fillvalue="")))


def _aligned(lines: Iterable[str]) -> list[str]:
    """Rows of a table, the first column aligned to the left, sums to the right."""
    cells = (re.split(r"(?<!\\)\|", line)[1:-1] for line in lines if not line.startswith("|---"))
    rows = [[_inline_as_text(cell.strip()) for cell in row] for row in cells]
    sizes = [max(map(len, column)) for column in itertools.zip_longest(*rows, fillvalue="")]
    return ["  ".join(_padded(row, sizes)).rstrip() for row in rows]


def _padded(row: Sequence[str], sizes: Sequence[int]) -> Iterator[str]:
    for at, (cell, size) in enumerate(zip(row, sizes, strict=False)):
        yield cell.rjust(size) if 0 < at < len(sizes) - 1 else cell.ljust(size)
