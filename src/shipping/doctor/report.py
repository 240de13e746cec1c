"""Findings as people read them: the worst first, each with its value, its rule and its way out."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from shipping.doctor.findings import Finding, Severity

WIDTH = 110
HEADINGS = {
    Severity.ERROR: "ERRORS: an apply would fail, or what it makes would not work",
    Severity.WARNING: "WARNINGS: it would work, and somebody would regret it",
    Severity.UNCHECKED: "COULD NOT BE CHECKED",
}


def shown(findings: Iterable[Finding], checks: int, states: str = "") -> str:
    """The whole report. `checks` is how many rules were asked, so that silence can be told from not having looked;
    `states` says of what, where an environment sleeps and wakes."""
    found = list(findings)
    parts = [_group(severity, [one for one in found if one.severity is severity]) for severity in Severity]
    counts = ", ".join(f"{sum(one.severity is severity for one in found)} {severity}" for severity in Severity)
    looked = [f"Looked at {states}."] if states else []
    return "\n".join([*(part for part in parts if part), *looked, f"{checks} checks: {counts}."])


def _group(severity: Severity, findings: list[Finding]) -> str:
    if not findings:
        return ""
    return "\n".join([f"{HEADINGS[severity]}\n", *(_told(one) for one in findings)])


def _told(finding: Finding) -> str:
    lines = [f"  {finding.address}"]
    for name, text in (("is", finding.value), ("rule", finding.rule), ("do", finding.remedy)):
        wrapped = textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False) or [""]
        lines += [f"    {name:<5} {wrapped[0]}", *(f"          {line}" for line in wrapped[1:])]
    return "\n".join(lines) + "\n"
