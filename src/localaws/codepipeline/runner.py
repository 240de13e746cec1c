"""Run an execution through its stages: one thread for it, one more for each action that runs beside another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping

from localaws.codepipeline import conditions
from localaws.codepipeline.events import Events
from localaws.codepipeline.execution import Abandoned, ActionFailed, ActionRun, Execution, StageRun
from localaws.codepipeline.gates import Gates
from localaws.codepipeline.role import Role
from localaws.codepipeline.variables import resolved
from localaws.gateway.actions import Body
from localaws.gateway.log import logger
from localaws.roles import RoleRefused

Perform = Callable[[ActionRun, Execution, Role], None]
FAILED_ACTIONS, ALL_ACTIONS = "FAILED_ACTIONS", "ALL_ACTIONS"


class Runner:
    """`perform` does the work of an action, by its provider; `role_of` gives an execution its pipeline's role."""

    def __init__(
        self, gates: Gates, perform: Mapping[str, Perform], role_of: Callable[[Execution], Role], events: Events
    ) -> None:
        self.gates, self.perform, self.role_of, self.events = gates, perform, role_of, events

    def queue(self, execution: Execution, first: int = 0) -> None:
        """Queue it before a stage; `start` lets it go."""
        self.gates.join(execution, execution.stages[first].name)

    def start(self, execution: Execution, first: int = 0, mode: str = ALL_ACTIONS) -> None:
        """Run it on from the stage that it queued before, in a thread that ends with the process.

        `mode` FAILED_ACTIONS repeats of that stage only what has not succeeded.
        """
        work = threading.Thread(target=self._run, args=(execution, first, mode), name=f"pipeline {execution.id}")
        work.daemon = True
        self.events.of_execution(execution, "RESUMED" if execution.stages[first].retries else "STARTED")
        work.start()

    def _run(self, execution: Execution, first: int, mode: str) -> None:
        role = self.role_of(execution)
        try:
            status, summary = self._through(execution, role, first, mode)
        except Exception as error:  # a fault of ours; the execution must not seem to run for ever
            logger.exception("pipeline %s, execution %s", execution.pipeline, execution.id)
            status, summary = "Failed", f"InternalError: {error!r}"
        role.give_back()
        with self.gates.changed:
            if execution.status == "Stopping" and status == "Succeeded":
                status, summary = "Stopped", execution.stop_reason or ""
            if execution.status != "Superseded":
                execution.end(status, summary)
            self.gates.leave(execution)
        self.events.of_execution(execution)
        logger.info("pipeline %s %s %s after %.1f s%s", execution.pipeline, execution.id[:8], execution.status,
                    execution.seconds, f": {summary}" if summary else "")  # fmt: skip

    def _through(self, execution: Execution, role: Role, first: int, mode: str) -> tuple[str, str]:
        """Status and reason of the end."""
        for number in range(first, len(execution.stages)):
            stage = execution.stages[number]
            if number > first:
                self.gates.join(execution, stage.name)
            if not self.gates.enter(execution, stage.name):
                return "Stopped", execution.stop_reason or ""
            again = mode if number == first else ALL_ACTIONS
            status, summary = self._stage(execution, stage, role, again)
            if status not in ("Succeeded", "Skipped"):
                return status, summary
        return "Succeeded", ""

    def _stage(self, execution: Execution, stage: StageRun, role: Role, mode: str) -> tuple[str, str]:
        verdict = conditions.judge(stage, execution)
        stage.begin("Skipped" if verdict == conditions.SKIP else "InProgress")
        if verdict == conditions.SKIP:
            stage.end("Skipped")
            return "Skipped", ""
        self.events.of_stage(execution, stage.name, "InProgress")
        status, summary = "Succeeded", ""
        if verdict == conditions.FAIL:
            status, summary = "Failed", f"Stage {stage.name}: {stage.entry[1] if stage.entry else ''}"
        for together in _by_order(stage, mode) if status == "Succeeded" else ():
            if execution.is_stopping:
                status, summary = "Stopped", execution.stop_reason or ""
                break
            status, summary = self._together(execution, stage, together, role)
            if status != "Succeeded":
                break
        stage.end(status)
        self.events.of_stage(execution, stage.name, status)
        return status, summary

    def _together(self, execution: Execution, stage: StageRun, declared: list[Body], role: Role) -> tuple[str, str]:
        runs = [ActionRun(action) for action in declared]
        stage.actions += runs
        threads = [
            threading.Thread(target=self._action, args=(execution, stage, run, role), daemon=True) for run in runs[1:]
        ]
        for thread in threads:
            thread.start()
        self._action(execution, stage, runs[0], role)
        for thread in threads:
            thread.join()
        if failed := next((run for run in runs if run.status == "Failed"), None):
            return "Failed", f"{stage.name}/{failed.name}: {failed.error[1] if failed.error else ''}"
        abandoned = any(run.status == "Abandoned" for run in runs)
        return ("Stopped", execution.stop_reason or "") if abandoned else ("Succeeded", "")

    def _action(self, execution: Execution, stage: StageRun, run: ActionRun, role: Role) -> None:
        try:
            run.configuration = resolved(run.declared["configuration"], execution.namespaces)
            self.events.of_action(execution, stage.name, run)
            self.perform[run.declared["actionTypeId"]["provider"]](run, execution, role)
        except ActionFailed as failed:
            run.end("Failed", (failed.code, failed.message))
        except RoleRefused as refused:
            run.end("Failed", ("PermissionError", str(refused)))
        except Abandoned:
            run.end("Abandoned")
        except Exception as error:  # a fault of ours
            logger.exception("pipeline %s, action %s", execution.pipeline, run.name)
            run.end("Failed", ("InternalError", repr(error)))
        else:
            if run.declared.get("namespace"):
                execution.namespaces[run.declared["namespace"]] = dict(run.variables)
            run.end("Succeeded")
        self.events.of_action(execution, stage.name, run)


def _by_order(stage: StageRun, mode: str) -> Iterator[list[Body]]:
    """Actions that run at once, in the order of the stage; without those that need no second try."""
    latest = stage.latest()
    done = {name for name, run in latest.items() if run.status == "Succeeded"} if mode == FAILED_ACTIONS else set()
    wanted = [action for action in stage.declared["actions"] if action["name"] not in done]
    for order in sorted({action["runOrder"] for action in wanted}):
        yield [action for action in wanted if action["runOrder"] == order]
