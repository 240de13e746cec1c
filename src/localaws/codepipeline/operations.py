"""What is done to executions: begun, stopped, tried again, approved; and stages opened and closed."""

from __future__ import annotations

import time
from collections.abc import Mapping

from ministack.core.iam_evaluator import request_caller_arn

from localaws.codepipeline import declaration
from localaws.codepipeline.events import Events
from localaws.codepipeline.execution import OPEN, Execution, StageRun
from localaws.codepipeline.gates import Closed, Gates
from localaws.codepipeline.history import History
from localaws.codepipeline.pipelines import Pipeline, Pipelines
from localaws.codepipeline.runner import Runner
from localaws.gateway.actions import Actions, Body
from localaws.gateway.caller import Caller
from localaws.gateway.messages import ServiceError

MOST_WAITING = 50  # executions of a pipeline that have not ended
DETAIL_LENGTH = 1024


class Operations:
    """Serves the actions that change an execution."""

    def __init__(self, pipelines: Pipelines, history: History, gates: Gates, runner: Runner, events: Events) -> None:
        self.pipelines, self.history, self.gates, self.runner, self.events = pipelines, history, gates, runner, events

    def actions(self) -> Actions:
        """What is served here."""
        return {
            "StartPipelineExecution": self.start,
            "StopPipelineExecution": self.stop,
            "RetryStageExecution": self.retry,
            "PutApprovalResult": self.approve,
            "EnableStageTransition": self.open,
            "DisableStageTransition": self.close,
        }

    def begin(
        self, pipeline: Pipeline, kind: str, detail: str,
        commits: Mapping[str, str] | None = None, variables: Mapping[str, str] | None = None,
    ) -> Execution:  # fmt: skip
        """A new execution, queued behind those that are there."""
        declared = pipeline.declared
        values = {one["name"]: one.get("defaultValue") for one in declared.get("variables") or []}
        values |= variables or {}
        if missing := [name for name, value in values.items() if value is None]:
            raise _invalid(f"Pipeline variables need a value: {', '.join(missing)}")
        trigger = {"triggerType": kind, "triggerDetail": detail[:DETAIL_LENGTH]}
        given = {name: str(value) for name, value in values.items()}
        execution = Execution(declared, pipeline.version, trigger, given, dict(commits or {}))
        with self.gates.changed:  # the order of the queue is the order of the history
            running = [one for one in self.history.of(execution.pipeline) if one.status in OPEN]
            if len(running) > MOST_WAITING:
                raise ServiceError(
                    "ConcurrentPipelineExecutionsLimitExceededException",
                    f"{len(running)} executions of {execution.pipeline} run or wait; at most {MOST_WAITING} may wait.",
                )
            self.history.add(execution)
            self.runner.queue(execution)
        self.runner.start(execution)
        return execution

    def start(self, asked: Body, caller: Caller) -> Body:
        """StartPipelineExecution, of a certain commit where one is named."""
        pipeline = self.pipelines.find(asked["name"])
        variables = {one["name"]: one["value"] for one in asked.get("variables") or []}
        declared = {one["name"] for one in pipeline.declared.get("variables") or []}
        if unknown := variables.keys() - declared:
            raise _invalid(f"{asked['name']} declares no variable {', '.join(sorted(unknown))}")
        commits = self._commits(pipeline, asked.get("sourceRevisions") or [])
        execution = self.begin(pipeline, "StartPipelineExecution", caller_arn(caller), commits, variables)
        return {"pipelineExecutionId": execution.id}

    def stop(self, asked: Body, caller: Caller) -> Body:
        """StopPipelineExecution: after the actions that run, or with `abandon` at once."""
        pipeline, abandon = self.pipelines.find(asked["pipelineName"]), bool(asked.get("abandon"))
        execution = self.history.find(pipeline.declared["name"], asked["pipelineExecutionId"])
        with self.gates.changed:
            if execution.status not in OPEN:
                message = f"Execution {execution.id} is {execution.status}, so it cannot be stopped"
                raise ServiceError("PipelineExecutionNotStoppableException", message)
            if execution.status == "Stopping" and not abandon:
                raise ServiceError(
                    "DuplicatedStopRequestException", f"Execution {execution.id} is being stopped already"
                )
            self._stop(execution, abandon, asked.get("reason") or "")
        self.events.of_execution(execution, "STOPPING")
        return {"pipelineExecutionId": execution.id}

    def abandon_all(self, pipeline: str) -> None:
        """The pipeline is gone."""
        with self.gates.changed:
            for execution in self.history.forget(pipeline):
                if execution.status in OPEN:
                    self._stop(execution, True, "The pipeline was deleted")
        self.gates.forget(pipeline)

    def retry(self, asked: Body, caller: Caller) -> Body:
        """RetryStageExecution: the failed stage of the last execution that was in it, and then those after it."""
        pipeline = self.pipelines.find(asked["pipelineName"])
        name, stage = pipeline.declared["name"], asked["stageName"]
        self._check_stage(pipeline, stage)
        execution = self.history.find(name, asked["pipelineExecutionId"])
        with self.gates.changed:
            number = self._retryable(execution, stage)
            execution.stages[number].retries += 1
            execution.abandoned.clear()
            execution.status, execution.summary, execution.stop_reason = "InProgress", "", None
            self.runner.queue(execution, number)
        self.runner.start(execution, number, asked["retryMode"])
        return {"pipelineExecutionId": execution.id}

    def approve(self, asked: Body, caller: Caller) -> Body:
        """PutApprovalResult, with the token of the very approval that waits."""
        pipeline = self.pipelines.find(asked["pipelineName"])
        stage = self._check_stage(pipeline, asked["stageName"])
        if asked["actionName"] not in [action["name"] for action in stage["actions"]]:
            message = f"Stage {asked['stageName']} has no action {asked['actionName']}"
            raise ServiceError("ActionNotFoundException", message)
        with self.gates.changed:
            waiting = [
                run
                for execution in self.history.of(asked["pipelineName"])
                for one in execution.stages
                if one.name == asked["stageName"]
                for run in one.actions
                if run.name == asked["actionName"] and run.status == "InProgress" and run.token
            ]
            if not waiting:
                message = f"No approval of {asked['stageName']}/{asked['actionName']} is waiting; it has been answered"
                raise ServiceError("ApprovalAlreadyCompletedException", message)
            run = next((one for one in waiting if one.token == asked["token"]), None)
            if run is None:
                raise ServiceError("InvalidApprovalTokenException", "The token is not that of the approval that waits")
            run.verdict, run.summary, run.token = asked["result"]["status"], asked["result"]["summary"], ""
            run.by = caller_arn(caller)
            self.gates.changed.notify_all()
        return {"approvedAt": time.time()}

    def open(self, asked: Body, caller: Caller) -> Body:
        """EnableStageTransition."""
        return self._transition(asked, None)

    def close(self, asked: Body, caller: Caller) -> Body:
        """DisableStageTransition: executions queue before the stage."""
        return self._transition(asked, Closed(asked["reason"], caller_arn(caller)))

    def _transition(self, asked: Body, closed: Closed | None) -> Body:
        self._check_stage(self.pipelines.find(asked["pipelineName"]), asked["stageName"])
        if asked["transitionType"] != "Inbound":
            message = "The embedded CodePipeline opens and closes Inbound transitions; use that of the stage after."
            raise ServiceError("UnsupportedOperationException", message)
        self.gates.close(asked["pipelineName"], asked["stageName"], closed)
        return {}

    def _stop(self, execution: Execution, abandon: bool, reason: str) -> None:
        execution.status, execution.stop_reason = "Stopping", reason
        if abandon:
            execution.abandoned.set()
        self.gates.changed.notify_all()

    def _retryable(self, execution: Execution, stage: str) -> int:
        """The stage's number, where its failure may be tried again."""
        numbers = {run.name: number for number, run in enumerate(execution.stages)}
        if stage not in numbers:
            raise ServiceError("StageNotFoundException", f"Execution {execution.id} had no stage {stage}")
        run: StageRun = execution.stages[numbers[stage]]
        if execution.status in OPEN or run.status not in ("Failed", "Stopped"):
            found = f"Stage {stage} of execution {execution.id} is {run.status or 'not begun'}"
            raise ServiceError("StageNotRetryableException", f"{found}; only a failed one is tried again")
        latest = self.history.latest_in(execution.pipeline, stage)
        if latest and latest[0] is not execution:
            message = f"Execution {latest[0].id} was in stage {stage} after {execution.id}; release the change anew"
            raise ServiceError("NotLatestPipelineExecutionException", message)
        return numbers[stage]

    def _commits(self, pipeline: Pipeline, revisions: list[Body]) -> dict[str, str]:
        names = [action["name"] for action in declaration.sources(pipeline.declared)]
        for one in revisions:
            if one["actionName"] not in names or one["revisionType"] != "COMMIT_ID":
                wanted = f"{one['revisionType']} for {one['actionName']}"
                raise _invalid(f"sourceRevisions takes a COMMIT_ID for {', '.join(names)}, not {wanted}")
        return {one["actionName"]: one["revisionValue"] for one in revisions}

    @staticmethod
    def _check_stage(pipeline: Pipeline, name: str) -> Body:
        for stage in pipeline.declared["stages"]:
            if stage["name"] == name:
                found: Body = stage
                return found
        there = ", ".join(stage["name"] for stage in pipeline.declared["stages"])
        raise ServiceError(
            "StageNotFoundException", f"{pipeline.declared['name']} has no stage {name}; there is {there}"
        )


def caller_arn(caller: Caller) -> str:
    """Who asks."""
    return str(request_caller_arn(dict(caller.request.headers)) or "")


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)
