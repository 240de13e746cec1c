"""Rules hear of builds, and start them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.localaws.codebuild.conftest import Bench
from tests.localaws.helpers import ACCOUNT, REGION, await_refusal, await_until, policy

OF_BUILDS = {"source": ["aws.codebuild"], "detail-type": ["CodeBuild Build State Change"]}


@pytest.fixture
def events(bench: Bench) -> Any:
    """EventBridge as root."""
    return bench.gateway.client("events")


def received(sqs: Any, queue: str) -> list[dict[str, Any]]:
    """The events in a queue."""
    found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=5).get("Messages", [])
    return [json.loads(one["Body"]) for one in found]


def builds_of(bench: Bench, project: str) -> list[str]:
    """The ids of a project's builds."""
    ids: list[str] = bench.codebuild.list_builds_for_project(projectName=project)["ids"]
    return ids


def test_a_rule_hears_that_a_build_failed(bench: Bench, events: Any) -> None:
    """Nobody looks at a pipeline that sends nothing: failures go out by mail through such a rule."""
    sqs = bench.gateway.client("sqs")
    queue = sqs.create_queue(QueueName="failures")["QueueUrl"]
    pattern = OF_BUILDS | {"detail": {"build-status": ["FAILED"], "project-name": ["heard"]}}
    events.put_rule(Name="failures", EventPattern=json.dumps(pattern))
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:failures"
    events.put_targets(Rule="failures", Targets=[{"Id": "queue", "Arn": arn}])
    bench.project("heard")

    bench.run("heard")
    failed = bench.run("heard", "phases: {build: {commands: ['exit 1']}}")
    told = received(sqs, queue)

    assert [one["detail"]["build-id"] for one in told] == [failed["arn"]]
    assert told[0]["resources"] == [failed["arn"]] and told[0]["source"] == "aws.codebuild"
    about = told[0]["detail"]["additional-information"]
    assert about["logs"]["deep-link"] == failed["logs"]["deepLink"]
    assert any("exit status 1" in context for phase in about["phases"] for context in phase["phase-context"])


@pytest.mark.parametrize("may_start", [True, False])
def test_a_rule_starts_a_build_under_its_targets_role(
    bench: Bench, events: Any, make_role: Callable[..., str], may_start: bool
) -> None:
    """Whoever rebuilds something every night does it like this; a rule without the right must not start anything."""
    name = f"scheduled-{may_start}"
    project = f"arn:aws:codebuild:{REGION}:{ACCOUNT}:project/{bench.project(name)}"
    allowed = policy(("codebuild:StartBuild", project if may_start else f"{project}-other"))
    role = make_role(name, allowed, "events.amazonaws.com")
    given = {"environmentVariablesOverride": [{"name": "TARGETS", "value": "drift"}]}
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    events.put_targets(Rule=name, Targets=[{"Id": "b", "Arn": project, "RoleArn": role, "Input": json.dumps(given)}])

    events.put_events(Entries=[{"Source": name, "DetailType": "x", "Detail": "{}"}])
    if not may_start:
        await_refusal(bench.gateway, project)
    ids = await_until(lambda: builds_of(bench, name), lambda ids: ids or not may_start, 10)

    assert len(ids) == may_start
    for build in map(bench.ended, ids):
        variables = build["environment"]["environmentVariables"]
        assert variables == [{"name": "TARGETS", "value": "drift", "type": "PLAINTEXT"}]
        assert build["initiator"] == f"{name}/events"


def test_a_schedule_starts_a_build_under_its_role(bench: Bench, make_role: Callable[..., str]) -> None:
    """EventBridge's other clock takes the role as a service of another name."""
    project = f"arn:aws:codebuild:{REGION}:{ACCOUNT}:project/{bench.project('clocked')}"
    role = make_role("clocked", policy(("codebuild:StartBuild", project)), "scheduler.amazonaws.com")
    bench.gateway.client("scheduler").create_schedule(
        Name="clocked", ScheduleExpression="at(2020-01-01T00:00:00)", FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": project, "RoleArn": role},
    )  # fmt: skip

    ids = await_until(lambda: builds_of(bench, "clocked"), bool, 30)

    assert bench.ended(ids[0])["buildStatus"] == "SUCCEEDED"
