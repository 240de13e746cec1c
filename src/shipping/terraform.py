"""Run Terraform for one environment: the same commands for people, CodeBuild, tests and the local stack.

    python -m shipping.terraform plan|apply|outputs|destroy|sync-dags|validate --env ENV
    python -m shipping.terraform review|changes|summary|handover|verify|drift --env ENV
    python -m shipping.terraform verify-dags|retrain --env ENV
    python -m shipping.terraform sleep|wake|unlock|console|doctor --env ENV
    python -m shipping.terraform fmt [--write]

Which AWS is meant follows from the environment variables alone; the command prints it before it acts, and refuses
credentials of another account than the environment's values name.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3

from shipping import (
    airflow_api,
    applied,
    confirmation,
    dag_made,
    dag_manifest,
    dag_proof,
    dag_requirements,
    dag_sync,
    deployer,
    drift,
    ending,
    environments,
    handover,
    package,
    planning,
    rest,
    retrain,
    saved_plan,
    state_lock,
    terraform_root,
    tools,
    values,
    verify,
)
from shipping import outputs as output_forms
from shipping.environments import Refused
from shipping.review import commands as review
from shipping.terraform_root import TerraformRoot, executable, process_environment


def plan(environment: str) -> None:
    """Package, initialise and plan; the plan is saved for `apply`. Changes nothing."""
    planning.save_plan(environment, saved_plan.of(environment))


def apply(environment: str, confirmed: str) -> None:
    """Apply the saved plan, and nothing else. A plan is used once."""
    found = planning.checked(environment)
    is_carried = handover.take(environment)
    saved = saved_plan.of(environment)
    saved.check()
    saved.check_state(planning.state_now(environment, found))
    root = terraform_root.platform(environment)
    if is_carried:
        root.init(quietly=True)  # the plan was made in another folder
    if found.protect_data or confirmation.protected(root.plan_json(saved.file)):  # or the plan that unprotects it
        confirmation.ask(confirmed, environment, f"apply the saved plan to {environment}, whose data is protected")
    planning.carry_out(root, saved)
    saved.discard()
    if environment != environments.LOCAL or "CODEBUILD_BUILD_ID" in os.environ:  # `make up` settles while it waits
        planning.settle(environment)


def destroy(environment: str, confirmed: str) -> None:
    """Plan the removal of everything and apply it, once the environment's name was given.

    What the DAGs made beside Terraform goes first: a package group with versions cannot be removed. Airflow lives
    until the apply ends it and may make an endpoint again, which would go on costing money unseen: so it goes twice.
    """
    saved = saved_plan.for_removal(environment)
    try:
        root = planning.save_plan(environment, saved, "-destroy")
        found = values.of(environment)
        confirmation.check_unprotected(environment, root.plan_json(saved.file), protect_data=found.protect_data)
        made = dag_made.names(environment, found.region, root.outputs())  # now: the apply takes the outputs along
        confirmation.ask(confirmed, environment, "remove all of the above")
        _remove_what_dags_made(made)
        broken_off = _apply_removal(root, saved)
        _remove_what_dags_made(made)
    finally:
        saved.discard()
    if broken_off:
        raise Refused(f"{broken_off} Part of {environment} still stands. Run `make destroy ENV={environment}` again.")


def _apply_removal(root: TerraformRoot, saved: saved_plan.SavedPlan) -> Refused | None:
    """Why it broke off, where it did: what the DAGs made must go all the same."""
    try:
        planning.carry_out(root, saved)
    except Refused as problem:
        return problem
    return None


def _remove_what_dags_made(made: dag_made.Names) -> None:
    sagemaker = boto3.client("sagemaker", region_name=made.region)
    scaling = boto3.client("application-autoscaling", region_name=made.region)
    for removed in dag_made.remove(sagemaker, scaling, made):
        print(f"removed {removed}", flush=True)


def sync_dags(environment: str) -> None:
    """Bring dags/ to the environment's bucket, once its Airflow installs their requirements; vanished files go away."""
    known = applied.outputs(environment)
    s3, mwaa = boto3.client("s3", region_name=known["region"]), airflow_api.client(known["region"])
    bucket = known["buckets"]["airflow"]
    found = dag_requirements.Waiting(
        lambda: airflow_api.environment(mwaa, known["airflow"]["name"]),
        lambda parts: dag_requirements.others_installed(s3, bucket, parts, dag_requirements.ours(tools.ROOT / "dags")),
        environment,
    ).wait()
    commit, installed = dag_sync.commit_here(tools.ROOT), dag_manifest.installed(found or {})
    print(dag_sync.sync(tools.ROOT / "dags", bucket, "dags/", s3, commit, installed))


def _known(environment: str) -> dict[str, Any]:
    """The outputs of an environment that stands."""
    planning.checked(environment)
    known = planning.initialised(environment, quietly=True).outputs()
    if not known:
        raise Refused(
            f"{environment} has no outputs: nothing is applied there. Run `make plan apply ENV={environment}`."
        )
    return known


def outputs(environment: str, form: str) -> None:
    """Print the environment's outputs, and nothing else, on stdout."""
    known, endpoint = _known(environment), os.environ.get("AWS_ENDPOINT_URL", "")
    if environments.is_embedded(endpoint):
        known = output_forms.make_reachable(known, endpoint)
    print(output_forms.shown(known, form))


def console(environment: str) -> None:
    """Terraform's console over the environment's values and state; it reads only, and takes no lock."""
    found = planning.checked(environment)
    package.build(tools.ROOT, tools.ROOT / "build")
    root = planning.initialised(environment, quietly=True)
    root.run("console", *planning.value_options(environment, planning.rest_option(environment, root, found, None)))


def unlock(environment: str, confirmed: str) -> None:
    """Show who holds the lock on the environment's state; free it where it is old and the name was given."""
    planning.checked(environment)
    backend = values.backend_of(environment)
    lock = state_lock.read(boto3.client("s3", region_name=backend.region), backend.bucket, backend.key)
    if lock is None:
        print(f"{backend.key} in {backend.bucket} is not locked.")
        return
    print(f"{backend.key} in {backend.bucket} is {lock}.", flush=True)
    state_lock.check_age(lock)
    root = planning.initialised(environment, quietly=True)
    confirmation.ask(confirmed, environment, "take this lock away")
    root.run("force-unlock", "-force", lock.id)


def doctor(environment: str) -> None:
    """All checks over plan and account; its own report tells what it found."""
    from shipping.doctor import cli  # only here: no other command needs the checks

    planning.announce(environment)
    if status := cli.main(["--env", environment]):
        sys.exit(status)


def validate(environment: str) -> None:
    """Needs neither credentials nor a network beyond the provider's own source."""
    package.build(tools.ROOT, tools.ROOT / "build")
    roots = {
        f"terraform/{name}": TerraformRoot(terraform_root.root_folder(name), f"validate-{environment}-{name}")
        for name in ("platform", "bootstrap", "delivery")
    }
    for root in roots.values():  # one after the other: they may share a cache of providers
        root.run("init", "-backend=false", "-input=false", "-no-color", capture=True)
    try:
        with ThreadPoolExecutor(len(roots)) as pool:
            complaints = dict(zip(roots, pool.map(_complaint, roots.values()), strict=True))
    except KeyboardInterrupt:
        raise Refused("stopped by SIGINT during `terraform validate`, which only reads.") from None
    for name, complaint in complaints.items():
        print(f"{name}: {complaint or 'valid'}", flush=True)
    if invalid := [name for name, complaint in complaints.items() if complaint]:
        raise Refused(f"{', '.join(invalid)}: not valid; Terraform's own messages stand above.")


def _complaint(root: TerraformRoot) -> str:
    """What Terraform says against it; nothing if it is valid."""
    try:
        root.run("validate", "-no-color", capture=True)
    except Refused as refused:
        return str(refused)
    return ""


def fmt(write: bool) -> None:
    """Refuse Terraform files that are not formatted, naming them all; with `write`, format them."""
    mode = [] if write else ["-check"]
    folders = [str(tools.ROOT / folder) for folder in ("terraform", "modules", "envs")]
    command = [executable(), "fmt", "-recursive", *mode, *folders]
    if subprocess.run(command, check=False, env=process_environment("fmt", os.environ)).returncode:
        raise Refused("the files above are not formatted, or not Terraform. Run `make format`.")


VERBS: dict[str, Callable[[argparse.Namespace], None]] = {
    "plan": lambda args: plan(args.env),
    "apply": lambda args: apply(args.env, args.confirm),
    "settle": lambda args: planning.settle(args.env),
    "review": lambda args: review.review(args.env),
    "changes": lambda args: review.changes(args.env),
    "summary": lambda args: review.summary(args.env),
    "handover": lambda args: handover.give(args.env),
    "verify": lambda args: verify.verify(args.env),
    "drift": lambda args: drift.tell(args.env),
    "outputs": lambda args: outputs(args.env, args.format),
    "destroy": lambda args: destroy(args.env, args.confirm),
    "sync-dags": lambda args: sync_dags(args.env),
    "verify-dags": lambda args: dag_proof.verify(args.env),
    "retrain": lambda args: retrain.run(args.env),
    "sleep": lambda args: rest.change(args.env, args.confirm, asleep=True),
    "wake": lambda args: rest.change(args.env, args.confirm, asleep=False),
    "unlock": lambda args: unlock(args.env, args.confirm),
    "console": lambda args: console(args.env),
    "doctor": lambda args: doctor(args.env),
    "validate": lambda args: validate(args.env),
    "fmt": lambda args: fmt(args.write),
}


def main(argv: list[str] | None = None) -> int:
    args = _arguments(argv)
    return ending.status_of(lambda: _run(args))


def _run(args: argparse.Namespace) -> None:
    deployer.take()
    environments.check_name(args.env)
    VERBS[args.verb](args)


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="shipping.terraform", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("verb", choices=VERBS)
    parser.add_argument("--env", default=environments.LOCAL)
    parser.add_argument("--format", choices=output_forms.FORMS, default="text")
    parser.add_argument("--confirm", default="")
    parser.add_argument("--write", action="store_true")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
