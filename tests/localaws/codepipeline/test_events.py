"""Rules hear of every change, so that a topic can tell of a failure."""

from __future__ import annotations

import json
from typing import Any

from tests.localaws.codepipeline.toys import Toys, await_until, build, stage


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
