"""One answer of IAM: who asked for what on which resource, what the conditions saw, and what was decided.

A file of them is JSON lines, so that a gateway can append while others read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE_NAME = "decisions.jsonl"
MOST = 50_000  # lines; a whole main job writes some hundred


@dataclass(frozen=True)
class Decision:
    """`principal` is a role or a user without the account: role/stockcast-local-ingest. `session` is the name that the
    role was taken under, `context` has its keys in small letters, `answer` is Allow, Deny (a statement denied) or
    ImplicitDeny (none allowed)."""

    principal: str
    action: str
    resource: str
    region: str
    context: tuple[tuple[str, Any], ...]
    answer: str
    session: str = ""

    @property
    def role(self) -> str:
        """The role's name; empty for a user."""
        kind, _, name = self.principal.partition("/")
        return name if kind == "role" else ""

    def line(self) -> str:
        """As it stands in the file."""
        return json.dumps({**vars(self), "context": dict(self.context)}, default=str)


def decision(given: dict[str, Any]) -> Decision:
    """What `line` wrote."""
    context = tuple((key, _frozen(value)) for key, value in sorted(given["context"].items()))
    return Decision(**{**given, "context": context})


def read(path: Path) -> list[Decision]:
    """All decisions of a gateway's run, in the order of their first time."""
    lines = path.read_text().splitlines()
    if len(lines) >= MOST:
        raise ValueError(
            f"{path} has {len(lines)} lines, where the recorder stops at {MOST}; what came later is missing. "
            "Read it earlier in the gateway's life, or raise MOST in localaws.privilege.decisions."
        )
    return [decision(json.loads(line)) for line in lines]


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
