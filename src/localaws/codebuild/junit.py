"""Read test cases from JUnit's XML, as pytest writes it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

from localaws.codebuild.failure import PhaseFailed

STATUSES = {"failure": "FAILED", "error": "ERROR", "skipped": "SKIPPED"}
LONGEST_MESSAGE = 1000  # what DescribeTestCases is good for; the log has the rest


def cases_of(path: Path) -> list[dict[str, Any]]:
    """The test cases of one file, in the words of DescribeTestCases; durations in nanoseconds."""
    try:
        root = ET.parse(path).getroot()  # noqa: S314  (written by the build itself, with this user's own rights)
    except ET.ParseError as error:
        raise PhaseFailed("CLIENT_ERROR", f"the report {path.name} is not JUnit's XML: {error}") from error
    return [_case(case, suite, path.name) for suite in root.iter("testsuite") for case in suite.findall("testcase")]


def _case(case: ET.Element, suite: ET.Element, file: str) -> dict[str, Any]:
    outcome = next((part for part in case if part.tag in STATUSES), None)
    message = "" if outcome is None else outcome.get("message") or (outcome.text or "").strip()
    return {
        "testRawDataPath": file,
        "prefix": case.get("classname", ""),
        "name": case.get("name", ""),
        "status": "SUCCEEDED" if outcome is None else STATUSES[outcome.tag],
        "durationInNanoSeconds": int(float(case.get("time") or 0) * 1e9),
        "message": message[:LONGEST_MESSAGE],
        "testSuiteName": suite.get("name", ""),
    }
