"""A review as one HTML page without anything from elsewhere: to be read in a browser, kept as an artifact, printed."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from shipping.review import words
from shipping.review.changes import Change
from shipping.review.dangers import Danger
from shipping.review.verdict import ModuleChanges, Review

STYLE = """
:root { --ink: #1d2330; --soft: #5b6475; --line: #d9dee7; --paper: #ffffff; --red: #a5121f; --rose: #fdf0f1; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.5rem 4rem; max-width: 66rem; color: var(--ink); background: var(--paper);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
code { font: .88em/1.45 ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.soft { color: var(--soft); } .lead { font-size: 1.05rem; margin: .4rem 0 0; }
.box { border: 1px solid #eac3c6; border-left: 6px solid var(--red); background: var(--rose); border-radius: 4px;
  padding: .7rem 1rem; margin: .8rem 0; }
.box h3 { color: var(--red); margin: 0 0 .3rem; font-size: 1rem; } .grave code { font-weight: 700; }
.calm { border-color: #bcdcc6; border-left-color: #1f7a3d; background: #f0f8f2; }
.note { border-color: #ecd9a6; border-left-color: #b07d00; background: #fdf8ea; }
ul { margin: 0; padding-left: 1.1rem; } li { margin: .25rem 0; }
table { border-collapse: collapse; width: 100%; } th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line);
  text-align: left; vertical-align: top; } td:last-child { color: var(--soft); }
td.sum, th.sum { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
tfoot td { font-weight: 700; border-bottom: 0; } tfoot .over { color: var(--red); }
details { border: 1px solid var(--line); border-radius: 4px; margin: .4rem 0; padding: .45rem .8rem; }
summary { cursor: pointer; } details ul { margin-top: .5rem; }
.act { display: inline-block; min-width: 4.6rem; font-size: .82em; color: var(--soft); }
.act.destroy, .act.replace { color: var(--red); font-weight: 700; }
@media print { body { padding: 0; max-width: none; font-size: 11px; } li, tr { break-inside: avoid; }
  details::details-content { content-visibility: visible; height: auto; } }
@page { margin: 16mm; }
"""


def shown(review: Review) -> str:
    title = f"Plan of {review.environment}"
    parts = [*_head(review, title), *_dangers(review), *_money(review), *_changes(review), *_drift(review)]
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{_text(title)}</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _head(review: Review, title: str) -> Iterator[str]:
    yield f"<h1>{_text(title)}</h1>"
    yield f'<p class="lead">{_text(review.summary)}</p>'
    yield f'<p class="soft">made from commit <code>{_text(review.commit)}</code></p>'


def _dangers(review: Review) -> Iterator[str]:
    if review.bill.is_above_ceiling:
        what = f"{words.usd(review.bill.after)} USD a month are above the ceiling of {words.usd(review.bill.ceiling)}"
        yield f'<div class="box"><h3>Above the ceiling</h3>{what}: no pipeline applies this plan.</div>'
    if review.bill.not_priced:
        items = "".join(f"<li>{_text(one)}</li>" for one in review.bill.not_priced)
        yield f'<div class="box"><h3>{words.NOT_PRICED}</h3>\n<ul>{items}</ul></div>'
    if not review.dangers:
        yield f'<div class="box calm">{words.NO_DANGERS}</div>'
    for kind, found in review.by_kind.items():
        items = "\n".join(_danger(one) for one in found)
        yield f'<div class="box"><h3>{words.HEADINGS[kind]} ({len(found)})</h3>\n<ul>\n{items}\n</ul></div>'


def _danger(one: Danger) -> str:
    grave = ' class="grave"' if one.is_grave else ""
    told = f"{_text(one.what)}: {_text(one.meaning)}"
    return f"<li{grave}><code>{_text(one.address)}</code><br>{told}</li>"


def _money(review: Review) -> Iterator[str]:
    bill = review.bill
    yield "<h2>Money</h2>\n<table>\n<thead><tr><th>USD a month</th>"
    yield "".join(f'<th class="sum">{name}</th>' for name in ("now", "after", "change")) + "<th>how</th></tr></thead>"
    yield "<tbody>"
    for line in bill.lines:
        sums = (words.usd(line.before), words.usd(line.after), words.usd(line.change, signed=True))
        yield _row(line.label, sums, line.how)
    yield "</tbody>\n<tfoot>"
    change = words.usd(bill.after - bill.before, signed=True)
    yield _row("all", (words.usd(bill.before), words.usd(bill.after), change), "")
    if bill.ceiling is not None:
        over = "over" if bill.is_above_ceiling else ""
        yield _row("ceiling", ("", words.usd(bill.ceiling), ""), "budget.monthly_limit_usd", over)
    yield "</tfoot>\n</table>"
    yield from (f'<div class="box note">{_text(one)}</div>' for one in bill.warnings)
    notes = "".join(f"<li>{escape(note)}</li>" for note in (*bill.notes, words.share_of_doubt(bill.lines)) if note)
    yield f"<details><summary>{words.ASSUMPTIONS}</summary><ul>{notes}</ul></details>"


def _row(label: str, sums: tuple[str, str, str], how: str, kind: str = "") -> str:
    cells = "".join(f'<td class="sum {kind}">{one}</td>' for one in sums)
    return f"<tr><td>{_text(label)}</td>{cells}<td>{_text(how)}</td></tr>"


def _changes(review: Review) -> Iterator[str]:
    before, after = review.planned.resources
    yield f'<h2>Changes by module <span class="soft">{before} resources now, {after} after</span></h2>'
    if not review.modules:
        yield f"<p>{words.NO_CHANGES}</p>"
    yield from (_module(module) for module in review.modules)
    if review.planned.outputs:
        yield f"<p>Outputs that change: <code>{_text(', '.join(review.planned.outputs))}</code></p>"
    for check in review.planned.failed_checks:
        yield f'<div class="box note">A check does not hold: <code>{_text(check)}</code></div>'


def _module(module: ModuleChanges) -> str:
    items = "\n".join(_change(change) for change in module.changes)
    name = _text(words.module_name(module.name))
    head = f'<summary><code>{name}</code> <span class="soft">{module.counts}</span></summary>'
    return f"<details>{head}\n<ul>{items}</ul></details>"


def _change(change: Change) -> str:
    told = words.attributes(change)
    more = f' <span class="soft">{_text(told)}</span>' if told else ""
    kind = str(change.action).partition(" ")[0]
    return (
        f'<li><span class="act {kind}">{change.action}</span> <code>{_text(words.local_name(change))}</code>{more}</li>'
    )


def _drift(review: Review) -> Iterator[str]:
    if not review.planned.drift:
        return
    yield f"<h2>{words.DRIFT}</h2>\n<ul>"
    for change in review.planned.drift:
        told = words.attributes(change) or "is gone"
        yield f"<li><code>{_text(change.address)}</code>: {_text(told)}</li>"
    yield "</ul>"


def _text(text: str) -> str:
    return escape(words.clean(text))
