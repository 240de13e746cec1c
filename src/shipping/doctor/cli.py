"""Tell before an apply what AWS would refuse, from the plan and from the account.

    python -m shipping.doctor.cli --env ENV

The saved plan is looked at where there is one; otherwise one is made for this and thrown away. What sleeps is planned a
second time as it would wake: otherwise Airflow and its network would go unseen until `make wake`. Changes nothing.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from shipping import environments, planning, terraform_root, tools
from shipping.doctor import account_at_hand, live, report, rules
from shipping.doctor.account_at_hand import Account
from shipping.doctor.findings import Finding, Severity
from shipping.doctor.plan import Plan
from shipping.environments import Refused


def plan_json(environment: str) -> dict[str, Any]:
    """The environment's plan as `terraform show -json` tells it."""
    return planning.as_json(environment)


def awake_plan_json(environment: str) -> dict[str, Any]:
    """The plan of the same environment as `make wake` would leave it; made for this and thrown away."""
    return planning.looked_at(environment, asleep=False)


def examine(environment: str) -> tuple[list[Finding], int, str]:
    """All findings, how many checks were asked for them, and in which states where there is more than one."""
    try:
        shown = plan_json(environment)
    except (Refused, tools.ToolMissing) as problem:
        return [_no_plan(environment, problem)], 1, ""
    checks = len(rules.ALL) + len(live.CHECKS)
    by_rules, by_account = _looked_at(shown)
    if not _hides_airflow(shown):
        return [*_folded(by_rules), *by_account], checks, ""
    try:
        awake_by_rules, awake_by_account = _looked_at(awake_plan_json(environment))
    except (Refused, tools.ToolMissing) as problem:
        return [*_folded(by_rules), *by_account, _not_awake(environment, problem)], checks, "as it sleeps only"
    found = [*_folded(_together(awake_by_rules, by_rules)), *_together(awake_by_account, by_account)]
    return found, checks, "as it sleeps and as it would wake"


def _looked_at(shown: dict[str, Any]) -> tuple[list[Finding], list[Finding]]:
    """What the rules find in a plan, and what the account says to it."""
    plan = Plan.from_json(shown, terraform_root.root_folder("platform"))
    account = Account(plan, account_at_hand.client_maker(plan.region))
    return rules.check_all(plan, strict=True), live.check_all(account)


def _hides_airflow(shown: dict[str, Any]) -> bool:
    """Whether the plan leaves out Airflow and its network only because the environment sleeps."""
    values = {name: entry.get("value") for name, entry in shown.get("variables", {}).items()}
    asleep = values.get("asleep") in (True, "true")  # a plan keeps what stood on its command line as it stood there
    return asleep and bool((values.get("airflow") or {}).get("enabled"))


def _together(first: list[Finding], second: list[Finding]) -> list[Finding]:
    """Findings of both, none doubled; the same one may tell other numbers in either state, and the first's count."""
    told = {_told(one) for one in first}
    return [*first, *(one for one in second if _told(one) not in told)]


def _told(one: Finding) -> tuple[str, ...]:
    return one.severity, one.rule, one.address, one.remedy


def _not_awake(environment: str, problem: Exception) -> Finding:
    return Finding(
        "what sleeps is looked at as it would wake, too",
        f"ENV={environment}",
        "not planned awake, so that Airflow and its network were not looked at",
        str(problem),
        Severity.UNCHECKED,
    )


def _no_plan(environment: str, problem: Exception) -> Finding:
    return Finding(
        "an environment can be planned",
        f"ENV={environment}",
        "not planned, so that nothing else was looked at",
        str(problem),
    )


def _folded(found: list[Finding]) -> list[Finding]:
    """Before the first apply a rule cannot look at most policies; people need to know it, and not forty times."""
    unchecked = [one for one in found if one.severity is Severity.UNCHECKED]
    if not unchecked:
        return found
    told = [one for one in found if one.severity is not Severity.UNCHECKED]
    addresses = ", ".join(one.address for one in unchecked[:4]) + (", ..." if len(unchecked) > 4 else "")
    return [
        *told,
        Finding(
            "the rules look at every value of the plan",
            f"{len(unchecked)} resources",
            f"known only after the apply in parts: {addresses}",
            f"Run `make doctor` again after the apply; until then the same rules hold over ENV={environments.LOCAL}, "
            "which `make test` applies.",
            Severity.UNCHECKED,
        ),
    ]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="shipping.doctor", description=__doc__)
    parser.add_argument("--env", default=environments.LOCAL)
    args = parser.parse_args(argv)
    try:
        environments.check_name(args.env)
    except Refused as problem:
        print(f"stockcast: {problem}", file=sys.stderr)
        return 1
    found, checks, states = examine(args.env)
    print(report.shown(found, checks, states))
    return int(any(one.severity is Severity.ERROR for one in found))


if __name__ == "__main__":
    sys.exit(main())
