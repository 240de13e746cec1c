"""Tell before an apply what AWS would refuse, from the plan and from the account.

    python -m shipping.doctor.cli --env ENV

The saved plan is looked at where there is one; otherwise one is made for this and thrown away. Changes nothing.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from shipping import environments, tools
from shipping.doctor import account_at_hand, live, report, rules
from shipping.doctor.account_at_hand import Account
from shipping.doctor.findings import Finding, Severity
from shipping.doctor.plan import Plan
from shipping.environments import Refused

PLATFORM = tools.ROOT / "terraform" / "platform"


def plan_json(environment: str) -> dict[str, Any]:
    """The environment's plan as `terraform show -json` tells it."""
    from shipping import planning  # only now: whoever reads a plan's rules needs no Terraform

    return planning.as_json(environment)


def examine(environment: str) -> tuple[list[Finding], int]:
    """All findings, and how many checks were asked for them."""
    try:
        shown = plan_json(environment)
    except (Refused, tools.ToolMissing) as problem:
        return [_no_plan(environment, problem)], 1
    plan = Plan.from_json(shown, PLATFORM)
    found = rules.check_all(plan, strict=True)
    account = Account(plan, account_at_hand.client_maker(plan.region))
    return [*_folded(found), *live.check_all(account)], len(rules.ALL) + len(live.CHECKS)


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
    found, checks = examine(args.env)
    print(report.shown(found, checks))
    return int(any(one.severity is Severity.ERROR for one in found))


if __name__ == "__main__":
    sys.exit(main())
