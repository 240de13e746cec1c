"""One Terraform root as our commands run it: its folder, its data, its backend, and the variables of its process."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from shipping import environments, lost_state, patient_process, providers, terraform_release, tools
from shipping.environments import Refused

UNATTENDED = ("-input=false", "-lock-timeout=60s", "-parallelism=20")


def root_folder(name: str) -> Path:
    """The folder of a Terraform root, such as `platform`."""
    return tools.ROOT / "terraform" / name


def home() -> Path:
    """Where plans, Terraform's data and the CLI configuration are kept: `.local/`, or what STOCKCAST_HOME names."""
    return Path(os.environ.get("STOCKCAST_HOME") or tools.ROOT / ".local").resolve()


@cache
def executable() -> str:
    return str(terraform_release.terraform())


@cache
def version() -> str:
    """Terraform's own, such as 1.11.4."""
    return ".".join(map(str, tools.version_of(executable(), "version") or ()))


def process_environment(name: str, outer: Mapping[str, str]) -> dict[str, str]:
    """Terraform's own environment; `name` tells apart the data folders of two roots or environments.

    MWAA's API lives at `api.<endpoint>`, a name that a loopback address cannot have. Go never proxies loopback
    addresses, so naming the embedded AWS as proxy changes this one case only.
    """
    env = {**outer, "TF_IN_AUTOMATION": "1", "TF_DATA_DIR": str(home() / "terraform" / name)}
    env["TF_CLI_CONFIG_FILE"] = str(providers.write_cli_config(home() / "terraformrc"))
    if cache := outer.get("TF_PLUGIN_CACHE_DIR"):
        Path(cache).mkdir(parents=True, exist_ok=True)  # Terraform refuses one that is not there
    endpoint = outer.get("AWS_ENDPOINT_URL", "")
    if environments.is_embedded(endpoint):
        env["HTTP_PROXY"] = endpoint
        env.setdefault("GOGC", "400")  # here Terraform's time is computing, not waiting for AWS: collect less garbage
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
        began = time.time()
        with providers.alone_at_init() if args[0] == "init" else nullcontext():
            if args[0] == "console":  # it asks a person, so it needs the terminal
                done = patient_process.Done(subprocess.call(command, env=env))
            else:
                done = patient_process.run(command, env, capture=capture)
        if done.stopped_by:
            left = self._left(done.returncode, began)
            raise Refused(f"stopped by {done.stopped_by} during `terraform {args[0]}`; {left}")
        if done.returncode not in may_end_with:
            where = f"it says:\n{done.stderr}" if capture else "its own message stands above."
            raise Refused(f"`terraform {args[0]}` ended with {done.returncode}; {where}{self._lost_state(began)}")
        return done.stdout, done.returncode

    def _left(self, status: int, began: float) -> str:
        """What a stop leaves behind; below 0 is the signal that ended Terraform itself."""
        if status < 0:
            return f"it was killed and may have left a lock. `make unlock` tells.{self._lost_state(began)}"
        return (
            "it ended in good order: whatever it made is in the state, and the lock is free. A new plan tells what is "
            f"left to do.{self._lost_state(began)}"
        )

    def _lost_state(self, began: float) -> str:
        """What became of a state that this run could not write; empty without one. `began` is in seconds since 1970."""
        lost = self.folder / "errored.tfstate"
        if not lost_state.is_of_this_run(lost, began):
            return ""
        command = [executable(), f"-chdir={self.folder}"]
        env = process_environment(self.name, os.environ)

        def terraform(*args: str) -> patient_process.Done:
            return patient_process.run([*command, *args], env, capture=True)

        return lost_state.Rescue(lost, began, terraform).words()

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
    return TerraformRoot(root_folder("platform"), environment, (backend,))
