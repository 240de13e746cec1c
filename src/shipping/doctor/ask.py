"""How rules ask of a plan and answer: the few shapes that every rule shares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from shipping.doctor import policies
from shipping.doctor.findings import Finding, Severity
from shipping.doctor.plan import Plan, Resource
from shipping.doctor.policies import Request

Rule = Callable[[Plan], Iterable[Finding]]


def must_be_allowed(
    plan: Plan, role: Resource, requests: Iterable[Request], rule: str, *, remedy: str = ""
) -> Iterator[Finding]:
    """A finding for each request that a role would be refused."""
    for request in requests:
        answer = policies.role_may(plan, role, request)
        if answer is None:
            return  # its policies are unknown, and the plan has noted that
        if not answer:
            name = role.get("name")
            yield Finding(
                rule,
                role.address,
                f"the role {name}, which may not do {request}",
                remedy or f"Allow {request.action} in the statements of {name}, and in its permissions boundary.",
            )


def warning(rule: str, address: str, value: str, remedy: str) -> Finding:
    return Finding(rule, address, value, remedy, Severity.WARNING)
