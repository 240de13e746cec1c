"""What a check found, in a line for people and as JUnit XML for CodeBuild's reports."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Finding:
    """One check of one file. No fault: it passed.

    `advice` is shown and stops nothing, `note` is worth a word all the same, `seconds` is what the check took.
    """

    check: str
    file: str
    faults: tuple[str, ...] = ()
    note: str = ""
    seconds: float = 0.0
    advice: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.faults:
            return f"ok    {self.check}: {self.file}{self.note and f' ({self.note})'}"
        return "\n".join(f"FAULT {self.check}: {self.file}: {fault}" for fault in self.faults)

    def advice_lines(self) -> list[str]:
        return [f"ADVICE {self.check}: {self.file}: {each}" for each in self.advice]


def write(findings: Sequence[Finding], path: Path) -> None:
    """Write one test case per finding. Advice is the output of its test case, which passes unless it has faults too."""
    failed = sum(bool(finding.faults) for finding in findings)
    suite = ET.Element("testsuite", name="dags", tests=str(len(findings)), failures=str(failed), errors="0")
    for finding in findings:
        case = ET.SubElement(
            suite, "testcase", classname=finding.check, name=finding.file, time=f"{finding.seconds:.3f}"
        )
        if finding.faults:
            ET.SubElement(case, "failure", message=finding.faults[0]).text = "\n".join(finding.faults)
        if finding.advice:
            ET.SubElement(case, "system-out").text = "\n".join(finding.advice_lines())
    path.parent.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)
