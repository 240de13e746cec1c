"""What stands on one side of a plan, as far as it costs: resources, and the endpoint that the DAGs make beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from shipping.doctor.plan import UNKNOWN
from shipping.review.changes import Action, PlannedChanges

When = Literal["before", "after"]
SIDES: tuple[When, When] = ("before", "after")
MACHINE = re.compile(r"^ml\.[a-z0-9-]+\.[a-z0-9]+$")


@dataclass(frozen=True)
class Machines:
    """What an environment's settings tell the DAGs to run on; `most` is how many machines scaling may add up to."""

    endpoint_type: str
    endpoint_count: int
    most: int
    job_type: str


@dataclass(frozen=True)
class Standing:
    """One side of a plan. `machines` is None while nothing tells DAGs what to make."""

    resources: tuple[tuple[str, Mapping[str, Any]], ...]
    machines: Machines | None
    asleep: bool

    def of_type(self, kind: str) -> Iterator[Mapping[str, Any]]:
        return (values for type_, values in self.resources if type_ == kind)

    @property
    def types(self) -> set[str]:
        return {type_ for type_, _ in self.resources}


def of(shown: Mapping[str, Any], planned: PlannedChanges, when: When) -> Standing:
    """What stands before or after the apply of a plan as JSON."""
    sides = [(change, change.before if when == "before" else change.after) for change in planned.every]
    gone = Action.DELETE, Action.FORGET
    resources = tuple(
        (change.type, side) for change, side in sides if side or (when == "after" and change.action not in gone)
    )
    return Standing(resources, _machines(shown, when) if resources else None, _is_asleep(shown, when))


def _machines(shown: Mapping[str, Any], when: When) -> Machines | None:
    """From the parameters that DAGs read: names of machines and numbers, which are no secrets though SSM marks them.

    Where the plan does not know one yet, the values tell what it will be.
    """
    serving = (_variable(shown, "serving") or {}) if when == "after" else {}
    told = {f"serving_{key}": str(serving[key]) for key in ("instance_count", "instance_type") if key in serving}
    told |= dict(_settings(shown, when))
    count, machine = told.get("serving_instance_count"), told.get("serving_instance_type")
    if count is None or machine is None:
        return None
    number_of = int(count) if count.isdecimal() else 1
    return Machines(
        endpoint_type=_machine(machine),
        endpoint_count=number_of,
        most=max(number_of, (serving.get("scaling") or {}).get("max_instances") or 0),
        job_type=_machine(told.get("job_instance_type", "unknown")),
    )


def _settings(shown: Mapping[str, Any], when: When) -> Iterator[tuple[str, str]]:
    for change in shown.get("resource_changes", []):
        side = change["change"].get(when) or {}
        if change["type"] == "aws_ssm_parameter" and side.get("value") is not None:
            yield side.get("name", "").rpartition("/")[2], side["value"]


def _machine(name: str) -> str:
    """Only what looks like a machine's name is passed on to be shown."""
    return name if MACHINE.match(name) else "unknown"


def _is_asleep(shown: Mapping[str, Any], when: When) -> bool:
    """As the output of that name has it, which a state keeps; else as the values say."""
    value = shown.get("output_changes", {}).get("asleep", {}).get(when)
    return bool(_variable(shown, "asleep") if value is None else value)


def _variable(shown: Mapping[str, Any], name: str) -> Any:
    return shown.get("variables", {}).get(name, {}).get("value")


def number(values: Mapping[str, Any], attribute: str, otherwise: float) -> float:
    """An attribute's number; `otherwise` where AWS decides or nothing stands there."""
    value = values.get(attribute)
    return float(value) if value is not UNKNOWN and isinstance(value, int | float) else otherwise
