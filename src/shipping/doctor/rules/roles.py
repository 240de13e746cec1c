"""Roles: who may take them, what they may pass on, and how much text IAM takes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shipping.doctor import policies
from shipping.doctor.findings import Finding
from shipping.doctor.plan import UNKNOWN, Plan, Resource
from shipping.doctor.policies import Document, Statement

INLINE, MANAGED, TRUST = 10240, 6144, 2048  # characters, white space left out; inline ones are counted per role
BY_NAME = {
    "aws:PrincipalArn": re.compile(r"arn:[a-z-]+:iam::\d{12}:role/[\w+=,.@/-]+"),
    "token.actions.githubusercontent.com:sub": re.compile(r"repo:[\w.-]+(@\d+)?/[\w.-]+(@\d+)?:[\w/:-]+"),
}
SENDS_NO_ACCOUNT = {"lambda.amazonaws.com"}  # Lambda takes a function's role without aws:SourceAccount


def trust_services_only(plan: Plan) -> Iterator[Finding]:
    for document in policies.documents(plan, "aws_iam_role"):
        for statement in document.statements:
            if statement.effect == "Allow" and (statement.others or not statement.services) and not _names(statement):
                yield Finding(
                    "a role is taken by named services, by no account and no user",
                    document.address,
                    f"trusted by {', '.join(statement.others) or 'nobody'}",
                    "Name the service in trusted_services, or the roles in a condition on aws:PrincipalArn.",
                )


def _names(statement: Statement) -> bool:
    """Whether a condition names one by one who may take the role: deploy roles trust builds, or GitHub's jobs, so."""
    return any(
        test in ("ArnEquals", "StringEquals") and values and all(BY_NAME[key].fullmatch(value) for value in values)
        for test, key, values in statement.conditions
        if key in BY_NAME
    )


def trust_for_this_account_only(plan: Plan) -> Iterator[Finding]:
    """Otherwise a service could be talked into using our role on behalf of somebody else (the confused deputy)."""
    for document in policies.documents(plan, "aws_iam_role"):
        for statement in document.statements:
            if set(statement.services) - SENDS_NO_ACCOUNT and statement.values_of("aws:SourceAccount") != (
                plan.account_id,
            ):
                yield Finding(
                    "a service takes a role of ours for this account only",
                    document.address,
                    f"trusted by {', '.join(statement.services)} whoever asks",
                    "Pass trusted_account_id to modules/role.",
                )
            if set(statement.services) & SENDS_NO_ACCOUNT and statement.values_of("aws:SourceAccount"):
                yield Finding(
                    "Lambda does not send aws:SourceAccount when it takes a function's role",
                    document.address,
                    "trusted under that condition, so that no call would ever start",
                    "Leave trusted_account_id out for lambda.amazonaws.com.",
                )


def granting(plan: Plan) -> list[Document]:
    """Policies that grant something: roles' own and managed ones, save boundaries, which only limit."""
    limits = [
        boundary
        for role in plan.of_type("aws_iam_role")
        if role.get("permissions_boundary") not in (None, "", UNKNOWN)
        for boundary in plan.linked(role, "permissions_boundary", "aws_iam_policy")
    ]
    held = policies.documents(plan, "aws_iam_policy", "aws_iam_role_policy")
    return [d for d in held if d.holder not in limits and not _is_boundary(d.holder)]


def _is_boundary(holder: Resource) -> bool:
    name = holder.get("name")
    return holder.type == "aws_iam_policy" and isinstance(name, str) and name.endswith("-boundary")


def allow_no_whole_service(plan: Plan) -> Iterator[Finding]:
    for document in granting(plan):
        for statement in document.statements:
            wide = [action for action in statement.actions if action == "*" or action.endswith(":*")]
            if statement.effect == "Allow" and (wide or statement.not_actions):
                yield Finding(
                    "a policy names the actions that it allows",
                    document.address,
                    f"allowing {', '.join(wide) or 'all but some actions'} in {statement.sid or 'a statement'}",
                    "Name the actions that are used.",
                )


def pass_roles_to_named_services(plan: Plan) -> Iterator[Finding]:
    for document in granting(plan):
        for statement in document.statements:
            if statement.effect != "Allow" or not any(
                policies.like(a.lower(), "iam:passrole") for a in statement.actions
            ):
                continue
            if not statement.values_of("iam:PassedToService") or "*" in statement.resources:
                yield Finding(
                    "iam:PassRole names the roles and the service they are passed to",
                    document.address,
                    f"passing {', '.join(statement.resources)} to "
                    + (", ".join(statement.values_of("iam:PassedToService")) or "any service"),
                    "Name the roles, and add the condition StringEquals iam:PassedToService.",
                )


def pass_roles_to_services_that_they_trust(plan: Plan) -> Iterator[Finding]:
    by_arn = {
        f"arn:{plan.partition}:iam::{plan.account_id}:role/{r.get('name')}": r for r in plan.of_type("aws_iam_role")
    }
    for document in granting(plan):
        for statement in document.statements:
            passed = [
                by_arn[arn] for arn in statement.resources if arn in by_arn and "iam:PassRole" in statement.actions
            ]
            for role in passed:
                strangers = set(statement.values_of("iam:PassedToService")) - policies.trusted_services(role)
                if strangers:
                    yield Finding(
                        "a role is passed to services that it trusts",
                        document.address,
                        f"passing {role.get('name')} to {', '.join(sorted(strangers))}",
                        "Pass it to the service that takes it, and to no other.",
                    )


def are_short_enough(plan: Plan) -> Iterator[Finding]:
    for role in plan.of_type("aws_iam_role"):
        inline = [
            policy.get("policy")
            for policy in plan.of_type("aws_iam_role_policy")
            if role in plan.linked(policy, "role", "aws_iam_role")
        ]
        if UNKNOWN not in inline:
            yield from _length(role, sum(map(_characters, inline)), INLINE, "the inline policies of a role")
        if (trust := role.get("assume_role_policy")) is not UNKNOWN:
            yield from _length(role, _characters(trust), TRUST, "a role's trust policy")
    for document in policies.documents(plan, "aws_iam_policy"):
        yield from _length(document.holder, _characters(document.text), MANAGED, "a managed policy")


def _length(holder: Resource, length: int, most: int, what: str) -> Iterator[Finding]:
    if length > most:
        yield Finding(
            f"{what} together have at most {most} characters"
            if what.startswith("the ")
            else f"{what} has at most {most} characters",
            holder.address,
            f"{length} characters long",
            "Join statements that differ in one list only, or shorten lists by a pattern.",
        )


def _characters(text: str) -> int:
    return len(re.sub(r"\s", "", text))


def have_no_statement_twice(plan: Plan) -> Iterator[Finding]:
    """IAM refuses a policy whose statement ids repeat."""
    for document in policies.documents(plan):
        sids = [statement.sid for statement in document.statements if statement.sid]
        if twice := sorted({sid for sid in sids if sids.count(sid) > 1}):
            yield Finding(
                "statement ids within a policy differ",
                document.address,
                f"made with {', '.join(twice)} more than once",
                "Rename one.",
            )
        if bad := [sid for sid in sids if document.holder.type.startswith("aws_iam") and not sid.isalnum()]:
            yield Finding(
                "statement ids of IAM policies are letters and digits",
                document.address,
                f"made with {', '.join(bad)}",
                "Rename them.",
            )


RULES = (
    trust_services_only,
    trust_for_this_account_only,
    allow_no_whole_service,
    pass_roles_to_named_services,
    pass_roles_to_services_that_they_trust,
    are_short_enough,
    have_no_statement_twice,
)
