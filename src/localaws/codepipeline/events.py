"""What EventBridge is told of executions, stages and actions, in the shapes that rules match."""

from __future__ import annotations

from datetime import UTC, datetime

from localaws.codepipeline.execution import ActionRun, Execution
from localaws.gateway import events
from localaws.gateway.actions import Body

SOURCE = "aws.codepipeline"
UPPER = {"InProgress": "STARTED", "Cancelled": "CANCELED"}  # the others only in capitals


class Events:
    """Emits them for the pipelines of one account and region."""

    def __init__(self, account_id: str, region: str) -> None:
        self.account_id, self.region = account_id, region

    def of_execution(self, execution: Execution, state: str = "") -> None:
        """A pipeline execution began, resumed or ended."""
        trigger = execution.trigger
        told = {"trigger-type": trigger["triggerType"], "trigger-detail": trigger.get("triggerDetail", "")}
        more: Body = {"start-time": _iso(execution.started), "execution-trigger": told}
        if execution.summary:
            more["execution-result"] = {"external-execution-summary": execution.summary}
        self._emit("Pipeline", execution, state or _state(execution.status), more)

    def of_stage(self, execution: Execution, stage: str, status: str) -> None:
        """A stage began or ended. AWS tells nothing of a stage that was skipped."""
        if status != "Skipped":
            self._emit("Stage", execution, _state(status), {"stage": stage})

    def of_action(self, execution: Execution, stage: str, run: ActionRun) -> None:
        """An action began or ended."""
        kind = run.declared["actionTypeId"]
        result = {
            "external-execution-id": run.external_id,
            "external-execution-url": run.external_url,
            "external-execution-summary": run.error[1] if run.error else run.summary,
            "error-code": run.error[0] if run.error else "",
        }
        more: Body = {
            "stage": stage, "action": run.name, "action-execution-id": run.id, "start-time": _iso(run.started),
            "region": self.region, "type": {key: kind[key] for key in ("owner", "category", "provider", "version")},
        }  # fmt: skip
        if given := {key: value for key, value in result.items() if value}:
            more["execution-result"] = given
        self._emit("Action", execution, _state(run.status), more)

    def _emit(self, level: str, execution: Execution, state: str, more: Body) -> None:
        detail = {"pipeline": execution.pipeline, "execution-id": execution.id, "version": execution.version}
        arn = f"arn:aws:codepipeline:{self.region}:{self.account_id}:{execution.pipeline}"
        kind = f"CodePipeline {level} Execution State Change"
        events.emit(SOURCE, kind, {**detail, "state": state, **more}, [arn])


def _state(status: str) -> str:
    return UPPER.get(status, status.upper())


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
