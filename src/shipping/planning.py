"""Make a plan of an environment: who may, with which values, from which packages; and read it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import boto3

from shipping import (
    account,
    airflow_requirements,
    environments,
    package,
    saved_plan,
    state_head,
    state_lock,
    terraform_root,
    tools,
    values,
)
from shipping.environments import Refused
from shipping.saved_plan import SavedPlan
from shipping.state_head import StateHead
from shipping.terraform_root import UNATTENDED, TerraformRoot
from shipping.values import Values


def announce(environment: str) -> None:
    """Tell which AWS is meant, on stderr: stdout belongs to Terraform's plan and to outputs."""
    say(f"{environment}: {environments.target(environment, os.environ)}")


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def checked(environment: str) -> Values:
    """The environment's values, once it is sure that the credentials at hand lead to the account they name."""
    announce(environment)
    found = values.of(environment)
    account.check(environment, found, values.backend_of(environment))
    return found


def initialised(environment: str, *, quietly: bool) -> TerraformRoot:
    root = terraform_root.platform(environment)
    root.init(quietly=quietly)
    return root


def save_plan(
    environment: str, saved: SavedPlan, *kind: str, asleep: bool | None = None, quietly: bool = False
) -> TerraformRoot:
    """Make and save a plan of an environment; `asleep` overrides how the environment is now. Returns its root.

    A job of GitHub has a log that everybody may read where the repository is public, and Terraform's own words name
    accounts, ARNs and who hears of alerts. There the plan is kept quiet, and `make review` tells what is harmless.
    """
    quietly = quietly or _log_may_be_public()
    found = checked(environment)
    saved.make_room()
    root = prepared(environment, found, quietly=quietly)
    planned_on = state_now(environment, found)
    options = value_options(environment, rest_option(environment, root, found, asleep))
    with state_lock.explained(environment):
        root.run("plan", *kind, *options, *UNATTENDED, f"-out={saved.file}", capture=quietly)
    saved.write_note(planned_on)
    if _log_may_be_public():
        say(f"the plan of {environment} is saved and not shown, since others may read this log; `make review` tells.")
    return root


def _log_may_be_public() -> bool:
    return "GITHUB_ACTIONS" in os.environ


def prepared(environment: str, found: Values, *, quietly: bool) -> TerraformRoot:
    """The environment's root with all that a plan reads: packages, requirements, backend."""
    package.build(tools.ROOT, tools.ROOT / "build")
    check_requirements(found)
    return initialised(environment, quietly=quietly)


def carry_out(root: TerraformRoot, saved: SavedPlan) -> None:
    """Apply a plan that was read and confirmed."""
    with state_lock.explained(saved.environment):
        root.run("apply", *UNATTENDED, str(saved.file))


def settle(environment: str) -> None:
    """Write into the state what AWS tells now of all that stands; nothing in AWS changes.

    Terraform notes a resource when it is made. What others add to it then, such as a bucket's policy or a group's
    rules, would look like changed by hand until somebody reads it anew: `make drift` must find nothing after an apply.
    An apply that has gone well stays well if this fails.
    """
    try:
        root, found = terraform_root.platform(environment), values.of(environment)
        options = value_options(environment, rest_option(environment, root, found, None))
        with state_lock.explained(environment):
            root.run("apply", "-refresh-only", "-auto-approve", *options, *UNATTENDED, capture=True)
    except Refused as problem:
        say(f"the state was not settled; until the next apply `make drift` may name what was just applied: {problem}")


def state_now(environment: str, found: Values) -> StateHead:
    """Which of its versions the environment's state is right now."""
    return state_head.read(boto3.client("s3", region_name=found.region), account.state_place(environment, found))


def check_requirements(found: Values) -> None:
    """MWAA tells of requirements that it cannot install after half an hour, and stays broken."""
    if found.airflow_version:
        airflow_requirements.check(tools.ROOT / "dags", found.airflow_version)


def value_options(environment: str, more: Sequence[str]) -> list[str]:
    return [*(f"-var-file={file}" for file in environments.value_files(environment)), *more]


def rest_option(environment: str, root: TerraformRoot, found: Values, wanted: bool | None) -> list[str]:
    """Whether it sleeps is what `make sleep` and `make wake` left; values only say how it is first made."""
    left = root.outputs().get("asleep")
    chosen = left if wanted is None else wanted
    if chosen is None:
        return []
    if wanted is None and chosen:
        say(f"{environment} is asleep, as `make sleep` left it; `make wake ENV={environment}` wakes it.")
    elif wanted is None and found.asleep:
        say(f"{environment} is awake, as `make wake` left it; `make sleep ENV={environment}` puts it to sleep.")
    return [f"-var=asleep={json.dumps(chosen)}"]


def as_json(environment: str) -> dict[str, Any]:
    """The saved plan as `terraform show -json` tells it; where `apply` would refuse it, one made and thrown away."""
    saved = saved_plan.of(environment)
    if saved.file.exists() and _may_be_applied(saved, checked(environment)):
        return initialised(environment, quietly=True).plan_json(saved.file)
    return looked_at(environment)


def looked_at(environment: str, **how: bool) -> dict[str, Any]:
    """A plan as JSON that is made just for this and thrown away; `asleep` says in which state."""
    passing = saved_plan.for_a_look(environment)
    try:
        return save_plan(environment, passing, **how, quietly=True).plan_json(passing.file)
    finally:
        passing.discard()


def _may_be_applied(saved: SavedPlan, found: Values) -> bool:
    try:
        saved.check()
        saved.check_state(state_now(saved.environment, found))
    except Refused as why:
        say(f"{why} Until then a plan is made just to be looked at.")
        return False
    return True
