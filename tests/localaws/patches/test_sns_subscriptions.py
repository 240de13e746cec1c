"""Mail waits for its owner, and nothing leaves this machine."""

from __future__ import annotations

from typing import Any

import pytest
from tests.localaws.helpers import Gateway

from localaws.patches.sns_subscriptions import is_on_this_machine


@pytest.fixture
def sns(gateway: Gateway) -> Any:
    """SNS as root."""
    return gateway.client("sns")


@pytest.mark.parametrize(
    ("protocol", "endpoint"),
    [("email", "a@example.com"), ("email-json", "b@example.com"), ("https", "https://127.0.0.1:9/hook")],
)
def test_whoever_must_confirm_is_pending(sns: Any, protocol: str, endpoint: str) -> None:
    """The doctor looks for these: an alert to an unconfirmed address reaches nobody."""
    topic = sns.create_topic(Name=f"to-{protocol}")["TopicArn"]

    arn = sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint, ReturnSubscriptionArn=True)

    attributes = sns.get_subscription_attributes(SubscriptionArn=arn["SubscriptionArn"])["Attributes"]
    assert attributes["PendingConfirmation"] == "true"
    [listed] = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert listed["SubscriptionArn"] == "PendingConfirmation"
    assert sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SubscriptionsPending"] == "1"


def test_a_caller_that_does_not_ask_gets_no_arn(sns: Any) -> None:
    """As on AWS."""
    topic = sns.create_topic(Name="no-arn")["TopicArn"]

    made = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com")

    assert made["SubscriptionArn"] == "pending confirmation"


def test_a_queue_needs_no_confirmation(sns: Any) -> None:
    topic = sns.create_topic(Name="to-queue")["TopicArn"]

    arn = sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:q", ReturnSubscriptionArn=True
    )["SubscriptionArn"]

    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"][0]["SubscriptionArn"] == arn


@pytest.mark.parametrize(
    ("url", "is_here"),
    [
        ("http://127.0.0.1:9/x", True), ("https://localhost/x", True), ("https://[::1]/x", True),
        ("https://hooks.slack.com/x", False), ("https://127.0.0.1.example.com/", False), ("", False),
    ],
)  # fmt: skip
def test_only_this_machine_is_written_to(url: str, is_here: bool) -> None:
    """A values file with a real address must not call it from a laptop."""
    assert is_on_this_machine(url) is is_here
