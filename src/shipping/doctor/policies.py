"""Policies as a plan writes them, and whether they let a request through.

Enough of IAM's evaluation to ask "may this role do that": actions and resources with wildcards, Not*, the conditions
that our policies use, Deny before Allow, and a permissions boundary that must allow as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from shipping.doctor.plan import UNKNOWN, Plan, Resource

# Where a policy stands, by type of resource; these are JSON documents in a string.
WRITTEN_IN = {
    "aws_iam_policy": ("policy",),
    "aws_iam_role": ("assume_role_policy",),
    "aws_iam_role_policy": ("policy",),
    "aws_kms_key": ("policy",),
    "aws_s3_bucket_policy": ("policy",),
    "aws_sns_topic_policy": ("policy",),
    "aws_sqs_queue": ("policy",),
    "aws_sqs_queue_policy": ("policy",),
}


@dataclass(frozen=True)
class Request:
    """What somebody wants to do: an action on a resource, and what AWS tells policies beside it."""

    action: str
    resource: str = "*"
    context: Mapping[str, str] = field(default_factory=dict)
    service: str = ""  # the principal that asks, for policies of resources

    def __str__(self) -> str:
        beside = "".join(f", {key} = {value}" for key, value in self.context.items())
        return f"{self.action} on {self.resource}{beside}"


@dataclass(frozen=True)
class Statement:
    """One statement, with every field that may be one or many made many."""

    sid: str
    effect: str
    actions: tuple[str, ...]
    not_actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_resources: tuple[str, ...]
    services: tuple[str, ...]
    others: tuple[str, ...]  # principals that are no services: `*`, accounts, roles
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]

    def matches(self, request: Request) -> bool:
        """Whether the statement is about this request."""
        if request.service and not (request.service in self.services or "*" in self.others):
            return False
        return self._means(request) and all(_holds(condition, request.context) for condition in self.conditions)

    def _means(self, request: Request) -> bool:
        acts = (
            _any(self.actions, request.action.lower(), lower=True)
            if self.actions
            else (not _any(self.not_actions, request.action.lower(), lower=True))
        )
        on = (
            _any(self.resources, request.resource) if self.resources else not _any(self.not_resources, request.resource)
        )
        return acts and (on or not (self.resources or self.not_resources))

    def values_of(self, key: str) -> tuple[str, ...]:
        """The values that a condition on this key asks for, whichever its operator."""
        return tuple(v for _, name, values in self.conditions if name.lower() == key.lower() for v in values)


@dataclass(frozen=True)
class Document:
    """A policy and the resource that holds it."""

    holder: Resource
    statements: tuple[Statement, ...]
    text: str

    @property
    def address(self) -> str:
        return self.holder.address


def documents(plan: Plan, *types: str) -> list[Document]:
    """Every policy whose text is known, of these types of holders or of all. An unknown one is noted by the plan."""
    found = []
    for resource in plan.of_type(*(types or tuple(WRITTEN_IN))):
        for attribute in WRITTEN_IN[resource.type]:
            text = resource.get(attribute)
            if text is not UNKNOWN and text:
                found.append(Document(resource, statements(text), text))
    return found


def of_role(plan: Plan, role: Resource) -> list[Document] | None:
    """What a role may do: its inline policies, and the managed ones of this plan that are attached. None: not known."""
    held = [
        policy for policy in plan.of_type("aws_iam_role_policy") if role in plan.linked(policy, "role", "aws_iam_role")
    ]
    for attachment in plan.of_type("aws_iam_role_policy_attachment"):
        if role in plan.linked(attachment, "role", "aws_iam_role"):
            held += plan.linked(attachment, "policy_arn", "aws_iam_policy")
    if any(not policy.known("policy") for policy in held):
        return None
    return [Document(policy, statements(policy.get("policy")), policy.get("policy")) for policy in held]


def boundary_of(plan: Plan, role: Resource) -> list[Statement] | None:
    """The statements of a role's permissions boundary; None where it has none or it is not known."""
    if role.get("permissions_boundary") in (None, ""):
        return None
    for policy in plan.linked(role, "permissions_boundary", "aws_iam_policy"):
        text = policy.get("policy")
        if text is not UNKNOWN:
            return list(statements(text))
    return None


def allows(written: Iterable[Statement], request: Request) -> bool:
    """Whether these statements together let a request through."""
    about = [statement for statement in written if statement.matches(request)]
    return any(s.effect == "Allow" for s in about) and not any(s.effect == "Deny" for s in about)


def role_may(plan: Plan, role: Resource, request: Request) -> bool | None:
    """Whether a role may do something, its boundary included; None where its policies are not known."""
    held = of_role(plan, role)
    if held is None:
        return None
    boundary = boundary_of(plan, role)
    if role.get("permissions_boundary") is UNKNOWN and boundary is None:
        return None
    return allows([s for d in held for s in d.statements], request) and (boundary is None or allows(boundary, request))


def trusted_services(role: Resource) -> set[str]:
    """The service principals that may take a role; empty where its trust policy is not known."""
    text = role.get("assume_role_policy")
    return set() if text is UNKNOWN or not text else {one for s in statements(text) for one in s.services}


@lru_cache(maxsize=512)
def statements(text: str) -> tuple[Statement, ...]:
    """The statements of a policy's JSON."""
    written = json.loads(text).get("Statement", [])
    return tuple(_statement(body) for body in _many(written))


def _statement(body: dict[str, Any]) -> Statement:
    principal = body.get("Principal", {})
    by_kind = principal if isinstance(principal, dict) else {"AWS": principal}
    conditions = body.get("Condition") or {}
    return Statement(
        sid=body.get("Sid", ""),
        effect=body["Effect"],
        actions=_strings(body.get("Action")),
        not_actions=_strings(body.get("NotAction")),
        resources=_strings(body.get("Resource")),
        not_resources=_strings(body.get("NotResource")),
        services=_strings(by_kind.get("Service")),
        others=tuple(one for kind, who in by_kind.items() if kind != "Service" for one in _strings(who)),
        conditions=tuple(
            (test, key, _strings(values)) for test, asked in conditions.items() for key, values in asked.items()
        ),
    )


def _many(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in _many(value))


def _any(patterns: Iterable[str], value: str, *, lower: bool = False) -> bool:
    return any(like(pattern.lower() if lower else pattern, value) for pattern in patterns)


@lru_cache(maxsize=4096)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile("".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in text), re.DOTALL)


def like(pattern: str, value: str) -> bool:
    """IAM's wildcards: * for any length, ? for one character."""
    return _pattern(pattern).fullmatch(value) is not None


def _holds(condition: tuple[str, str, tuple[str, ...]], context: Mapping[str, str]) -> bool:
    """Whether one condition holds. A key that the request lacks fails, unless the operator forgives or negates."""
    test, key, wanted = condition
    name = test.removesuffix("IfExists")
    name = name.partition(":")[2] or name  # ForAllValues:StringLike and its like
    had = {known.lower(): value for known, value in context.items()}.get(key.lower())
    negated = "Not" in name
    if name == "Null":
        return (had is None) == (wanted[0].lower() == "true")
    if had is None:
        return negated or test.endswith("IfExists") or test.startswith("ForAllValues:")
    wild = "Like" in name or name.startswith("Arn")
    met = any(
        like(one, had) if wild else one.lower() == had.lower() if name == "Bool" else one == had for one in wanted
    )
    return met != negated
