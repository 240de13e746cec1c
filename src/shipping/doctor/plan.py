"""A saved plan as plain resources, read from `terraform show -json`.

What AWS will only tell once it has acted is UNKNOWN here: a state of its own, never guessed. Whatever a rule asked
for and did not get is noted in `Plan.unanswered`, so that "no finding" never hides "could not look".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from shipping.doctor.references import Configuration, without_indices


class Unknown:
    """A value that is known only after the apply. Neither true nor false: whoever wants to branch must ask first."""

    def __repr__(self) -> str:
        return "(known after apply)"

    def __bool__(self) -> bool:
        raise TypeError("a value that is known only after the apply is neither true nor false; compare it to UNKNOWN")


UNKNOWN = Unknown()
Unanswered = set[tuple[str, str]]


@dataclass(frozen=True)
class Resource:
    """One resource as it will be: `values` hold UNKNOWN where AWS decides."""

    address: str
    type: str
    name: str
    index: str | int | None
    values: dict[str, Any]
    actions: tuple[str, ...]
    unanswered: Unanswered = field(default_factory=set, compare=False, repr=False)

    @property
    def module(self) -> str:
        """The module's address with its instances, such as `module.sagemaker.module.role["train"]`; "" for the root."""
        return self.address.partition(f"{self.type}.{self.name}")[0].rstrip(".")

    def get(self, path: str) -> Any:
        """The value at a path such as `environment.0.variables`; None where there is none. UNKNOWN is noted."""
        value: Any = self.values
        for part in path.split("."):
            if value is UNKNOWN:
                break
            value = _step(value, part)
        if value is UNKNOWN:
            self.unanswered.add((self.address, path))
        return value

    def known(self, path: str) -> bool:
        return self.get(path) is not UNKNOWN


def _step(value: Any, part: str) -> Any:
    if isinstance(value, dict):
        return value.get(part)
    if isinstance(value, list) and part.isdigit():
        return value[int(part)] if int(part) < len(value) else None
    return None


@dataclass(frozen=True)
class Plan:
    """What an apply would leave behind."""

    resources: tuple[Resource, ...]
    outputs: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    folder: Path = field(default_factory=Path)  # relative file names in the plan start here
    configuration: Configuration = field(default_factory=lambda: Configuration({}))
    unanswered: Unanswered = field(default_factory=set)

    @classmethod
    def from_json(cls, shown: dict[str, Any], folder: Path | None = None) -> Plan:
        """From the answer of `terraform show -json <saved plan>`; `folder` is the root it was made in."""
        unanswered: Unanswered = set()
        changes = shown.get("resource_changes", [])
        stays = [change for change in changes if change["mode"] == "managed" and _stays(change["change"])]
        return cls(
            resources=tuple(_resource(change, unanswered) for change in stays),
            outputs=_outputs(shown),
            variables={name: entry.get("value") for name, entry in shown.get("variables", {}).items()},
            folder=folder or Path(),
            configuration=Configuration(shown.get("configuration", {})),
            unanswered=unanswered,
        )

    @property
    def account_id(self) -> str:
        return str(self.variables["account_id"])

    @property
    def region(self) -> str:
        return str(self.variables["region"])

    @property
    def partition(self) -> str:
        return (
            "aws-cn" if self.region.startswith("cn-") else "aws-us-gov" if self.region.startswith("us-gov-") else "aws"
        )

    @cached_property
    def _by_type(self) -> dict[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for resource in self.resources:
            found.setdefault(resource.type, []).append(resource)
        return found

    def of_type(self, *types: str) -> Iterator[Resource]:
        return (resource for kind in types for resource in self._by_type.get(kind, []))

    def linked(self, resource: Resource, attribute: str, *types: str) -> list[Resource]:
        """The resources of these types that an attribute points to: by the value where it is known, otherwise by what
        the configuration writes there. Empty and noted as unanswered where neither tells."""
        value = _deep(resource.values, attribute)
        if value is not UNKNOWN:
            wanted = {one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str) and one}
            return [other for other in self.of_type(*types) if wanted & _identities(other)]
        found = self._written(resource, attribute, types)
        if not found:
            self.unanswered.add((resource.address, attribute))
        return found

    def _written(self, resource: Resource, attribute: str, types: tuple[str, ...]) -> list[Resource]:
        targets = self.configuration.targets(resource.module, resource.type, resource.name, attribute)
        found = [
            other
            for other in self.of_type(*types)
            if (without_indices(other.module), other.type, other.name) in targets
        ]
        near = [other for other in found if _shared(other, resource) == max(_shared(o, resource) for o in found)]
        same = [other for other in near if other.index is not None and other.index == resource.index]
        follows = self.configuration.follows_index(resource.module, resource.type, resource.name, attribute)
        return same if same and follows else near


def _shared(one: Resource, other: Resource) -> int:
    """1 where both stand in the very same instance of a module, which is nearer than a sibling instance."""
    return int(one.module == other.module)


def _identities(resource: Resource) -> set[str]:
    """By what others name a resource."""
    keys = ("id", "arn", "key_id", "bucket", "name", "function_name", "role_arn")
    return {value for key in keys if isinstance(value := resource.values.get(key), str)}


def _deep(values: dict[str, Any], path: str) -> Any:
    value: Any = values
    for part in path.split("."):
        if value is UNKNOWN:
            return UNKNOWN
        value = _step(value, part)
    if isinstance(value, list) and any(one is UNKNOWN for one in value):
        return UNKNOWN
    return value


def _stays(change: dict[str, Any]) -> bool:
    return change.get("after") is not None or "create" in change["actions"]


def _resource(change: dict[str, Any], unanswered: Unanswered) -> Resource:
    what = change["change"]
    values = _merged(what.get("after") or {}, what.get("after_unknown") or {})
    return Resource(
        address=change["address"],
        type=change["type"],
        name=change["name"],
        index=change.get("index"),
        values=values,
        actions=tuple(what["actions"]),
        unanswered=unanswered,
    )


def _merged(after: Any, unknown: Any) -> Any:
    """Terraform tells values and what is unknown in two trees of the same form; here they are one."""
    if unknown is True:
        return UNKNOWN
    if isinstance(unknown, dict) and unknown:
        inner = after if isinstance(after, dict) else {}
        return {key: _merged(inner.get(key), unknown.get(key)) for key in {**inner, **unknown}}
    if isinstance(unknown, list) and unknown:
        inner_list = list(after or [])
        length = max(len(inner_list), len(unknown))
        inner_list += [None] * (length - len(inner_list))
        marks = [*unknown, *[False] * (length - len(unknown))]
        return [_merged(one, mark) for one, mark in zip(inner_list, marks, strict=True)]
    return after


def _outputs(shown: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _merged(change.get("after"), change.get("after_unknown"))
        for name, change in shown.get("output_changes", {}).items()
    }
