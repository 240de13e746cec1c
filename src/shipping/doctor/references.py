"""What the configuration writes into an attribute: resources, through variables, outputs and `each`.

Before the first apply no id is known, yet it is written which subnet Airflow will stand in. A plan's JSON holds the
references of every expression; locals are not part of it, so what goes through one cannot be followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

Target = tuple[str, str, str]  # module without instances, type, name
_INDEX = re.compile(r"\[[^\]]*\]")


def without_indices(address: str) -> str:
    return _INDEX.sub("", address)


class Configuration:
    """The `configuration` part of a plan's JSON."""

    def __init__(self, shown: dict[str, Any]) -> None:
        self._root: dict[str, Any] = shown.get("root_module", {})

    def targets(self, module: str, kind: str, name: str, attribute: str) -> set[Target]:
        """Which resources an attribute is written from."""
        return set(self._follow(without_indices(module), self._expression(module, kind, name, attribute), name, kind))

    def follows_index(self, module: str, kind: str, name: str, attribute: str) -> bool:
        """Whether each instance takes its own counterpart (`each.key`, `each.value`), and not all of them."""
        references = _references(self._expression(module, kind, name, attribute))
        return any(reference.startswith("each.") for reference in references)

    def waits_for(self, module: str, kind: str, name: str, attribute: str) -> set[str]:
        """Types that the value waits for besides: `depends_on` of the resource and of outputs on the way."""
        body = self._resource(module, kind, name)
        waits = list(body.get("depends_on", []))
        waits += self._waits(without_indices(module), self._expression(module, kind, name, attribute))
        return {wait.split(".")[-2] if "." in wait else wait for wait in waits}

    def _waits(self, module: str, expression: Any) -> Iterator[str]:
        for reference in _references(expression):
            if reference.startswith("module."):
                inner, output = self._output(module, reference)
                yield from output.get("depends_on", [])
                yield from self._waits(inner, output.get("expression"))
            elif reference.startswith("var."):
                outer, written = self._argument(module, reference)
                yield from self._waits(outer, written)

    def _module(self, module: str) -> dict[str, Any]:
        body = self._root
        for part in [part for part in re.split(r"(?:^|\.)module\.", without_indices(module)) if part]:
            body = body.get("module_calls", {}).get(part, {}).get("module", {})
        return body

    def _resource(self, module: str, kind: str, name: str) -> dict[str, Any]:
        for body in self._module(module).get("resources", []):
            if (body["type"], body["name"]) == (kind, name):
                return dict(body)
        return {}

    def _expression(self, module: str, kind: str, name: str, attribute: str) -> Any:
        """What stands at `attribute`; blocks are lists of blocks."""
        value: Any = self._resource(module, kind, name).get("expressions", {})
        for part in attribute.split("."):
            if isinstance(value, list):
                value = value[int(part)] if part.isdigit() and int(part) < len(value) else {}
            elif isinstance(value, dict) and "references" not in value:
                value = value.get(part, {})
        return value

    def _follow(self, module: str, expression: Any, name: str = "", kind: str = "") -> Iterator[Target]:
        for reference in _references(expression):
            head = without_indices(reference).split(".")
            if head[0] == "module":
                inner, output = self._output(module, reference)
                yield from self._follow(inner, output.get("expression"))
            elif head[0] == "var":
                outer, written = self._argument(module, reference)
                yield from self._follow(outer, written)
            elif head[0] == "each" and name:
                over = self._resource(module, kind, name).get("for_each_expression")
                yield from self._follow(module, over)
            elif head[0].startswith("aws_") and len(head) >= 2:
                yield module, head[0], head[1]

    def _output(self, module: str, reference: str) -> tuple[str, dict[str, Any]]:
        """The module and the output behind `module.<call>.<output>`; whole modules and instances have none."""
        head = without_indices(reference).split(".")
        inner = ".".join(part for part in (module, "module", head[1]) if part)
        outputs = self._module(inner).get("outputs", {})
        return inner, outputs.get(head[2], {}) if len(head) > 2 else {}

    def _argument(self, module: str, reference: str) -> tuple[str, Any]:
        """The caller and what it writes into the variable."""
        outer, _, call = module.rpartition("module.")
        outer = outer.rstrip(".")
        written = self._module(outer).get("module_calls", {}).get(call, {}).get("expressions", {})
        return outer, written.get(reference.split(".")[1].split("[")[0], {})


def _references(expression: Any) -> list[str]:
    """All references of an expression, blocks and all. The JSON lists `a.b.c`, then `a.b`: the longest says it all."""
    if isinstance(expression, list):
        return [reference for part in expression for reference in _references(part)]
    if not isinstance(expression, dict):
        return []
    if "references" in expression:
        found: list[str] = expression["references"]
        return [
            one
            for one in found
            if not any(other != one and other.startswith((one + ".", one + "[")) for other in found)
        ]
    return [reference for part in expression.values() for reference in _references(part)]
