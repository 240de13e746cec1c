"""Values that nobody may read in a review: it goes to logs, to comments of pull requests and into artifacts.

A plan holds secrets in the clear and only marks them. Here they are replaced before any other part sees them. What is
left can still be compared, so that a changed secret is told as a change.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

from shipping.doctor.plan import UNKNOWN

HIDDEN = "hidden"

# Providers forget to mark some, so a name that sounds like a secret is enough. Names of keys' ARNs are none.
NAMED_LIKE_ONE = re.compile(
    r"passw|passphrase|secret|token|credential|api[_-]?key|private[_-]?key|access[_-]?key|key[_-]?material|webhook",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Hidden:
    """In the place of a secret: equal to another one only where both hide the same, and never more than HIDDEN."""

    _digest: str = field(repr=False)

    def __str__(self) -> str:
        return HIDDEN


def hidden(value: Any) -> Hidden:
    return Hidden(hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest())


def without_secrets(value: Any, marks: Any) -> Any:
    """A copy of the value in which whatever is marked as sensitive, or named like a secret, is Hidden.

    Marks have the form that `terraform show -json` gives them: true, or a tree of the value's own form.
    """
    if value is None or value is UNKNOWN:
        return value
    if marks is True:
        return hidden(value)
    if isinstance(value, dict):
        return {key: _entry(key, one, _below(marks, key)) for key, one in value.items()}
    if isinstance(value, list):
        return [without_secrets(one, _below(marks, place)) for place, one in enumerate(value)]
    return value


def _entry(key: str, value: Any, marks: Any) -> Any:
    is_secret = bool(NAMED_LIKE_ONE.search(key)) and not _says_nothing(value)
    return hidden(value) if is_secret else without_secrets(value, marks)


def _says_nothing(value: Any) -> bool:
    """Without a value there is no secret, and a switch such as `manage_master_user_password` is none."""
    return value is None or value is UNKNOWN or isinstance(value, bool)


def _below(marks: Any, place: str | int) -> Any:
    if isinstance(marks, dict):
        return marks.get(str(place), False)
    if isinstance(marks, list) and isinstance(place, int):
        return marks[place] if place < len(marks) else False
    return False
