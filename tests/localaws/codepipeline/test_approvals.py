"""An approval tells a topic, waits, and takes an answer only with its own token."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localaws.codepipeline.toys import Body, Toys, approval, await_until, build, stage


def waiting(toys: Toys, name: str, *before: Body, **configuration: str) -> tuple[str, str]:
    """A pipeline that waits for somebody: execution and token."""
    execution = toys.make(name, *before, stage("Ask", approval(**configuration)), stage("Go", build("Go")))
    return execution, toys.token(name)


def test_an_approved_execution_goes_on(toys: Toys) -> None:
    """The normal way into production."""
    execution, token = waiting(toys, "approved")
    assert toys.execution("approved", execution)["status"] == "InProgress"
    assert "Go" not in toys.actions("approved", execution)

    toys.answer("approved", token, "Approved", "looks good")

    assert toys.ended("approved", execution)["status"] == "Succeeded"
    ask = toys.actions("approved", execution)["Ask"]
    assert ask["updatedBy"] == "arn:aws:iam::123456789012:root"
    assert ask["output"]["executionResult"]["externalExecutionSummary"] == "looks good"


def test_a_rejected_execution_ends_there_with_the_reason(toys: Toys) -> None:
    """A no must keep what was asked from happening."""
    execution, token = waiting(toys, "rejected")

    toys.answer("rejected", token, "Rejected", "not on a Friday")

    ended = toys.ended("rejected", execution)
    assert ended["status"] == "Failed" and "not on a Friday" in ended["statusSummary"]
    assert "Go" not in toys.actions("rejected", execution)


def test_a_wrong_token_and_a_second_answer_are_refused(toys: Toys) -> None:
    """An old mail's link must not approve what stands there now."""
    execution, token = waiting(toys, "tokens")

    with pytest.raises(ClientError, match="InvalidApprovalTokenException"):
        toys.answer("tokens", str(uuid.uuid4()), "Approved")
    assert toys.execution("tokens", execution)["status"] == "InProgress"
    toys.answer("tokens", token, "Approved")
    with pytest.raises(ClientError, match="ApprovalAlreadyCompletedException"):
        toys.answer("tokens", token, "Rejected")

    assert toys.ended("tokens", execution)["status"] == "Succeeded"


def test_the_topic_hears_what_is_asked(toys: Toys) -> None:
    """Who approves reads this mail and nothing else."""
    sqs = toys.gateway.client("sqs")
    queue = sqs.create_queue(QueueName="approvals")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps({"Statement": [allow]})})
    toys.gateway.client("sns").subscribe(TopicArn=toys.topic, Protocol="sqs", Endpoint=arn)

    plan = build("Plan", "CHANGES='2 to add'", namespace="Plan")
    execution, token = waiting(
        toys, "told", stage("Plan", plan), NotificationArn=toys.topic,
        CustomData="#{Plan.CHANGES} in #{codepipeline.PipelineExecutionId}",
        ExternalEntityLink="https://example.com/#{codepipeline.PipelineExecutionId}",
    )  # fmt: skip

    def received() -> dict[str, Any]:
        return dict(sqs.receive_message(QueueUrl=queue))

    message = await_until(received, lambda answer: answer.get("Messages"))["Messages"][0]
    told = json.loads(json.loads(message["Body"])["Message"])
    assert told["approval"]["customData"].startswith("2 to add in ")
    assert told["approval"]["externalEntityLink"] == f"https://example.com/{execution}"
    assert (told["approval"]["pipelineName"], told["approval"]["token"]) == ("told", token)
    toys.answer("told", token, "Rejected")


def test_a_topic_that_the_role_may_not_reach_fails_the_approval(toys: Toys) -> None:
    """An approval of which nobody hears would wait a week."""
    missing = toys.topic + "-that-is-not-there"
    execution = toys.make("unheard", stage("Ask", approval(NotificationArn=missing)), stage("Go", build("Go")))

    ended = toys.ended("unheard", execution)

    assert ended["status"] == "Failed" and missing in ended["statusSummary"]


def test_a_text_that_grew_too_long_is_refused(toys: Toys) -> None:
    """AWS takes 1000 letters; a cut summary could hide the line that matters."""
    plan = build("Plan", "CHANGES=$(printf 'x%.0s' {1..1001})", namespace="Plan")
    execution = toys.make("long", stage("Plan", plan), stage("Ask", approval(CustomData="#{Plan.CHANGES}")))

    ended = toys.ended("long", execution)

    assert ended["status"] == "Failed" and "1001 letters" in ended["statusSummary"]
