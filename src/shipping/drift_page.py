"""What differs between AWS and the state, from a refresh-only plan in JSON, in words that may be mailed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shipping.review import differences
from shipping.review.differences import Difference
from shipping.review.secrets import without_secrets

SUBJECT_LENGTH = 100  # what SNS takes
LONGEST_BODY = 30_000

# What changes without anybody's hand, with the reason. Type of resource -> attribute -> why.
BY_ITSELF = {
    "aws_glue_catalog_table": {
        "parameters": "a crawler counts there what it saw",
    },
    "aws_lambda_function": {
        "last_modified": "follows every change, which is told by itself",
    },
    "aws_mwaa_environment": {
        "last_updated": "MWAA's weekly maintenance writes it",
        "status": "`make verify` tells it",
    },
    "aws_sns_topic_subscription": {
        "confirmation_was_authenticated": "whoever subscribed has confirmed",
        "pending_confirmation": "whoever subscribed has confirmed",
    },
}


@dataclass(frozen=True)
class Drift:
    """One resource that differs: gone altogether, or in the attributes told."""

    address: str
    is_gone: bool
    told: tuple[Difference, ...]

    def __str__(self) -> str:
        return "\n  ".join([self.address, *(["is gone"] if self.is_gone else map(str, self.told))])


def drifted(plan: Mapping[str, Any]) -> list[Drift]:
    """Managed resources that differ by more than what changes by itself, sorted by address."""
    found = []
    for entry in plan.get("resource_drift", []):
        change = entry["change"]
        if entry.get("mode", "managed") != "managed":
            continue
        is_gone = "delete" in change["actions"]
        told = () if is_gone else tuple(_differences(entry["type"], change))
        if is_gone or told:
            found.append(Drift(entry["address"], is_gone, told))
    return sorted(found, key=lambda one: one.address)


def _differences(kind: str, change: Mapping[str, Any]) -> Iterator[Difference]:
    """Without secrets; values only where they can do no harm, as in a plan's review."""
    before = without_secrets(change.get("before") or {}, change.get("before_sensitive"))
    after = without_secrets(change.get("after") or {}, change.get("after_sensitive"))
    for one in differences.between(before, after):
        if one.path.split(".")[0] not in BY_ITSELF.get(kind, {}):
            yield one


def subject(environment: str, found: list[Drift]) -> str:
    return f"Stockcast {environment}: {len(found)} resources changed past Terraform"[:SUBJECT_LENGTH]


def written(environment: str, found: list[Drift], busy: str) -> str:
    """The mail. `busy` tells who deploys just now, if anybody does."""
    parts = [
        f"In {environment}, {len(found)} resources differ from what Terraform made: somebody changed them past it.",
        *([busy] if busy else []),
        "\n".join(map(str, found)),
        f"`make plan ENV={environment}` shows what the next apply undoes. What it does not show, such as a rule or a "
        "policy beside ours, stays until somebody removes it by hand. Write into the code what is to stay.",
    ]
    body = "\n\n".join(parts)
    return body if len(body) <= LONGEST_BODY else f"{body[:LONGEST_BODY]}\n... and more: `make drift ENV={environment}`"
