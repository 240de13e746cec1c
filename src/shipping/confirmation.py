"""Before something that cannot be taken back: whether it would take protected data, and a name that a person types."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from shipping.environments import Refused

# What holds data, and the word that lets Terraform destroy it with what it holds; `protect_data` sets both.
GUARDS = {"aws_ecr_repository": "force_delete", "aws_s3_bucket": "force_destroy"}


def ask(given: str, expected: str, to_do: str) -> None:
    """Go on only where the name was given beforehand (CONFIRM=...) or is typed now; without a terminal nobody can."""
    if given != expected and sys.stdin.isatty():
        given = input(f"Type {expected} to {to_do}: ").strip()
    if given != expected:
        raise Refused(f"not confirmed, nothing was changed. Type the name, or give CONFIRM={expected}.")


def protected(plan: Mapping[str, Any]) -> list[str]:
    """What stands protected as a plan (as JSON) begins, also where the plan would unprotect it: addresses and why."""
    found = []
    for change in plan.get("resource_changes", []):
        guard, before = GUARDS.get(change["type"]), change["change"].get("before")
        if guard and before and before.get(guard) is not True:
            found.append(f"{change['address']} ({guard} is {json.dumps(before.get(guard))})")
    return found


def check_unprotected(environment: str, plan: Mapping[str, Any], *, protect_data: bool) -> None:
    """Refuse the removal of protected data before anything is removed.

    AWS refuses buckets and repositories that hold something, but only once the models are gone and the key to the
    data is on its way out.
    """
    values = f"envs/{environment}/platform.tfvars"
    why = [f"protect_data is true in {values}"] if protect_data else []
    why += protected(plan)
    if why:
        listed = "\n  ".join(why)
        raise Refused(
            f"{environment} is protected; only an environment whose data is not protected is destroyed:\n  {listed}\n"
            f"Nothing was removed. If the data may go: set protect_data = false in {values}, run "
            f"`make plan ENV={environment}` and `make apply ENV={environment}`, then `make destroy ENV={environment}`."
        )
