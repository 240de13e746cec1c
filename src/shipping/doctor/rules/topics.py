"""The topic that tells people: who sends, who may, and who never hears."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shipping.doctor import policies
from shipping.doctor.findings import Finding
from shipping.doctor.plan import UNKNOWN, Plan
from shipping.doctor.policies import Request

# Which resources make a service send to a topic; alarms and rules are always meant to.
SENDERS = {
    "budgets.amazonaws.com": "aws_budgets_budget",
    "cloudwatch.amazonaws.com": None,
    "costalerts.amazonaws.com": "aws_ce_anomaly_subscription",
    "events.amazonaws.com": None,
}
TELLS_NO_ACCOUNT = {"events.amazonaws.com"}  # EventBridge sends without saying for whom; no condition may ask for it
MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def senders(plan: Plan) -> list[str]:
    """The services that send alerts in this plan."""
    return [service for service, kind in SENDERS.items() if kind is None or any(True for _ in plan.of_type(kind))]


def let_their_senders_publish(plan: Plan) -> Iterator[Finding]:
    for policy in plan.of_type("aws_sns_topic_policy"):
        text = policy.get("policy")
        if text is UNKNOWN:
            continue
        for service in senders(plan):
            request = Request("sns:Publish", policy.get("arn"), _context(plan, service), service)
            if not policies.allows(policies.statements(text), request):
                yield Finding(
                    "the alerts topic lets every service publish that sends alerts here",
                    policy.address,
                    f"made with a policy that refuses {service}",
                    f"Allow sns:Publish to {service} for this account.",
                )


def _context(plan: Plan, service: str) -> dict[str, str]:
    """What SNS tells policies when a service publishes for this account."""
    if service in TELLS_NO_ACCOUNT:
        return {"aws:SecureTransport": "true"}
    source = f"arn:{plan.partition}:{service.partition('.')[0]}:{plan.region}:{plan.account_id}:x"
    return {"aws:SecureTransport": "true", "aws:SourceAccount": plan.account_id, "aws:SourceArn": source}


def refuse_strangers(plan: Plan) -> Iterator[Finding]:
    for policy in plan.of_type("aws_sns_topic_policy"):
        text = policy.get("policy")
        if text is UNKNOWN:
            continue
        for service in set(senders(plan)) - TELLS_NO_ACCOUNT:
            context = {"aws:SourceAccount": "000000000000", "aws:SecureTransport": "true"}
            if policies.allows(policies.statements(text), Request("sns:Publish", policy.get("arn"), context, service)):
                yield Finding(
                    "a service publishes to our topic for this account only",
                    policy.address,
                    f"open to {service} on behalf of any account",
                    "Add the condition StringEquals aws:SourceAccount.",
                )


def every_topic_has_a_policy(plan: Plan) -> Iterator[Finding]:
    for topic in plan.of_type("aws_sns_topic"):
        if not any(topic in plan.linked(one, "arn", "aws_sns_topic") for one in plan.of_type("aws_sns_topic_policy")):
            yield Finding(
                "every topic says who may publish",
                topic.address,
                "made without aws_sns_topic_policy, so that no service may",
                "Add one that names the senders.",
            )


def reach_addresses_that_can_be_reached(plan: Plan) -> Iterator[Finding]:
    for subscription in plan.of_type("aws_sns_topic_subscription"):
        protocol, to = subscription.get("protocol"), subscription.get("endpoint")
        if to is UNKNOWN:
            continue
        good = {
            "email": MAIL.fullmatch(to),
            "email-json": MAIL.fullmatch(to),
            "https": to.startswith("https://"),
        }.get(protocol, True)
        if not good:
            yield Finding(
                f"a subscription by {protocol} has an address that fits",
                subscription.address,
                f"sent to {to!r}",
                "Give a mail address for email, an https:// address for https.",
            )


RULES = (
    every_topic_has_a_policy,
    let_their_senders_publish,
    refuse_strangers,
    reach_addresses_that_can_be_reached,
)
