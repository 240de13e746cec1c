"""An environment's outputs as people, programs and shells read them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

FORMS = ("text", "json", "env")


def shown(values: Mapping[str, Any], form: str) -> str:
    if form == "json":
        return json.dumps(values, indent=2)
    if form == "env":
        return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in _flat("STOCKCAST", values))
    width = max(map(len, values))
    return "\n".join(f"{name:<{width}}  {_in_words(value)}" for name, value in values.items())


def _in_words(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """STOCKCAST_BUCKETS_GOLD and so on; what is null is empty, a list is JSON."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(f"{name}_{key.upper().replace('-', '_')}", inner)
    else:
        yield name, "" if value is None else _in_words(value)
