"""The executions of each pipeline: those that run, and the newest of those that have ended."""

from __future__ import annotations

import threading

from localaws.codepipeline.execution import OPEN, ActionRun, Execution, StageRun
from localaws.gateway.messages import ServiceError

KEPT = 20  # executions of a pipeline


class History:
    """Executions by pipeline, oldest first."""

    def __init__(self) -> None:
        self._executions: dict[str, list[Execution]] = {}
        self._lock = threading.Lock()

    def add(self, execution: Execution) -> None:
        """Keep a new one, and let the oldest go."""
        with self._lock:
            mine = self._executions.setdefault(execution.pipeline, [])
            mine.append(execution)
            ended = [one for one in mine if one.status not in OPEN]
            for one in ended[: max(0, len(mine) - KEPT)]:
                mine.remove(one)

    def of(self, pipeline: str) -> list[Execution]:
        """All of a pipeline, newest first."""
        with self._lock:
            return list(reversed(self._executions.get(pipeline, [])))

    def find(self, pipeline: str, execution_id: str) -> Execution:
        """One of them, or AWS's error for one that is not there."""
        for execution in self.of(pipeline):
            if execution.id == execution_id:
                return execution
        message = f"Pipeline '{pipeline}' has no execution '{execution_id}'; the newest {KEPT} are kept here"
        raise ServiceError("PipelineExecutionNotFoundException", message)

    def forget(self, pipeline: str) -> list[Execution]:
        """The pipeline is gone; what it ran."""
        with self._lock:
            return self._executions.pop(pipeline, [])

    def latest_in(self, pipeline: str, stage: str) -> tuple[Execution, StageRun] | None:
        """The last execution that came to a stage."""
        came = [(e, run) for e in self.of(pipeline) for run in e.stages if run.name == stage and run.status]
        return max(came, key=lambda one: one[1].started, default=None)

    def latest_try(self, pipeline: str, stage: str, action: str) -> ActionRun | None:
        """The last try of an action in any execution."""
        tries = [
            run
            for e in self.of(pipeline)
            for s in e.stages
            if s.name == stage
            for run in s.actions
            if run.name == action
        ]
        return max(tries, key=lambda run: run.started, default=None)
