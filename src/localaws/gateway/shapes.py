"""Check requests against AWS's own description of a service, which botocore brings along.

A request that AWS would refuse is refused here in the same words. Only the shapes of the actions served here are kept:
the whole description takes ten times the memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from botocore.loaders import Loader

from localaws.gateway.messages import ServiceError

Shape = dict[str, Any]
IN_ANY_CASE = ("RetryAction",)  # words that AWS takes in small letters too, and Terraform sends so
# AWS writes its patterns for Java: classes of characters, pairs of surrogates.
JAVA = {
    r"\uD800\uDC00-\uDBFF\uDFFF": "\U00010000-\U0010ffff",
    r"\p{Alnum}": "0-9A-Za-z",
    r"\p{L}": r"\w",
    r"\p{N}": r"\d",
    r"\p{Z}-": r"\s\-",
    r"\p{Z}": r"\s",
    r"\p{M}": "",
    r"\p{P}": r"!-/:-@\[-`{-~",
    r"\p{S}": "$+<=>^`|~",
    r"\p{Print}": "[ -~]",
}


class Shapes:
    """The requests and answers of the actions that one service of ours serves; `service` as botocore names it."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.known_to_aws: frozenset[str] = frozenset()
        self._inputs: dict[str, str | None] = {}
        self._shapes: dict[str, Shape] = {}
        self._patterns: dict[str, re.Pattern[str]] = {}

    def read(self, actions: Iterable[str]) -> None:
        """Take the shapes of these actions from botocore's description."""
        whole = Loader().load_service_model(self.service, "service-2")
        self.known_to_aws = frozenset(whole["operations"])
        wanted = []
        for action in actions:
            operation = whole["operations"][action]
            self._inputs[action] = (operation.get("input") or {}).get("shape")
            wanted += [part["shape"] for part in (operation.get("input"), operation.get("output")) if part]
        self._shapes = {name: _bare(whole["shapes"][name]) for name in _reachable(whole["shapes"], wanted)}

    def check(self, action: str, given: dict[str, Any]) -> None:
        """Raise AWS's ValidationException for a request that AWS would not take."""
        shape = self._inputs[action]
        found = list(self._problems(shape, given, "")) if shape else []
        if found:
            count = f"{len(found)} validation error{'s' if len(found) > 1 else ''} detected"
            raise ServiceError("ValidationException", f"{count}: {'; '.join(found)}")

    def members(self, shape: str) -> frozenset[str]:
        """The names inside a structure."""
        return frozenset(self._shapes[shape]["members"])

    def _problems(self, name: str, value: Any, path: str) -> Iterator[str]:
        shape = self._shapes[name]
        kind = shape["type"]
        if not _is_of(kind, value):
            yield f"Value {_shown(value)} at '{path}' failed to satisfy constraint: Member must be of type {kind}"
        elif kind == "structure":
            yield from self._in_structure(shape, value, path)
        elif kind == "list":
            yield from _length(shape, value, path)
            for number, part in enumerate(value, 1):
                yield from self._problems(shape["member"]["shape"], part, f"{path}.{number}.member")
        elif kind == "map":
            yield from _length(shape, value, path)
            for key, part in value.items():
                yield from self._problems(shape["key"]["shape"], key, f"{path}.key")
                yield from self._problems(shape["value"]["shape"], part, f"{path}.{key}.member")
        else:
            yield from self._in_scalar(name, shape, value, path)

    def _in_structure(self, shape: Shape, value: dict[str, Any], path: str) -> Iterator[str]:
        at = f"{path}." if path else ""
        for name in shape.get("required", []):
            if value.get(name) is None:
                yield f"Value null at '{at}{_lower(name)}' failed to satisfy constraint: Member must not be null"
        for name, part in value.items():
            if name not in shape["members"]:
                allowed = ", ".join(sorted(shape["members"]))
                yield f"Unknown parameter '{at}{name}'; must be one of: {allowed}"
            elif part is not None:
                yield from self._problems(shape["members"][name]["shape"], part, f"{at}{_lower(name)}")

    def _in_scalar(self, name: str, shape: Shape, value: Any, path: str) -> Iterator[str]:
        at = f"Value {_shown(value)} at '{path}' failed to satisfy constraint:"
        if "enum" in shape and (value.upper() if name in IN_ANY_CASE else value) not in shape["enum"]:
            yield f"{at} Member must satisfy enum value set: [{', '.join(shape['enum'])}]"
        if "pattern" in shape and not self._pattern(name, shape["pattern"]).fullmatch(value):
            yield f"{at} Member must satisfy regular expression pattern: {shape['pattern']}"
        if shape["type"] == "string":
            yield from _length(shape, value, path)
        elif "min" in shape and value < shape["min"]:
            yield f"{at} Member must have value greater than or equal to {shape['min']}"
        elif "max" in shape and value > shape["max"]:
            yield f"{at} Member must have value less than or equal to {shape['max']}"

    def _pattern(self, name: str, pattern: str) -> re.Pattern[str]:
        if name not in self._patterns:
            self._patterns[name] = re.compile(for_python(pattern))
        return self._patterns[name]


def for_python(pattern: str) -> str:
    """A pattern of AWS's in Python's words. A few end in a quantifier of `$`, which is a slip and means nothing."""
    for java, python in JAVA.items():
        pattern = pattern.replace(java, python)
    return re.sub(r"\$\{\d+,\d+\}$", "", pattern)


def _reachable(shapes: dict[str, Shape], wanted: list[str]) -> set[str]:
    seen: set[str] = set()
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        shape = shapes[name]
        inner = [*shape.get("members", {}).values(), *(shape[k] for k in ("member", "key", "value") if k in shape)]
        waiting += [part["shape"] for part in inner]
    return seen


def _bare(shape: Shape) -> Shape:
    """Without the documentation, which is most of it."""
    kept: Shape = {key: shape[key] for key in ("type", "required", "enum", "pattern", "min", "max") if key in shape}
    if "members" in shape:
        kept["members"] = {name: {"shape": part["shape"]} for name, part in shape["members"].items()}
    for key in ("member", "key", "value"):
        if key in shape:
            kept[key] = {"shape": shape[key]["shape"]}
    return kept


def _is_of(kind: str, value: Any) -> bool:
    types: dict[str, tuple[type, ...]] = {
        "structure": (dict,), "list": (list,), "map": (dict,), "string": (str,), "boolean": (bool,),
        "integer": (int,), "long": (int,), "float": (int, float), "double": (int, float),
        "timestamp": (int, float, str), "blob": (str,),
    }  # fmt: skip
    return isinstance(value, types[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _length(shape: Shape, value: Any, path: str) -> Iterator[str]:
    at = f"Value {_shown(value)} at '{path}' failed to satisfy constraint: Member must have length"
    if len(value) < shape.get("min", 0):
        yield f"{at} greater than or equal to {shape['min']}"
    if "max" in shape and len(value) > shape["max"]:
        yield f"{at} less than or equal to {shape['max']}"


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def _shown(value: Any) -> str:
    return "null" if value is None else f"'{str(value)[:200]}'"
