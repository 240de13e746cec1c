"""What the running stack cannot show to be needed, and why: not_exercised.toml.

An entry speaks of whole statements, or with `actions` or `resources` of these alone. Roles and boundaries go by what
follows the environment's prefix: `airflow`, `boundary`.
"""

from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from localaws.privilege.usage import Part, Use

FILE = Path(__file__).with_name("not_exercised.toml")
KEYS = {"roles", "sid", "actions", "resources", "reason"}


@dataclass(frozen=True)
class Entry:
    """One table of the file."""

    roles: tuple[str, ...]
    sid: str
    reason: str
    actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()

    def parts(self) -> list[Part]:
        """What it speaks of."""
        smaller = [("action", one) for one in self.actions] + [("resource", one) for one in self.resources]
        return [Part(role, self.sid, **dict([one])) for role in self.roles for one in smaller] or [
            Part(role, self.sid) for role in self.roles
        ]


def read(text: str) -> list[Entry]:
    """The entries; one without a reason, or with a word that means nothing here, is refused."""
    entries = []
    for table in tomllib.loads(text).get("not_exercised", []):
        if not table.keys() <= KEYS or not table.get("roles") or not table.get("sid"):
            raise ValueError(f"{table} is no entry; give roles, sid and reason, and actions or resources for parts.")
        if len(table.get("reason", "")) < 20:
            raise ValueError(f"{table} has no reason; say why the running stack cannot exercise it.")
        lists = {key: tuple(table.get(key, ())) for key in ("roles", "actions", "resources")}
        entries.append(Entry(sid=table["sid"], reason=table["reason"], **lists))
    return entries


def short(use: Use, prefix: str) -> Use:
    """The same use, its owner without the environment's prefix."""
    part = use.part
    return Use(Part(part.owner.removeprefix(f"{prefix}-"), part.sid, part.action, part.resource), use.needed_by)


def missing(uses: Iterable[Use], entries: Iterable[Entry]) -> str:
    """TOML for what is needed by nothing and stands in no entry; empty if all is well."""
    known = {part for entry in entries for part in entry.parts()}
    lacking = sorted(use.part for use in uses if use.needed_by is None and use.part not in known)
    by_owner: dict[tuple[str, str], list[Part]] = defaultdict(list)
    for part in lacking:
        by_owner[part.owner, part.sid].append(part)
    alike: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[str]] = defaultdict(list)
    for (owner, sid), parts in by_owner.items():
        actions, resources = (tuple(filter(None, (getattr(p, what) for p in parts))) for what in ("action", "resource"))
        alike[sid, actions, resources].append(owner)
    return "\n".join(_table(owners, *what) for what, owners in alike.items())


def stale(uses: Iterable[Use], entries: Iterable[Entry]) -> list[str]:
    """What to take out of the file: parts that are needed now, parts that no policy has."""
    by_part = {use.part: use for use in uses}
    found = []
    for entry in entries:
        for part in entry.parts():
            use = by_part.get(part)
            if use is None:
                found.append(f"{_told(part)}: no policy has it, or nothing of its statement is needed; take it out")
            elif use.needed_by is not None:
                by = use.needed_by
                found.append(f"{_told(part)}: {by.action} on {by.resource} needs it now; take it out")
    return found


def _table(owners: list[str], sid: str, actions: tuple[str, ...], resources: tuple[str, ...]) -> str:
    lines = ["", "[[not_exercised]]", f"roles = {json.dumps(owners)}", f'sid = "{sid}"']
    lists = {"actions": actions, "resources": resources}
    lines += [f"{key} = {json.dumps(value)}" for key, value in lists.items() if value]
    return "\n".join([*lines, 'reason = "..."'])


def _told(part: Part) -> str:
    return " ".join(filter(None, [f'roles = ["{part.owner}"], sid = "{part.sid}"', part.action, part.resource]))
