"""CodePipeline, put together: the pipelines, what runs of them, and the pages for people."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from localaws.clients import Clients
from localaws.codepipeline import page
from localaws.codepipeline.answers import Answers
from localaws.codepipeline.approval_action import ApprovalAction
from localaws.codepipeline.build_action import BuildAction
from localaws.codepipeline.events import Events
from localaws.codepipeline.execution import OPEN, Execution
from localaws.codepipeline.gates import Gates
from localaws.codepipeline.history import History
from localaws.codepipeline.operations import Operations, caller_arn
from localaws.codepipeline.pipelines import Pipeline, Pipelines
from localaws.codepipeline.pushes import Pushes
from localaws.codepipeline.role import Role
from localaws.codepipeline.runner import Perform, Runner
from localaws.codepipeline.source_action import SourceAction
from localaws.codepipeline.story import Story
from localaws.gateway.actions import Actions, Body
from localaws.gateway.caller import Caller
from localaws.gateway.config import Config
from localaws.gateway.messages import Answer
from localaws.gateway.pages import Page, telling

HTML = {"content-type": "text/html; charset=utf-8"}
OF_A_STAGE = ("RetryStageExecution", "EnableStageTransition", "DisableStageTransition")


class CodePipeline:
    """The service for the gateway; `connection` looks a connection up by its ARN."""

    def __init__(self, config: Config, clients: Clients, connection: Callable[[str], Body]) -> None:
        self.clients, self.first_executions = clients, config.first_executions
        self.pipelines, self.history = Pipelines(config.account_id, config.region), History()
        self.gates = Gates(threading.Condition())
        events = Events(config.account_id, config.region)
        perform: dict[str, Perform] = {
            "CodeStarSourceConnection": SourceAction(connection, config.repositories),
            "CodeBuild": BuildAction(),
            "Manual": ApprovalAction(self.gates.changed, config.region, f"{config.url}/_localaws/pipelines"),
        }
        self.runner = Runner(self.gates, perform, self._role_of, events)
        self.operations = Operations(self.pipelines, self.history, self.gates, self.runner, events)
        self.answers = Answers(self.pipelines, self.history, self.gates)
        self.pushes = Pushes(self.pipelines, self.operations, config.repositories)
        self.story = Story(self.pipelines, self.history, self.gates)
        self.pipelines.made, self.pipelines.gone = self._made, self.operations.abandon_all

    def actions(self) -> Actions:
        """What is served here."""
        return {**self.pipelines.actions(), **self.operations.actions(), **self.answers.actions()}

    def resource(self, action: str, asked: Body) -> str:
        """A pipeline, one of its stages, or one of the stage's actions; listing all pipelines knows none."""
        if asked.get("resourceArn"):
            return str(asked["resourceArn"])
        name = (asked.get("pipeline") or {}).get("name") or asked.get("pipelineName") or asked.get("name")
        if not name:
            return "*"
        parts = [str(name)]
        if action in OF_A_STAGE or action == "PutApprovalResult":
            parts.append(str(asked.get("stageName")))
        if action == "PutApprovalResult":
            parts.append(str(asked.get("actionName")))
        return self.pipelines.arn("/".join(parts))

    def condition_keys(self, asked: Body) -> dict[str, Any]:
        """CodePipeline has none of its own."""
        return {}

    def inventory(self) -> dict[str, list[str]]:
        """What stands, by kind."""
        return {"pipelines": [one.declared["name"] for one in self.pipelines.all()]}

    def running(self) -> list[str]:
        """The executions that have not ended."""
        return [
            one.id
            for pipeline in self.pipelines.all()
            for one in self.history.of(pipeline.declared["name"])
            if one.status in OPEN
        ]

    def pages(self) -> list[Page]:
        """What a hook and people ask for."""
        return [
            Page("POST", "pushed", self.pushes.page),
            Page("GET", "pipelines", lambda _, __: Answer(page.html(self.story()), headers=HTML)),
            telling("pipelines.json", self.story),
        ]

    def _made(self, pipeline: Pipeline, caller: Caller) -> None:
        if self.first_executions:
            self.operations.begin(pipeline, "CreatePipeline", caller_arn(caller))

    def _role_of(self, execution: Execution) -> Role:
        return Role(execution.declared["roleArn"], self.pipelines.arn(execution.pipeline), self.clients)
