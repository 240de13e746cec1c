"""Services of the emulator that report success without running anything: here they fail and say why.

A pipeline must not turn green over a job that never ran.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services import ecs, emr, glue

from localaws.patches.replace import replace


def apply() -> None:
    """Fail every kind of run that has no executor here."""
    for service, name in ((ecs, "_run_task"), (ecs, "_create_service"), (emr, "_run_job_flow")):
        replace(service, name, _refuse)


def reason(what: str) -> str:
    """Why a run failed."""
    return f"{what} has no executor in the embedded AWS, so nothing was run. Run it on AWS, or as a SageMaker job."


def _refuse(old: Callable[..., Any], asked: Any) -> Any:
    what = {"ecs": "Amazon ECS", "emr": "Amazon EMR"}[old.__module__.rsplit(".", 1)[-1]]
    return glue.error_response_json("UnsupportedOperationException", reason(what), 400)
