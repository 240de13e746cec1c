"""Run Terraform for one environment: the same commands for people, CodeBuild, tests and the local stack.

    python -m shipping.terraform plan|apply|outputs|destroy|validate --env ENV
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
from urllib.parse import urlparse

from shipping import package, tools

ROOT = tools.ROOT
PLATFORM = ROOT / "terraform" / "platform"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
LOCAL_ENVIRONMENT = "local"


class Refused(Exception):
    """The command will not run like this; the message carries the remedy."""


def home() -> Path:
    """Where plans, Terraform's data and the CLI configuration are kept: `.local/`, or what STOCKCAST_HOME names."""
    return Path(os.environ.get("STOCKCAST_HOME") or ROOT / ".local").resolve()


def plan_file(environment: str) -> Path:
    return home() / "plans" / f"{environment}.tfplan"


def environments() -> list[str]:
    return sorted(folder.parent.name for folder in (ROOT / "envs").glob("*/platform.tfvars"))


def check_environment(environment: str) -> None:
    if environment not in environments():
        known = ", ".join(environments())
        raise Refused(f"ENV is {environment!r}; envs/ has {known}. Name one of them, such as `make plan ENV=local`.")


def plugin_mirror() -> Path | None:
    """A folder that holds unpacked providers: TF_PLUGIN_MIRROR, else one directly below the usual system folders."""
    if named := os.environ.get("TF_PLUGIN_MIRROR"):
        if not (Path(named) / "registry.terraform.io").is_dir():
            raise Refused(f"TF_PLUGIN_MIRROR is {named!r}, which holds no registry.terraform.io/. Mend or unset it.")
        return Path(named)
    for parent in ("/opt", "/usr/share", "/usr/local/share"):
        for found in sorted(Path(parent).glob("*/registry.terraform.io/hashicorp/aws")):
            return found.parents[2]
    return None


def cli_config() -> Path:
    """Write Terraform's CLI configuration: the mirror where there is one, otherwise the plain registry."""
    path = home() / "terraformrc"
    lines = ["disable_checkpoint = true"]
    if mirror := plugin_mirror():
        lines += [
            "provider_installation {",
            f'  filesystem_mirror {{ path = "{mirror}" }}',
            '  direct { exclude = ["registry.terraform.io/hashicorp/aws"] }',
            "}",
        ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    return path


def is_embedded(endpoint: str) -> bool:
    return urlparse(endpoint).hostname in LOOPBACK


def process_environment(environment: str, outer: Mapping[str, str]) -> dict[str, str]:
    """Terraform's own environment.

    MWAA's API lives at `api.<endpoint>`, a name that a loopback address cannot have. Go never proxies loopback
    addresses, so naming the embedded AWS as proxy changes this one case only.
    """
    env = {**outer, "TF_CLI_CONFIG_FILE": str(cli_config()), "TF_IN_AUTOMATION": "1"}
    env["TF_DATA_DIR"] = str(home() / "terraform" / environment)
    endpoint = outer.get("AWS_ENDPOINT_URL", "")
    if endpoint and is_embedded(endpoint):
        env["HTTP_PROXY"] = endpoint
    return env


def check_target(environment: str, outer: Mapping[str, str]) -> None:
    """`local` must never reach a real account: it runs only against an embedded AWS on this machine."""
    endpoint = outer.get("AWS_ENDPOINT_URL", "")
    if environment == LOCAL_ENVIRONMENT and not is_embedded(endpoint):
        raise Refused(
            f"ENV is 'local' but AWS_ENDPOINT_URL is {endpoint!r}; it must name the embedded AWS on 127.0.0.1. "
            "Run `make up` first, and use the make targets."
        )
    where = f"the embedded AWS at {endpoint}" if endpoint else "the real AWS of the credentials at hand"
    print(f"{environment}: {where}", flush=True)


def _terraform(environment: str, *args: str, capture: bool = False) -> subprocess.CompletedProcess[str]:
    command = [str(tools.terraform()), f"-chdir={PLATFORM}", *args]
    env = process_environment(environment, os.environ)
    done = subprocess.run(command, env=env, text=True, capture_output=capture, check=False)
    if done.returncode:
        shown = f"\n{done.stderr}" if capture else ""
        raise Refused(f"`terraform {args[0]}` ended with {done.returncode}; its own message stands above.{shown}")
    return done


def _init(environment: str) -> None:
    backend = ROOT / "envs" / environment / "platform.backend.hcl"
    _terraform(environment, "init", "-input=false", "-reconfigure", "-no-color", f"-backend-config={backend}")


def _values(environment: str) -> list[str]:
    files = [str(ROOT / "envs" / environment / "platform.tfvars")]
    if more := os.environ.get("STOCKCAST_VAR_FILE"):
        files.append(more)
    return [f"-var-file={file}" for file in files]


def plan(environment: str, *, destroy: bool = False) -> Path:
    """Package, initialise and plan; the plan is saved for `apply`. Changes nothing."""
    check_target(environment, os.environ)
    package.build(ROOT, ROOT / "build")
    _init(environment)
    saved = plan_file(environment)
    saved.parent.mkdir(parents=True, exist_ok=True)
    saved.parent.chmod(0o700)  # a plan may hold secrets in the clear
    kind = ["-destroy"] if destroy else []
    common = ["-input=false", "-lock-timeout=60s", "-parallelism=20", f"-out={saved}"]
    _terraform(environment, "plan", *kind, *_values(environment), *common)
    return saved


def apply(environment: str) -> None:
    """Apply the saved plan, and nothing else. A plan is used once."""
    check_target(environment, os.environ)
    saved = plan_file(environment)
    if not saved.exists():
        raise Refused(f"there is no saved plan at {saved}. Run `make plan ENV={environment}` and read it first.")
    _terraform(environment, "apply", "-input=false", "-lock-timeout=60s", "-parallelism=20", str(saved))
    saved.unlink()


def destroy(environment: str, confirmed: str) -> None:
    """Plan the removal of everything and apply it, once the environment's name was given."""
    saved = plan(environment, destroy=True)
    if confirmed != environment:
        confirmed = input(f"Type {environment} to remove all of the above: ") if sys.stdin.isatty() else confirmed
    if confirmed != environment:
        saved.unlink()
        raise Refused(f"not confirmed, nothing was removed. Type the name, or give CONFIRM={environment}.")
    apply(environment)


def outputs(environment: str, form: str) -> None:
    check_target_quietly(environment)
    _init_quietly(environment)
    answer = json.loads(_terraform(environment, "output", "-json", capture=True).stdout)
    values = {name: entry["value"] for name, entry in sorted(answer.items())}
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


def check_target_quietly(environment: str) -> None:
    """As check_target, with its line on stderr: stdout is for the outputs alone."""
    stdout, sys.stdout = sys.stdout, sys.stderr
    try:
        check_target(environment, os.environ)
    finally:
        sys.stdout = stdout


def _init_quietly(environment: str) -> None:
    backend = ROOT / "envs" / environment / "platform.backend.hcl"
    args = ["init", "-input=false", "-reconfigure", "-no-color", f"-backend-config={backend}"]
    _terraform(environment, *args, capture=True)


def validate(environment: str) -> None:
    """Needs neither credentials nor a network beyond the provider's own source."""
    package.build(ROOT, ROOT / "build")
    _terraform(f"validate-{environment}", "init", "-backend=false", "-input=false", "-no-color", capture=True)
    _terraform(f"validate-{environment}", "validate", "-no-color")


def fmt(write: bool) -> None:
    """Refuse Terraform files that are not formatted, naming them; with `write`, format them."""
    mode = [] if write else ["-check"]
    command = [
        str(tools.terraform()),
        "fmt",
        "-recursive",
        *mode,
        *(str(ROOT / d) for d in ("terraform", "modules", "envs")),
    ]
    for folder in command[-3:]:
        done = subprocess.run([*command[:-3], folder], check=False, env=process_environment("fmt", os.environ))
        if done.returncode:
            raise Refused("the files above are not formatted. Run `make format`.")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="shipping.terraform", description=__doc__)
    parser.add_argument("verb", choices=["plan", "apply", "outputs", "destroy", "validate", "fmt"])
    parser.add_argument("--env", default=LOCAL_ENVIRONMENT)
    parser.add_argument("--format", choices=["text", "json"], default="text")
    parser.add_argument("--confirm", default="")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args(argv)
    try:
        check_environment(args.env)
        {
            "plan": lambda: plan(args.env),
            "apply": lambda: apply(args.env),
            "outputs": lambda: outputs(args.env, args.format),
            "destroy": lambda: destroy(args.env, args.confirm),
            "validate": lambda: validate(args.env),
            "fmt": lambda: fmt(args.write),
        }[args.verb]()
    except (Refused, tools.ToolMissing) as problem:
        print(f"stockcast: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
