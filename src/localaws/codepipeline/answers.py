"""Executions as CodePipeline's API tells of them. Times are seconds since 1970."""

from __future__ import annotations

from typing import Any

from localaws.codepipeline.execution import ActionRun, Execution, Run, StageRun
from localaws.codepipeline.gates import Gates
from localaws.codepipeline.history import History
from localaws.codepipeline.pipelines import Pipelines
from localaws.gateway.actions import Actions, Body
from localaws.gateway.caller import Caller
from localaws.gateway.messages import ServiceError

PAGE = 100  # executions, actions or rules of one answer
SUMMARY_LENGTH, ERROR_LENGTH = 2048, 5000


class Answers:
    """Serves the actions that only tell."""

    def __init__(self, pipelines: Pipelines, history: History, gates: Gates) -> None:
        self.pipelines, self.history, self.gates = pipelines, history, gates

    def actions(self) -> Actions:
        """What is served here."""
        return {
            "GetPipelineExecution": self.execution,
            "ListPipelineExecutions": self.executions,
            "ListActionExecutions": self.action_executions,
            "ListRuleExecutions": self.rule_executions,
            "GetPipelineState": self.state,
        }

    def execution(self, asked: Body, caller: Caller) -> Body:
        """GetPipelineExecution."""
        self.pipelines.find(asked["pipelineName"])
        one = self.history.find(asked["pipelineName"], asked["pipelineExecutionId"])
        told = {
            "pipelineName": one.pipeline, "pipelineVersion": one.version, "artifactRevisions": one.revisions,
            "variables": [{"name": name, "resolvedValue": value} for name, value in one.variables.items()],
            **_common(one),
        }  # fmt: skip
        return {"pipelineExecution": told}

    def executions(self, asked: Body, caller: Caller) -> Body:
        """ListPipelineExecutions, newest first."""
        self.pipelines.find(asked["pipelineName"])
        stage = ((asked.get("filter") or {}).get("succeededInStage") or {}).get("stageName")
        found = [
            {
                **_common(one), "startTime": one.started, "lastUpdateTime": one.updated,
                "sourceRevisions": _sources(one),
                **({"stopTrigger": {"reason": one.stop_reason}} if one.stop_reason is not None else {}),
            }
            for one in self.history.of(asked["pipelineName"])
            if stage is None or any(run.name == stage and run.status == "Succeeded" for run in one.stages)
        ]  # fmt: skip
        return _page("pipelineExecutionSummaries", found, asked)

    def action_executions(self, asked: Body, caller: Caller) -> Body:
        """ListActionExecutions, newest first, of one execution where it is named."""
        found = [
            _action_detail(execution, stage, run)
            for execution in self._asked_for(asked)
            for stage in reversed(execution.stages)
            for run in reversed(stage.actions)
        ]
        return _page("actionExecutionDetails", found, asked)

    def rule_executions(self, asked: Body, caller: Caller) -> Body:
        """ListRuleExecutions, newest first, of one execution where it is named."""
        found = [
            _rule_detail(execution, stage, run)
            for execution in self._asked_for(asked)
            for stage in reversed(execution.stages)
            for run in reversed(stage.rules)
        ]
        return _page("ruleExecutionDetails", found, asked)

    def state(self, asked: Body, caller: Caller) -> Body:
        """GetPipelineState: of each stage what was last in it, who is in it and who waits."""
        pipeline = self.pipelines.find(asked["name"])
        stages = [self._stage_state(asked["name"], stage) for stage in pipeline.declared["stages"]]
        times = {"created": pipeline.created, "updated": pipeline.updated}
        return {"pipelineName": asked["name"], "pipelineVersion": pipeline.version, "stageStates": stages, **times}

    def _stage_state(self, pipeline: str, stage: Body) -> Body:
        name = stage["name"]
        closed = self.gates.closed(pipeline, name)
        told: Body = {"stageName": name, "inboundTransitionState": {"enabled": closed is None}}
        if closed:
            told["inboundTransitionState"] |= {
                "disabledReason": closed.reason, "lastChangedBy": closed.by, "lastChangedAt": closed.at
            }  # fmt: skip
        if waiting := [_in_stage(one, "InProgress") for one in self.gates.waiting(pipeline, name)]:
            told |= {"inboundExecution": waiting[-1], "inboundExecutions": waiting}
        told["actionStates"] = [self._action_state(pipeline, name, action) for action in stage["actions"]]
        if found := self.history.latest_in(pipeline, name):
            execution, run = found
            told["latestExecution"] = _in_stage(execution, run.status)
            if run.retries:
                told["retryStageMetadata"] = {
                    "manualStageRetryAttempt": run.retries,
                    "latestRetryTrigger": "ManualStageRetry",
                }
            if run.entry:
                told["beforeEntryConditionState"] = _condition(run)
        return told

    def _action_state(self, pipeline: str, stage: str, action: Body) -> Body:
        run = self.history.latest_try(pipeline, stage, action["name"])
        if run is None:
            return {"actionName": action["name"]}
        latest = {
            "actionExecutionId": run.id, "status": run.status, "lastStatusChange": run.updated,
            **_result(run, "summary"), **({"token": run.token} if run.token else {}),
            **({"lastUpdatedBy": run.by} if run.by else {}),
        }  # fmt: skip
        told: Body = {"actionName": action["name"], "latestExecution": latest}
        if run.revision:
            revision = {"revisionId": run.revision["revisionId"], "revisionChangeId": run.id, "created": run.started}
            told["currentRevision"] = revision
        return told

    def _asked_for(self, asked: Body) -> list[Execution]:
        self.pipelines.find(asked["pipelineName"])
        wanted = asked.get("filter") or {}
        wanted = wanted.get("latestInPipelineExecution") or wanted
        if wanted.get("pipelineExecutionId"):
            return [self.history.find(asked["pipelineName"], wanted["pipelineExecutionId"])]
        return self.history.of(asked["pipelineName"])


def _common(one: Execution) -> Body:
    told: Body = {"pipelineExecutionId": one.id, "status": one.status, "trigger": one.trigger}
    return {
        **told, "executionMode": one.mode, "executionType": "STANDARD",
        **({"statusSummary": one.summary[:SUMMARY_LENGTH]} if one.summary else {}),
    }  # fmt: skip


def _sources(execution: Execution) -> list[Body]:
    runs = [run for stage in execution.stages for run in stage.actions if run.revision]
    return [
        {"actionName": run.name, **{key: run.revision[key] for key in ("revisionId", "revisionSummary")}}
        for run in runs
        if run.revision
    ]


def _in_stage(execution: Execution, status: str) -> Body:
    shown = "Stopping" if execution.status == "Stopping" and status == "InProgress" else status
    return {"pipelineExecutionId": execution.id, "status": shown, "type": "STANDARD"}


def _condition(run: StageRun) -> Body:
    status, summary = run.entry or ("", "")
    latest = {"status": status, "summary": summary[:SUMMARY_LENGTH]}
    rules = [
        {"ruleName": rule.name, "latestExecution": {"ruleExecutionId": rule.id, "status": rule.status,
         "lastStatusChange": rule.updated, **_result(rule, "summary")}}
        for rule in run.rules
    ]  # fmt: skip
    states = [{"latestExecution": {**latest, "lastStatusChange": run.started}, "ruleStates": rules}]
    return {"latestExecution": latest, "conditionStates": states}


def _result(run: Run, summary: str) -> Body:
    """Only what there is: AWS leaves the rest out as well. `summary` is what the answer calls it."""
    found: dict[str, Any] = {summary: run.summary[:SUMMARY_LENGTH]} if run.summary else {}
    if isinstance(run, ActionRun) and run.external_id:
        found["externalExecutionId"] = run.external_id
    if isinstance(run, ActionRun) and run.external_url:
        found["externalExecutionUrl"] = run.external_url
    if run.error:
        found["errorDetails"] = {"code": run.error[0], "message": run.error[1][:ERROR_LENGTH]}
    return found


def _detail(execution: Execution, stage: StageRun, run: Run) -> Body:
    return {
        "pipelineExecutionId": execution.id, "pipelineVersion": execution.version, "stageName": stage.name,
        "startTime": run.started, "lastUpdateTime": run.updated, "status": run.status,
    }  # fmt: skip


def _action_detail(execution: Execution, stage: StageRun, run: ActionRun) -> Body:
    given = {
        "actionTypeId": run.declared["actionTypeId"], "configuration": run.declared["configuration"],
        "resolvedConfiguration": run.configuration, "inputArtifacts": run.inputs,
        **({"namespace": run.declared["namespace"]} if run.declared.get("namespace") else {}),
    }  # fmt: skip
    result = _result(run, "externalExecutionSummary")
    output = {"outputArtifacts": run.outputs, "executionResult": result, "outputVariables": run.variables}
    names = {"actionExecutionId": run.id, "actionName": run.name, **({"updatedBy": run.by} if run.by else {})}
    return {**_detail(execution, stage, run), **names, "input": given, "output": output}


def _rule_detail(execution: Execution, stage: StageRun, run: Run) -> Body:
    given = {
        "ruleTypeId": run.declared["ruleTypeId"], "configuration": run.declared["configuration"],
        "resolvedConfiguration": run.configuration, "inputArtifacts": [],
    }  # fmt: skip
    result = {"executionResult": _result(run, "externalExecutionSummary")}
    names = {"ruleExecutionId": run.id, "ruleName": run.name}
    return {**_detail(execution, stage, run), **names, "input": given, "output": result}


def _page(field: str, found: list[Body], asked: Body) -> Body:
    """Some of a list; the token is the place to go on from."""
    token, size = asked.get("nextToken") or "0", asked.get("maxResults") or PAGE
    if not token.isdigit():
        raise ServiceError("InvalidNextTokenException", f"{token} is not a token of an answer before")
    end = int(token) + size
    return {field: found[int(token) : end], **({"nextToken": str(end)} if end < len(found) else {})}
