"""What differs between two sides of a resource: attributes by their path, and values where they can do no harm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shipping.doctor.plan import UNKNOWN
from shipping.review.secrets import HIDDEN, Hidden

AFTER_APPLY = "known after apply"
DEEPEST = 4  # parts of a path that are told: below them lie documents, not attributes

BLOCKS_TOLD = 3  # of one list; of a longer one only its name

# Strings that may be shown. Any other may hold what somebody put there, so that only its name is told.
HARMLESS = frozenset({
    "airflow_version", "architectures", "availability_zone", "cidr_block", "cidr_ipv4", "cidr_ipv6", "class",
    "environment_class", "execution_class", "expiration", "glue_version", "handler", "image_tag_mutability",
    "instance_type", "limit_amount", "package_type", "release_label", "retention", "runtime", "schedule_expression",
    "sse_algorithm", "state", "status", "traffic_type", "type", "vpc_endpoint_type", "webserver_access_mode",
    "weekly_maintenance_window_start", "worker_type",
})  # fmt: skip

# Maps that people fill as they like: not even a number in them is shown, nor the names of their keys.
FREE_FORM = frozenset({
    "airflow_configuration_options", "arguments", "default_arguments", "environment", "parameters", "tags", "tags_all",
    "triggers", "triggers_replace", "input", "variables",
})  # fmt: skip


@dataclass(frozen=True)
class Difference:
    """One attribute: its path, and its values as words; None where they are not shown."""

    path: str
    before: str | None = None
    after: str | None = None

    def __str__(self) -> str:
        if self.after is None:
            return self.path
        is_told_once = self.before is None or self.before == self.after  # both hidden
        return f"{self.path} ({self.after if is_told_once else f'{self.before} -> {self.after}'})"

    @property
    def is_left_to_aws(self) -> bool:
        """Nobody asked for anything here, before or after: AWS fills it in."""
        return (self.before, self.after) == ("none", AFTER_APPLY)


def between(before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
    """The attributes that differ. A path that the side before does not know and that AWS fills in is left out."""
    return list(_walk(before, after, ()))


def _walk(before: Any, after: Any, path: tuple[str, ...]) -> Iterator[Difference]:
    if _same(before, after):
        return
    inside = _inside(before, after) if len(path) < DEEPEST and not _is_free_form(path) else None
    if inside is None:
        yield _told(before, after, path)
        return
    for part, one, other in inside:
        yield from _walk(one, other, (*path, part))


def _inside(before: Any, after: Any) -> list[tuple[str, Any, Any]] | None:
    """Both sides' parts, where both have parts of one kind."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [(key, before.get(key), after.get(key)) for key in sorted({*before, *after})]
    if _is_of_blocks(before) and _is_of_blocks(after) and len(before) == len(after):
        return [(str(place), one, other) for place, (one, other) in enumerate(zip(before, after, strict=True))]
    return None


def _is_of_blocks(value: Any) -> bool:
    return isinstance(value, list) and 0 < len(value) <= BLOCKS_TOLD and all(isinstance(one, dict) for one in value)


def _same(before: Any, after: Any) -> bool:
    """Terraform and AWS write nothing as null, "", [] or {}, which differ in a plan and mean the same."""
    before, after = _plain(before), _plain(after)
    return before is after or (type(before) is type(after) and bool(before == after))


def _plain(value: Any) -> Any:
    """A value without what means nothing in it."""
    if isinstance(value, dict):
        inner = {key: plain for key, one in value.items() if (plain := _plain(one)) is not None}
        return inner or None
    if isinstance(value, list):
        return [_plain(one) for one in value] or None
    return None if _empty(value) else value


def _empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | list | dict) and not value)


def _is_free_form(path: tuple[str, ...]) -> bool:
    return any(part in FREE_FORM for part in path)


def _told(before: Any, after: Any, path: tuple[str, ...]) -> Difference:
    name = ".".join(path)
    if _is_free_form(path) or not (_may_be_shown(before, path) and _may_be_shown(after, path)):
        secret = isinstance(before, Hidden) or isinstance(after, Hidden)
        if after is UNKNOWN:
            return Difference(name, HIDDEN if secret else None, AFTER_APPLY)
        return Difference(name, HIDDEN, HIDDEN) if secret else Difference(name)
    return Difference(name, shown(before), shown(after))


def _may_be_shown(value: Any, path: tuple[str, ...]) -> bool:
    if isinstance(value, str):
        return path[-1] in HARMLESS or not value
    return value is None or value is UNKNOWN or isinstance(value, bool | int | float)


def shown(value: Any) -> str:
    """A harmless value in words."""
    if value is UNKNOWN:
        return AFTER_APPLY
    if _empty(value):
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)
