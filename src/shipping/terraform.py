"""Run Terraform for one environment: the same commands for people, CodeBuild, tests and the local stack.

    python -m shipping.terraform plan|apply|outputs|destroy|sync-dags|validate --env ENV
    python -m shipping.terraform fmt [--write]

Which AWS is meant follows from the environment variables alone; the command prints it before it acts.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3

from shipping import dag_made, dag_sync, environments, package, providers, tools
from shipping.environments import Refused
from shipping.terraform_release import terraform as find_terraform

ROOT = tools.ROOT
PLATFORM = ROOT / "terraform" / "platform"
UNATTENDED = ["-input=false", "-lock-timeout=60s", "-parallelism=20"]


def home() -> Path:
    """Where plans, Terraform's data and the CLI configuration are kept: `.local/`, or what STOCKCAST_HOME names."""
    return Path(os.environ.get("STOCKCAST_HOME") or ROOT / ".local").resolve()


def plan_file(environment: str) -> Path:
    return home() / "plans" / f"{environment}.tfplan"


def removal_file(environment: str) -> Path:
    """A plan that removes everything has a name of its own, so that `make apply` can never pick one up."""
    return home() / "plans" / f"{environment}.removal.tfplan"


def process_environment(environment: str, outer: Mapping[str, str]) -> dict[str, str]:
    """Terraform's own environment.

    MWAA's API lives at `api.<endpoint>`, a name that a loopback address cannot have. Go never proxies loopback
    addresses, so naming the embedded AWS as proxy changes this one case only.
    """
    env = {**outer, "TF_IN_AUTOMATION": "1", "TF_DATA_DIR": str(home() / "terraform" / environment)}
    env["TF_CLI_CONFIG_FILE"] = str(providers.write_cli_config(home() / "terraformrc"))
    endpoint = outer.get("AWS_ENDPOINT_URL", "")
    if environments.is_embedded(endpoint):
        env["HTTP_PROXY"] = endpoint
    return env


def announce(environment: str) -> None:
    """Tell which AWS is meant, on stderr: stdout belongs to Terraform's plan and to outputs."""
    print(f"{environment}: {environments.target(environment, os.environ)}", file=sys.stderr, flush=True)


def _terraform(environment: str, *args: str, capture: bool = False) -> str:
    """Run Terraform in terraform/platform; returns its output where it is captured rather than shown."""
    command = [str(find_terraform()), f"-chdir={PLATFORM}", *args]
    env = process_environment(environment, os.environ)
    done = subprocess.run(command, env=env, text=True, capture_output=capture, check=False)
    if done.returncode:
        where = f"it says:\n{done.stderr}" if capture else "its own message stands above."
        raise Refused(f"`terraform {args[0]}` ended with {done.returncode}; {where}")
    return done.stdout or ""


def _init(environment: str, *, quietly: bool = False) -> None:
    backend = f"-backend-config={environments.backend_file(environment)}"
    _terraform(environment, "init", "-input=false", "-reconfigure", "-no-color", backend, capture=quietly)


def plan(environment: str) -> None:
    """Package, initialise and plan; the plan is saved for `apply`. Changes nothing."""
    _save_plan(environment, plan_file(environment))


def _save_plan(environment: str, saved: Path, *kind: str) -> None:
    announce(environment)
    saved.unlink(missing_ok=True)  # should this one fail, `apply` must not find an older one
    package.build(ROOT, ROOT / "build")
    _init(environment)
    saved.parent.mkdir(parents=True, exist_ok=True)
    saved.parent.chmod(0o700)  # a plan may hold secrets in the clear
    values = [f"-var-file={file}" for file in environments.value_files(environment)]
    _terraform(environment, "plan", *kind, *values, *UNATTENDED, f"-out={saved}")


def apply(environment: str) -> None:
    """Apply the saved plan, and nothing else. A plan is used once."""
    announce(environment)
    saved = plan_file(environment)
    if not saved.exists():
        raise Refused(f"there is no saved plan at {saved}. Run `make plan ENV={environment}` and read it first.")
    _terraform(environment, "apply", *UNATTENDED, str(saved))
    saved.unlink()


def destroy(environment: str, confirmed: str) -> None:
    """Plan the removal of everything and apply it, once the environment's name was given.

    What the DAGs made beside Terraform goes first: an endpoint would go on costing money unseen.
    """
    saved = removal_file(environment)
    _save_plan(environment, saved, "-destroy")
    try:
        if confirmed != environment and sys.stdin.isatty():
            confirmed = input(f"Type {environment} to remove all of the above: ")
        if confirmed != environment:
            raise Refused(f"not confirmed, nothing was removed. Type the name, or give CONFIRM={environment}.")
        _remove_what_dags_made(environment)
        _terraform(environment, "apply", *UNATTENDED, str(saved))
    finally:
        saved.unlink()


def _remove_what_dags_made(environment: str) -> None:
    known = _outputs(environment)
    if not known:  # nothing was ever applied
        return
    sagemaker = boto3.client("sagemaker", region_name=known["region"])
    prefix = f"stockcast-{environment}-"
    for removed in dag_made.remove(sagemaker, prefix, known["endpoint"], known["model_package_group"]):
        print(f"removed {removed}", flush=True)


def sync_dags(environment: str) -> None:
    """Bring dags/ to the environment's Airflow bucket: changed files up, vanished files away."""
    announce(environment)
    _init(environment, quietly=True)
    known = _outputs(environment)
    if not known:
        raise Refused(f"nothing is applied in {environment}. Run `make plan apply ENV={environment}` first.")
    s3 = boto3.client("s3", region_name=known["region"])
    print(dag_sync.sync(ROOT / "dags", known["buckets"]["airflow"], "dags/", s3, dag_sync.commit_here(ROOT)))


def _outputs(environment: str) -> dict[str, Any]:
    """Outputs by name; empty where nothing is applied. Needs an initialised root."""
    answer = json.loads(_terraform(environment, "output", "-json", capture=True))
    return {name: entry["value"] for name, entry in sorted(answer.items())}


def outputs(environment: str, form: str) -> None:
    """Print the environment's outputs, and nothing else, on stdout."""
    announce(environment)
    _init(environment, quietly=True)
    values = _outputs(environment)
    if not values:
        raise Refused(
            f"{environment} has no outputs: nothing is applied there. Run `make plan apply ENV={environment}`."
        )
    if form == "json":
        print(json.dumps(values, indent=2))
        return
    width = max(map(len, values))
    for name, value in values.items():
        print(f"{name:<{width}}  {value if isinstance(value, str) else json.dumps(value)}")


def validate(environment: str) -> None:
    """Needs neither credentials nor a network beyond the provider's own source."""
    package.build(ROOT, ROOT / "build")
    _terraform(f"validate-{environment}", "init", "-backend=false", "-input=false", "-no-color", capture=True)
    _terraform(f"validate-{environment}", "validate", "-no-color")


def fmt(write: bool) -> None:
    """Refuse Terraform files that are not formatted, naming them all; with `write`, format them."""
    mode = [] if write else ["-check"]
    folders = [str(ROOT / folder) for folder in ("terraform", "modules", "envs")]
    command = [str(find_terraform()), "fmt", "-recursive", *mode, *folders]
    if subprocess.run(command, check=False, env=process_environment("fmt", os.environ)).returncode:
        raise Refused("the files above are not formatted, or not Terraform. Run `make format`.")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="shipping.terraform", description=__doc__)
    parser.add_argument("verb", choices=["plan", "apply", "outputs", "destroy", "sync-dags", "validate", "fmt"])
    parser.add_argument("--env", default=environments.LOCAL)
    parser.add_argument("--format", choices=["text", "json"], default="text")
    parser.add_argument("--confirm", default="")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args(argv)
    try:
        environments.check_name(args.env)
        {
            "plan": lambda: plan(args.env),
            "apply": lambda: apply(args.env),
            "outputs": lambda: outputs(args.env, args.format),
            "destroy": lambda: destroy(args.env, args.confirm),
            "sync-dags": lambda: sync_dags(args.env),
            "validate": lambda: validate(args.env),
            "fmt": lambda: fmt(args.write),
        }[args.verb]()
    except (Refused, tools.ToolMissing, package.PackageRefused) as problem:
        print(f"stockcast: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
