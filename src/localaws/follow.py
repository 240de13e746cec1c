"""Follow DAG runs until they end: each task as it finishes, and of a failed one why and where its log lies."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from localaws.airflow import Api
from localaws.progress import Progress, StepFailed
from localaws.stack import Stack

ENDED = ("success", "failed")
WATCHER = "tell_for_the_silent"  # red beside any other red task, which is the one to tell of
AT_WORK = ("queued", "running", "deferred")
LOOK_EVERY_SECONDS = 2.0  # each look costs Airflow's API server a tenth of a core-second
FINAL = ("success", "failed", "skipped", "upstream_failed", "removed")
Run = tuple[str, str]  # DAG id, run id


@dataclass
class Watch:
    """What was told already, and since when each task was seen at work.

    Times are this process's own: Airflow's durations follow the wall clock, which may be set back meanwhile.
    """

    told: dict[tuple[str, str, int], str] = field(default_factory=dict)
    began: dict[tuple[str, str, int], float] = field(default_factory=dict)
    looked: float = field(default_factory=time.monotonic)


def follow(stack: Stack, api: Api, progress: Progress, runs: Sequence[Run], timeout_seconds: float = 1800) -> None:
    """Wait for the first of `runs` to end, telling about the tasks of all; raises StepFailed when it failed.

    The others may start later, or never: they are what the first one may trigger.
    """
    watch = Watch()
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        found = {run: api.run(*run) for run in runs}
        main, present = found[runs[0]], [run for run in runs if found[run] is not None]
        for run in present:
            _tell(stack, progress, run, api.tasks(*run), watch)
        watch.looked = time.monotonic()
        if main and main["state"] in ENDED:
            if main["state"] == "failed":
                raise _failure(stack, api, present)
            return
        time.sleep(min(LOOK_EVERY_SECONDS, max(0.0, deadline - time.monotonic())))
    raise StepFailed(f"DAG {runs[0][0]}", f"it did not end within {timeout_seconds:.0f} s", stack.logs / "airflow")


def _tell(stack: Stack, progress: Progress, run: Run, tasks: list[dict[str, Any]], watch: Watch) -> None:
    now = time.monotonic()
    for task in tasks:
        key, state = (run[0], task["task_id"], task["try_number"]), task["state"]
        if state in AT_WORK:
            watch.began.setdefault(key, now)
        if watch.told.get(key) == state or state not in (*FINAL, "up_for_retry"):
            continue
        watch.told[key] = state
        name = f"{run[0]}.{task['task_id']}"
        if state == "success":
            progress.done(name, now - watch.began.get(key, watch.looked))
        elif state == "up_for_retry":
            progress.say(f"{name}: try {task['try_number']} failed, it is tried again: {reason(stack, run, task)}")
        elif state == "failed":
            progress.say(f"{name}: failed")


def _failure(stack: Stack, api: Api, runs: list[Run]) -> StepFailed:
    """The first task that failed by itself, looking into a triggered run before the one that waited for it."""
    for run in reversed(runs):
        for task in sorted(api.tasks(*run), key=lambda one: one["task_id"] == WATCHER):
            if task["state"] == "failed":
                name = f"task {task['task_id']} of DAG {run[0]}"
                return StepFailed(name, reason(stack, run, task), log_of(stack, run, task))
    return StepFailed(f"DAG {runs[0][0]}", "it failed without a failed task", stack.logs / "airflow")


def log_of(stack: Stack, run: Run, task: dict[str, Any]) -> Path:
    folder = f"dag_id={run[0]}/run_id={run[1]}/task_id={task['task_id']}"
    return stack.logs / "airflow" / folder / f"attempt={task['try_number']}.log"


def reason(stack: Stack, run: Run, task: dict[str, Any]) -> str:
    """The last error that the task's log tells; its log is one JSON object a line."""
    found = "its log tells no error"
    try:
        lines = log_of(stack, run, task).read_text(errors="replace").splitlines()
    except OSError:
        return found
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and event.get("level") in ("error", "critical"):
            found = _error_of(event) or found
    return found


def _error_of(event: dict[str, Any]) -> str:
    details = event.get("error_detail") or []
    if details:
        return f"{details[0].get('exc_type', '')}: {details[0].get('exc_value', '')}"
    return str(event.get("event", ""))
