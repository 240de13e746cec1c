"""A build belongs to its action: it is started once, a moment without an answer does not end it, and none is left."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, cast

import pytest
from botocore.exceptions import EndpointConnectionError
from tests.localaws.codepipeline.toys import BUCKET, Body, Toys, await_until, build, stage
from tests.localaws.helpers import policy

from localaws.codepipeline import build_action
from localaws.codepipeline.build_action import BuildAction
from localaws.codepipeline.execution import ActionFailed, ActionRun, Execution
from localaws.codepipeline.role import Role

DECLARED = {
    "name": "Work", "configuration": {"ProjectName": "p"}, "inputArtifacts": [{"name": "source"}],
    "outputArtifacts": [],
}  # fmt: skip


class PlayedCodeBuild:
    """Takes down what it is asked; the first looks at a build get no answer."""

    def __init__(self, silent: int) -> None:
        self.silent, self.started, self.stopped = silent, cast(list[Body], []), cast(list[str], [])

    def client(self, _: str) -> Any:
        return self

    def start_build(self, **asked: Any) -> Body:
        self.started.append(asked)
        return {"build": {"id": "p:1", "buildStatus": "IN_PROGRESS"}}

    def batch_get_builds(self, ids: list[str]) -> Body:
        self.silent -= 1
        if self.silent >= 0:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1")
        return {"builds": [{"id": ids[0], "buildStatus": "SUCCEEDED"}]}

    def stop_build(self, **asked: str) -> None:
        self.stopped.append(asked["id"])


@pytest.fixture
def perform(monkeypatch: pytest.MonkeyPatch) -> Callable[[PlayedCodeBuild], ActionRun]:
    monkeypatch.setattr(build_action, "POLL_SECONDS", 0.01)

    def performed(codebuild: PlayedCodeBuild) -> ActionRun:
        execution = Execution({"name": "x", "stages": [], "artifactStore": {"location": BUCKET}}, 1, {})
        execution.artifacts["source"] = (BUCKET, "source.zip")
        run = ActionRun(DECLARED, configuration={"ProjectName": "p"})
        BuildAction()(run, execution, cast(Role, codebuild))
        return run

    return performed


def test_a_moment_without_an_answer_does_not_end_the_action(
    perform: Callable[[PlayedCodeBuild], ActionRun],
) -> None:
    """An apply would run on behind a pipeline that says it has failed."""
    codebuild = PlayedCodeBuild(silent=2)

    run = perform(codebuild)

    assert codebuild.started[0]["idempotencyToken"] == run.id
    assert codebuild.stopped == []


def test_a_build_that_cannot_be_watched_is_stopped(perform: Callable[[PlayedCodeBuild], ActionRun]) -> None:
    codebuild = PlayedCodeBuild(silent=99)

    with pytest.raises(ActionFailed, match="Error calling batchGetBuilds") as failed:
        perform(codebuild)

    assert failed.value.code == "SystemUnavailable"
    assert codebuild.stopped == ["p:1"]


def test_an_action_that_fails_leaves_no_build_behind(toys: Toys, iam: Any) -> None:
    """Its pipeline lets the next execution in, and two applies would work on one state."""
    codebuild = toys.gateway.client("codebuild")
    denied = json.loads(policy(("codebuild:BatchGetBuilds", "*")))
    denied["Statement"][0]["Effect"] = "Deny"
    role = toys.role.rsplit("/", 1)[-1]
    iam.put_role_policy(RoleName=role, PolicyName="blind", PolicyDocument=json.dumps(denied))

    try:
        execution = toys.make("blind", stage("Go", build("Work", "sleep 60")))
        assert toys.ended("blind", execution)["status"] == "Failed"
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="blind")

    work = toys.actions("blind", execution)["Work"]["output"]["executionResult"]
    assert work["errorDetails"]["code"] == "PermissionError"
    asked = [work["externalExecutionId"]]
    found = await_until(
        lambda: dict(codebuild.batch_get_builds(ids=asked)["builds"][0]), lambda one: one["buildComplete"]
    )
    assert found["buildStatus"] == "STOPPED"
