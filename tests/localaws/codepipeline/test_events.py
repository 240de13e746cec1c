"""Rules hear of every change, so that a topic can tell of a failure, and start pipelines."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.localaws.codepipeline.toys import Body, Toys, build, skipped, stage
from tests.localaws.helpers import ACCOUNT, REGION, await_refusal, await_until, policy


def test_a_rule_hears_of_a_failed_execution_its_stage_and_its_action(toys: Toys) -> None:
    """A pipeline that fails at night in silence was never watched."""
    sqs, events = toys.gateway.client("sqs"), toys.gateway.client("events")
    queue = sqs.create_queue(QueueName="heard")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps({"Statement": [allow]})})
    pattern = {"source": ["aws.codepipeline"], "detail": {"pipeline": ["heard"]}}
    events.put_rule(Name="heard", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="heard", Targets=[{"Id": "queue", "Arn": arn}])

    execution = toys.make("heard", stage("Build", build("Break", "exit 1")))
    toys.ended("heard", execution)

    heard: list[dict[str, Any]] = []

    def receive() -> dict[str, Any]:
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            heard.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return {"states": {(one["detail-type"], one["detail"]["state"]) for one in heard}}

    wanted = {
        ("CodePipeline Pipeline Execution State Change", "STARTED"),
        ("CodePipeline Pipeline Execution State Change", "FAILED"),
        ("CodePipeline Stage Execution State Change", "STARTED"),
        ("CodePipeline Stage Execution State Change", "FAILED"),
        ("CodePipeline Action Execution State Change", "STARTED"),
        ("CodePipeline Action Execution State Change", "SUCCEEDED"),
        ("CodePipeline Action Execution State Change", "FAILED"),
    }
    await_until(receive, lambda found: found["states"] >= wanted)
    failed = next(one for one in heard if one["detail"]["state"] == "FAILED" and one["detail"].get("action") == "Break")
    assert failed["detail"]["execution-id"] == execution and failed["detail"]["stage"] == "Build"
    assert "exit status 1" in failed["detail"]["execution-result"]["external-execution-summary"]
    assert failed["detail"]["type"] == {"owner": "AWS", "category": "Build", "provider": "CodeBuild", "version": "1"}
    assert failed["resources"] == [f"arn:aws:codepipeline:us-east-1:{toys.gateway.account_id}:heard"]


@pytest.mark.parametrize("may_start", [True, False])
def test_a_rule_starts_a_pipeline_under_its_targets_role(
    toys: Toys, make_role: Callable[..., str], may_start: bool
) -> None:
    """The daily look for drift begins like this; a rule without the right must not start anything."""
    name = f"by-rule-{may_start}"
    toys.ended(name, toys.make(name, skipped("Go")))
    arn = f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:{name}"
    allowed = policy(("codepipeline:StartPipelineExecution", arn if may_start else f"{arn}-other"))
    role, events = make_role(name, allowed, "events.amazonaws.com"), toys.gateway.client("events")
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    events.put_targets(Rule=name, Targets=[{"Id": "pipeline", "Arn": arn, "RoleArn": role}])

    events.put_events(Entries=[{"Source": name, "DetailType": "x", "Detail": "{}"}])
    if not may_start:
        await_refusal(toys.gateway, arn)
    started = newest_of_two(toys, name, 10 if may_start else 0)

    assert bool(started) == may_start
    if started:
        assert toys.ended(name, started["pipelineExecutionId"])["status"] == "Succeeded"
        assert f"assumed-role/{name}/events" in started["trigger"]["triggerDetail"]


def test_a_schedule_starts_a_pipeline_under_its_role(toys: Toys, make_role: Callable[..., str]) -> None:
    """EventBridge's other clock takes the role as a service of another name."""
    toys.ended("by-clock", toys.make("by-clock", skipped("Go")))
    arn = f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:by-clock"
    allowed = policy(("codepipeline:StartPipelineExecution", arn))
    role = make_role("by-clock", allowed, "scheduler.amazonaws.com")

    toys.gateway.client("scheduler").create_schedule(
        Name="by-clock", ScheduleExpression="at(2020-01-01T00:00:00)", FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn, "RoleArn": role},
    )  # fmt: skip

    assert newest_of_two(toys, "by-clock", 30)


def newest_of_two(toys: Toys, name: str, seconds: float) -> Body:
    """The execution after the first, which has to come within so long; with 0 seconds it may be missing."""

    def listed() -> list[Body]:
        found: list[Body] = toys.client.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]
        return found

    found = await_until(listed, lambda found: len(found) > 1 or not seconds, seconds)
    return dict(found[0]) if len(found) > 1 else {}
