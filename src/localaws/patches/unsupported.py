"""Services of the emulator that report success without running anything: here they fail and say why.

A pipeline must not turn green over a job that never ran.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ministack.services import batch, ecs, emr, glue

from localaws.patches.replace import replace


def apply() -> None:
    """Fail every kind of run that has no executor here."""
    replace(batch, "_submit_job", _submit_batch_job)
    for service, name in ((ecs, "_run_task"), (ecs, "_create_service"), (emr, "_run_job_flow")):
        replace(service, name, _refuse)


def reason(what: str) -> str:
    """Why a run failed."""
    return f"{what} has no executor in the embedded AWS, so nothing was run. Run it on AWS, or as a SageMaker job."


def _submit_batch_job(old: Callable[..., Any], asked: Any) -> Any:
    answer = old(asked)
    if answer[0] == 200:
        why = reason("AWS Batch")
        job = batch._jobs[json.loads(answer[2])["jobId"]]
        job.update(status="FAILED", statusReason=why, container={"exitCode": 1, "reason": why})
    return answer


def _refuse(old: Callable[..., Any], asked: Any) -> Any:
    what = {"ecs": "Amazon ECS", "emr": "Amazon EMR"}[old.__module__.rsplit(".", 1)[-1]]
    return glue.error_response_json("UnsupportedOperationException", reason(what), 400)
