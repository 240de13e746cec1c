"""One Terraform root as our commands run it: its folder, its data, its backend, and the variables of its process."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from shipping import environments, providers, terraform_release, tools
from shipping.environments import Refused

PLATFORM = tools.ROOT / "terraform" / "platform"
UNATTENDED = ("-input=false", "-lock-timeout=60s", "-parallelism=20")


def home() -> Path:
    """Where plans, Terraform's data and the CLI configuration are kept: `.local/`, or what STOCKCAST_HOME names."""
    return Path(os.environ.get("STOCKCAST_HOME") or tools.ROOT / ".local").resolve()


@cache
def executable() -> str:
    return str(terraform_release.terraform())


def process_environment(name: str, outer: Mapping[str, str]) -> dict[str, str]:
    """Terraform's own environment; `name` tells apart the data folders of two roots or environments.

    MWAA's API lives at `api.<endpoint>`, a name that a loopback address cannot have. Go never proxies loopback
    addresses, so naming the embedded AWS as proxy changes this one case only.
    """
    env = {**outer, "TF_IN_AUTOMATION": "1", "TF_DATA_DIR": str(home() / "terraform" / name)}
    env["TF_CLI_CONFIG_FILE"] = str(providers.write_cli_config(home() / "terraformrc"))
    endpoint = outer.get("AWS_ENDPOINT_URL", "")
    if environments.is_embedded(endpoint):
        env["HTTP_PROXY"] = endpoint
    return env


@dataclass(frozen=True)
class TerraformRoot:
    """A folder in which Terraform runs. `backend` are the words that tell `init` where its state lies."""

    folder: Path
    name: str
    backend: Sequence[str] = ()

    def run(self, *args: str, capture: bool = False, may_end_with: Sequence[int] = (0,)) -> tuple[str, int]:
        """Run Terraform here; its output where it is captured rather than shown, and its exit status."""
        command = [executable(), f"-chdir={self.folder}", *args]
        env = process_environment(self.name, os.environ)
        done = subprocess.run(command, env=env, text=True, capture_output=capture, check=False)
        if done.returncode not in may_end_with:
            where = f"it says:\n{done.stderr}" if capture else "its own message stands above."
            raise Refused(f"`terraform {args[0]}` ended with {done.returncode}; {where}")
        return done.stdout or "", done.returncode

    def init(self, *, quietly: bool = False) -> None:
        self.run("init", "-input=false", "-reconfigure", "-no-color", *self.backend, capture=quietly)

    def outputs(self) -> dict[str, Any]:
        """Outputs by name; empty where nothing is applied. Needs an initialised root."""
        answer = json.loads(self.run("output", "-json", capture=True)[0])
        return {name: entry["value"] for name, entry in sorted(answer.items())}

    def plan_json(self, saved: Path) -> dict[str, Any]:
        """A saved plan as `terraform show -json` tells it. Needs the root initialised as it was for the plan."""
        shown: dict[str, Any] = json.loads(self.run("show", "-json", str(saved), capture=True)[0])
        return shown


def platform(environment: str) -> TerraformRoot:
    """The root of an environment's stack, with that environment's backend."""
    backend = f"-backend-config={environments.backend_file(environment)}"
    return TerraformRoot(PLATFORM, environment, (backend,))
