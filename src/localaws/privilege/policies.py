"""What a role may do, statement by statement, and whether a request passes it.

The emulator's own matcher decides, so patterns, conditions, NotResource, denials and boundaries count as they do when a
request comes in. What a resource's own policy adds is left out: ours allow nothing to a role by its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from localaws.privilege.decisions import Decision


@dataclass(frozen=True)
class Statement:
    """One statement of a policy, its JSON beside it; `sid` is its place where it has none."""

    sid: str
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    document: Mapping[str, Any]

    def without_action(self, action: str) -> Statement:
        """The same statement with one action less."""
        left = tuple(other for other in self.actions if other != action)
        return replace(self, actions=left, document={**self.document, "Action": list(left)})

    def without_resource(self, resource: str) -> Statement:
        """The same statement with one resource less."""
        left = tuple(other for other in self.resources if other != resource)
        return replace(self, resources=left, document={**self.document, "Resource": list(left)})


@dataclass(frozen=True)
class Policy:
    """A role's inline policy, a managed policy, or a boundary."""

    name: str
    statements: tuple[Statement, ...]

    def with_(self, old: Statement, new: Statement | None) -> Policy:
        """The same policy with one statement exchanged, or without it."""
        changed = (new if statement == old else statement for statement in self.statements)
        return replace(self, statements=tuple(statement for statement in changed if statement is not None))

    def document(self) -> dict[str, Any]:
        """As IAM takes it."""
        return {"Version": "2012-10-17", "Statement": [dict(statement.document) for statement in self.statements]}


@dataclass(frozen=True)
class Role:
    """A role's policies, and what it can never exceed."""

    arn: str
    policies: tuple[Policy, ...]
    boundary: Policy | None = None

    @property
    def name(self) -> str:
        """Its name, without the path."""
        return self.arn.rsplit("/", 1)[-1]

    def with_(self, old: Statement, new: Statement | None) -> Role:
        """The same role with one statement exchanged, or without it, be it a grant's or the boundary's."""
        policies = tuple(policy.with_(old, new) for policy in self.policies)
        return replace(self, policies=policies, boundary=self.boundary and self.boundary.with_(old, new))

    def allows(self, asked: Decision) -> bool:
        """Whether the role's policies, within the boundary, allow this request."""
        context = EvalContext(
            principal_arn=self.arn, principal_type="AssumedRole", principal_account=self.arn.split(":")[4],
            action=asked.action, resource_arn=asked.resource, region=asked.region, source_ip="127.0.0.1",
            secure_transport=True, service_context={key: _thawed(value) for key, value in asked.context},
        )  # fmt: skip
        limits = [[parse_policy_document(self.boundary.document())]] if self.boundary else []
        granted = [parse_policy_document(policy.document()) for policy in self.policies]
        return bool(evaluate(context, granted, *limits).decision == "Allow")


def policy(name: str, document: Mapping[str, Any]) -> Policy:
    """A policy from its document."""
    return Policy(name, tuple(_statement(given, n) for n, given in enumerate(_listed(document["Statement"]), 1)))


def of_role(iam: Any, name: str) -> Role:
    """A role as it stands: inline policies, attached ones, boundary. `iam` is a boto3 client."""
    role = iam.get_role(RoleName=name)["Role"]
    inline = [
        policy(one, iam.get_role_policy(RoleName=name, PolicyName=one)["PolicyDocument"])
        for one in iam.list_role_policies(RoleName=name)["PolicyNames"]
    ]
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    managed = [_managed(iam, one["PolicyArn"]) for one in attached]
    return Role(role["Arn"], tuple(inline + managed), _managed(iam, boundary) if boundary else None)


def _managed(iam: Any, arn: str) -> Policy:
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    return policy(arn.rsplit("/", 1)[-1], document)


def _statement(given: Mapping[str, Any], number: int) -> Statement:
    return Statement(
        str(given.get("Sid") or f"statement {number}"), str(given["Effect"]),
        tuple(_listed(given.get("Action"))), tuple(_listed(given.get("Resource"))), given,
    )  # fmt: skip


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str | Mapping) else [value]


def _thawed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
