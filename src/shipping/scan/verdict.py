"""Findings against skips: what fails, and which skip excuses nothing any more."""

from __future__ import annotations

from shipping.scan.checkov import Finding
from shipping.scan.skips import LEDGER, Skip


def faults(found: dict[Finding, list[str]], skips: list[Skip]) -> list[str]:
    excused = {(skip.check, skip.folder, skip.resource) for skip in skips}
    failing = [
        told(finding, scans)
        for finding, scans in sorted(found.items())
        if (finding.check, finding.folder, finding.resource) not in excused
    ]
    return failing + stale(found, skips)


def told(finding: Finding, scans: list[str]) -> str:
    return (
        f"{finding.place}: {finding.check} {finding.resource}\n"
        f"    {finding.rule} (seen in {'; '.join(scans)})\n"
        f"    Mend the resource; what the rule wants: {finding.link}"
    )


def stale(found: dict[Finding, list[str]], skips: list[Skip]) -> list[str]:
    """A skip that matches nothing would excuse the next mistake of that name unseen."""
    failing = {(finding.check, finding.folder, finding.resource) for finding in found}
    return [
        f"{LEDGER}: the skip {skip.name} matches nothing that fails. Take it out."
        for skip in skips
        if (skip.check, skip.folder, skip.resource) not in failing
    ]
