"""Executions share a pipeline's stages: they queue, are stopped, and are tried again."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from tests.localaws.codepipeline.toys import Body, Toys, approval, await_until, build, skipped, stage


def start(toys: Toys, name: str) -> str:
    """StartPipelineExecution."""
    return str(toys.client.start_pipeline_execution(name=name)["pipelineExecutionId"])


def asking(toys: Toys, name: str, mode: str = "QUEUED", after: Body | None = None) -> tuple[str, str]:
    """A pipeline whose first execution waits for somebody, and its token."""
    stages = (stage("Ask", approval()), after or skipped("Go"))
    execution = toys.make(name, *stages, executionMode=mode)
    return execution, toys.token(name)


def test_a_second_execution_waits_before_the_occupied_stage_and_then_follows(toys: Toys) -> None:
    """Two applies at once on one state would lose one of them."""
    first, token = asking(toys, "queued", after=stage("Go", build("Go")))
    second = start(toys, "queued")

    state = await_until(lambda: toys.stages("queued")["Ask"], lambda one: "inboundExecutions" in one)
    assert state["latestExecution"]["pipelineExecutionId"] == first
    assert [one["pipelineExecutionId"] for one in state["inboundExecutions"]] == [second]
    assert toys.execution("queued", second)["status"] == "InProgress"
    toys.answer("queued", token, "Approved")
    next_token = await_until(lambda: {"token": toys.token("queued")}, lambda one: one["token"] != token)["token"]
    toys.answer("queued", next_token, "Approved")

    assert toys.ended("queued", first)["status"] == toys.ended("queued", second)["status"] == "Succeeded"
    assert toys.actions("queued", first)["Go"]["startTime"] < toys.actions("queued", second)["Go"]["startTime"]


def test_a_newer_execution_takes_the_place_of_one_that_waits(toys: Toys) -> None:
    """Whoever chose SUPERSEDED wants the newest commit, not each of them."""
    first, token = asking(toys, "superseding", "SUPERSEDED")
    older = start(toys, "superseding")
    await_until(lambda: toys.stages("superseding")["Ask"], lambda one: "inboundExecution" in one)
    newer = start(toys, "superseding")

    assert toys.ended("superseding", older)["status"] == "Superseded"
    toys.answer("superseding", token, "Rejected")
    newest = await_until(lambda: {"token": toys.token("superseding")}, lambda one: one["token"] != token)["token"]
    toys.answer("superseding", newest, "Approved")
    assert toys.ended("superseding", newer)["status"] == "Succeeded"
    assert toys.execution("superseding", first)["status"] == "Failed"


def test_parallel_executions_do_not_wait(toys: Toys) -> None:
    asking(toys, "parallel", "PARALLEL")

    second = start(toys, "parallel")

    await_until(lambda: toys.actions("parallel", second), lambda found: "Ask" in found)


def test_an_abandoned_execution_ends_at_once_and_its_build_with_it(toys: Toys) -> None:
    """A build that nobody waits for would work on unseen, in the user's own machine."""
    execution = toys.make("abandoned", stage("Build", build("Sleep", "sleep 60")), stage("After", build("Never")))
    running = await_until(lambda: toys.actions("abandoned", execution), lambda found: "Sleep" in found)
    assert running["Sleep"]["status"] == "InProgress"
    await_until(
        lambda: toys.actions("abandoned", execution)["Sleep"]["output"]["executionResult"],
        lambda found: "externalExecutionId" in found,
    )

    toys.client.stop_pipeline_execution(
        pipelineName="abandoned", pipelineExecutionId=execution, abandon=True, reason="no"
    )

    assert toys.ended("abandoned", execution)["status"] == "Stopped"
    actions = toys.actions("abandoned", execution)
    assert actions["Sleep"]["status"] == "Abandoned" and "Never" not in actions
    build_id = actions["Sleep"]["output"]["executionResult"]["externalExecutionId"]
    codebuild = toys.gateway.client("codebuild")
    await_until(
        lambda: codebuild.batch_get_builds(ids=[build_id])["builds"][0], lambda one: one["buildStatus"] == "STOPPED"
    )


def test_a_stopped_execution_finishes_what_runs_and_begins_nothing_more(toys: Toys, tmp_path: Path) -> None:
    """Between stop and wait lies a half applied plan."""
    go = tmp_path / "go"
    work = build("Work", f"while [ ! -e {go} ]; do sleep 0.05; done")
    execution = toys.make("stopped", stage("Build", work), stage("After", build("Never")))
    await_until(lambda: toys.actions("stopped", execution), lambda found: "Work" in found)

    toys.client.stop_pipeline_execution(pipelineName="stopped", pipelineExecutionId=execution, reason="lunch")
    with pytest.raises(ClientError, match="DuplicatedStopRequestException"):
        toys.client.stop_pipeline_execution(pipelineName="stopped", pipelineExecutionId=execution)
    go.touch()

    assert toys.ended("stopped", execution)["status"] == "Stopped"
    actions = toys.actions("stopped", execution)
    assert actions["Work"]["status"] == "Succeeded" and "Never" not in actions
    with pytest.raises(ClientError, match="PipelineExecutionNotStoppableException"):
        toys.client.stop_pipeline_execution(pipelineName="stopped", pipelineExecutionId=execution)


def test_an_execution_that_waits_is_stopped_where_it_stands(toys: Toys) -> None:
    first, token = asking(toys, "stopped-waiting")
    second = start(toys, "stopped-waiting")
    await_until(lambda: toys.stages("stopped-waiting")["Ask"], lambda one: "inboundExecution" in one)

    toys.client.stop_pipeline_execution(pipelineName="stopped-waiting", pipelineExecutionId=second)

    assert toys.ended("stopped-waiting", second)["status"] == "Stopped"
    toys.answer("stopped-waiting", token, "Approved")
    assert toys.ended("stopped-waiting", first)["status"] == "Succeeded"


def test_a_failed_stage_is_tried_again_without_what_succeeded(toys: Toys) -> None:
    """A market that was away for a minute must not cost the whole way again."""
    marker = toys.clone.parent / "is-mended"
    flaky = build("Flaky", f"test -e {marker}")
    execution = toys.make("again", stage("Build", build("Fine"), flaky), stage("After", build("After")))
    assert toys.ended("again", execution)["status"] == "Failed"
    marker.touch()
    again = {"pipelineName": "again", "stageName": "Build", "pipelineExecutionId": execution}

    toys.client.retry_stage_execution(**again, retryMode="FAILED_ACTIONS")

    assert toys.ended("again", execution)["status"] == "Succeeded"
    found = toys.client.list_action_executions(pipelineName="again")["actionExecutionDetails"]
    assert sorted(one["actionName"] for one in found) == ["After", "Fine", "Flaky", "Flaky", "Repository"]
    with pytest.raises(ClientError, match="StageNotRetryableException"):
        toys.client.retry_stage_execution(**again, retryMode="FAILED_ACTIONS")


def test_a_later_execution_forbids_to_try_an_older_again(toys: Toys) -> None:
    """It would bring the old commit back over the new one."""
    older = toys.make("older", stage("Build", build("Break", "exit 1")))
    toys.ended("older", older)
    toys.ended("older", start(toys, "older"))

    with pytest.raises(ClientError, match="NotLatestPipelineExecutionException"):
        toys.client.retry_stage_execution(
            pipelineName="older", stageName="Build", pipelineExecutionId=older, retryMode="FAILED_ACTIONS"
        )


def test_a_closed_stage_lets_nobody_in_until_it_is_opened(toys: Toys) -> None:
    """Freezing production for a day is one call."""
    asked = {"pipelineName": "closed", "stageName": "Go", "transitionType": "Inbound"}
    _, token = asking(toys, "closed")
    toys.client.disable_stage_transition(**asked, reason="a freeze")
    toys.answer("closed", token, "Approved")

    state = await_until(lambda: toys.stages("closed")["Go"], lambda one: "inboundExecution" in one)
    assert state["inboundTransitionState"]["disabledReason"] == "a freeze"
    toys.client.enable_stage_transition(**asked)

    assert toys.ended("closed", state["inboundExecution"]["pipelineExecutionId"])["status"] == "Succeeded"


def test_a_deleted_pipeline_leaves_nothing_running(toys: Toys) -> None:
    """`make down` must not leave builds behind."""
    codebuild = toys.gateway.client("codebuild")
    execution = toys.make("deleted", stage("Go", build("Long", "sleep 60")))
    work = await_until(
        lambda: toys.actions("deleted", execution).get("Long", {}),
        lambda one: one.get("output", {}).get("executionResult", {}).get("externalExecutionId"),
    )
    asked = [work["output"]["executionResult"]["externalExecutionId"]]
    assert codebuild.batch_get_builds(ids=asked)["builds"][0]["buildStatus"] == "IN_PROGRESS"

    toys.client.delete_pipeline(name="deleted")
    toys.client.delete_pipeline(name="deleted")

    with pytest.raises(ClientError, match="PipelineNotFoundException"):
        toys.client.get_pipeline_state(name="deleted")
    ended = await_until(
        lambda: dict(codebuild.batch_get_builds(ids=asked)["builds"][0]), lambda one: one["buildComplete"]
    )
    assert ended["buildStatus"] == "STOPPED"
    assert toys.make("deleted", stage("Go", build("Go")))


def test_at_most_fifty_wait_behind_the_one_that_runs(toys: Toys) -> None:
    """A hook gone wild must not fill the memory; AWS has the same limit."""
    toys.ended("crowded", toys.make("crowded", skipped("Go")))
    asked = {"pipelineName": "crowded", "stageName": "Source", "transitionType": "Inbound"}
    toys.client.disable_stage_transition(**asked, reason="full")
    for _ in range(51):
        start(toys, "crowded")

    with pytest.raises(ClientError, match="ConcurrentPipelineExecutionsLimitExceededException"):
        start(toys, "crowded")

    toys.client.delete_pipeline(name="crowded")
