"""SNS subscriptions: mail waits for its owner's confirmation, and nothing is sent to addresses outside this machine.

The emulator confirms mail by itself and posts to whatever https address it is given. It also names a subscription
`pending confirmation` to callers that ask for its ARN.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from ministack.services import sns

from localaws.patches.replace import replace

CONFIRMED_BY_MAIL = ("email", "email-json")
PENDING = "<SubscriptionArn>pending confirmation</SubscriptionArn>"


def apply() -> None:
    """Leave mail unconfirmed; tell the ARN that is asked for; stay on this machine."""
    replace(sns, "_subscribe", _subscribe)
    replace(sns, "_list_subscriptions_by_topic", _list_by_topic)
    replace(sns, "_send_subscription_confirmation", _send_confirmation)


def _subscribe(old: Callable[..., Any], parameters: Any) -> Any:
    before = set(sns._sub_arn_to_topic.keys())
    status, headers, body = old(parameters)
    topic, _ = sns._get_topic(sns._p(parameters, "TopicArn"))
    for subscription in (topic or {}).get("subscriptions", []):
        if subscription["arn"] in before or subscription["arn"] not in sns._sub_arn_to_topic:
            continue
        if subscription["protocol"] in CONFIRMED_BY_MAIL:
            subscription["confirmed"] = False
            subscription["token"] = sns.new_uuid()
            subscription["attributes"] |= {"PendingConfirmation": "true", "ConfirmationWasAuthenticated": "false"}
            sns._refresh_subscription_counts(topic)
        wants_arn = sns._p(parameters, "ReturnSubscriptionArn") == "true"
        if not subscription["confirmed"]:
            told = f"<SubscriptionArn>{subscription['arn']}</SubscriptionArn>"
            body = _replaced(body, *((PENDING, told) if wants_arn else (told, PENDING)))
    return status, _without_length(headers), body


def _list_by_topic(old: Callable[..., Any], parameters: Any) -> Any:
    """AWS lists an unconfirmed subscription as PendingConfirmation, which is no ARN on purpose."""
    status, headers, body = old(parameters)
    topic, _ = sns._get_topic(sns._p(parameters, "TopicArn"))
    for subscription in (topic or {}).get("subscriptions", []):
        if not subscription["confirmed"]:
            listed = f"<SubscriptionArn>{subscription['arn']}</SubscriptionArn>"
            body = _replaced(body, listed, "<SubscriptionArn>PendingConfirmation</SubscriptionArn>")
    return status, _without_length(headers), body


async def _send_confirmation(old: Callable[..., Any], topic: str, subscription: dict[str, Any]) -> None:
    if is_on_this_machine(subscription.get("endpoint", "")):
        await old(topic, subscription)


def is_on_this_machine(url: str) -> bool:
    """Whether a URL names a loopback address."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _replaced(body: Any, old: str, new: str) -> Any:
    return body.replace(old.encode(), new.encode()) if isinstance(body, bytes) else body.replace(old, new)


def _without_length(headers: Any) -> dict[str, Any]:
    return {name: value for name, value in headers.items() if name.lower() != "content-length"}
