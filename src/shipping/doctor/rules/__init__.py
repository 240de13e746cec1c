"""Every check over a plan, and one call that makes them all."""

from __future__ import annotations

from collections.abc import Iterator

from shipping.doctor.ask import Rule
from shipping.doctor.findings import Finding, Severity
from shipping.doctor.plan import Plan
from shipping.doctor.rules import (
    actions,
    airflow_environment,
    airflow_network,
    airflow_role,
    alarms,
    arns,
    buckets,
    functions,
    keys,
    roles,
    sagemaker,
    shapes,
    state_access,
    topics,
)

ALL: tuple[Rule, ...] = (
    *airflow_environment.RULES,
    *airflow_network.RULES,
    *airflow_role.RULES,
    *buckets.RULES,
    *keys.RULES,
    *topics.RULES,
    *alarms.RULES,
    *functions.RULES,
    *sagemaker.RULES,
    *roles.RULES,
    *actions.RULES,
    *arns.RULES,
    *shapes.RULES,
    *state_access.RULES,
)


def check_all(plan: Plan, *, strict: bool = False) -> list[Finding]:
    """Every finding of every rule. `strict` adds what no rule could look at, because only the apply will tell it."""
    plan.unanswered.clear()
    found = list(dict.fromkeys(finding for rule in ALL for finding in rule(plan)))
    return [*found, *_unchecked(plan)] if strict else found


def _unchecked(plan: Plan) -> Iterator[Finding]:
    by_address: dict[str, list[str]] = {}
    for address, path in sorted(plan.unanswered):
        by_address.setdefault(address, []).append(path)
    for address, paths in by_address.items():
        yield Finding(
            "a rule looks at this",
            address,
            f"known after apply in {', '.join(paths)}",
            "Nothing to do: plan again after the apply, and it is looked at then.",
            Severity.UNCHECKED,
        )
