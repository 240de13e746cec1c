"""The ledger of skips: which rule which resource may break, why, and until when.

Every entry ends, a year ahead at most: a reason that was good is looked at again, or the gate turns red.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

LEDGER = "terraform/scan_skips.toml"
FIELDS = ("check", "expires", "folder", "reason", "resource")
LONGEST = timedelta(days=366)
SHORTEST_REASON = 20  # characters: `not needed` explains nothing
CHECK = re.compile(r"CKV\d?_[A-Z]+_\d+")
RESOURCE = re.compile(r"(aws|terraform)_[a-z0-9_]+\.[a-z0-9_]+")


class LedgerRefused(Exception):
    """The ledger cannot be read at all."""


@dataclass(frozen=True)
class Skip:
    """One rule (`check`) that one resource block, such as `aws_s3_bucket.logs` in `modules/lake`, may break."""

    check: str
    folder: str
    resource: str
    reason: str
    expires: date

    @property
    def name(self) -> str:
        return f"{self.check} of {self.resource} in {self.folder}"


def read(file: Path, today: date) -> tuple[list[Skip], list[str]]:
    """The skips that may stand, and what is wrong with the others. No file means no skips."""
    if not file.exists():
        return [], []
    try:
        entries = tomllib.loads(file.read_text()).get("skip", [])
    except tomllib.TOMLDecodeError as problem:
        raise LedgerRefused(f"{file} is no TOML: {problem}. Mend that line.") from problem
    skips: dict[str, Skip] = {}
    faults = []
    for number, entry in enumerate(entries, start=1):
        wrong = _faults(entry, today)
        skip = None if wrong else Skip(**entry)
        if skip and skip.name in skips:
            wrong = ["it stands twice. Take one out"]
        elif skip:
            skips[skip.name] = skip
        label = " ".join(str(entry.get(key, "?")) for key in ("check", "folder", "resource"))
        faults += [f"{LEDGER}, entry {number} ({label}): {fault}." for fault in wrong]
    return list(skips.values()), faults


def _faults(entry: dict[str, Any], today: date) -> list[str]:
    if sorted(entry) != list(FIELDS):
        return [f"it has {', '.join(sorted(entry)) or 'nothing'}; it needs exactly {', '.join(FIELDS)}"]
    faults = []
    if not CHECK.fullmatch(str(entry["check"])):
        faults.append(f"check is {entry['check']!r}; name one rule, such as CKV_AWS_18")
    if not RESOURCE.fullmatch(str(entry["resource"])):
        faults.append(f"resource is {entry['resource']!r}; name exactly one block, such as aws_s3_bucket.logs")
    if len(str(entry["reason"]).strip()) < SHORTEST_REASON:
        faults.append(f"reason is {entry['reason']!r}; say in a sentence why the rule does not serve here")
    return faults + _faults_of_time(entry["expires"], today)


def _faults_of_time(expires: Any, today: date) -> list[str]:
    if type(expires) is not date:
        return [f"expires is {expires!r}; write a day without quotes, such as {today + timedelta(days=180)}"]
    if expires < today:
        return [f"it expired on {expires}. Mend the resource, or find the reason still good and set a new day"]
    if expires > today + LONGEST:
        return [f"it expires on {expires}; a year ahead is the most, {today + LONGEST}"]
    return []
