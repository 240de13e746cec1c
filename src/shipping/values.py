"""What our commands must know of an environment's values before Terraform plans with them.

Terraform itself reads them, in an empty root without provider or state: no second reader that may understand HCL
otherwise, and the last file wins as it does in a plan.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shipping import environments, tools
from shipping.environments import Refused
from shipping.terraform_root import executable


@dataclass(frozen=True)
class Values:
    """Of envs/<environment>/platform.tfvars; optional ones are None where they are not given."""

    account_id: str
    region: str
    protect_data: bool
    asleep: bool | None
    airflow_version: str | None


@dataclass(frozen=True)
class Backend:
    """Of envs/<environment>/platform.backend.hcl: where the state lies."""

    bucket: str
    key: str
    region: str


def of(environment: str, files: Sequence[Path] | None = None) -> Values:
    """An environment's values; those that STOCKCAST_VAR_FILE names win, unless the files are given."""
    expressions = {name: f"var.{name}" for name in ("account_id", "region", "protect_data", "asleep")}
    expressions["airflow_version"] = "try(var.airflow.version, null)"
    files = files or environments.value_files(environment)
    found = _given(files, ("account_id", "region", "protect_data"), evaluated(files, expressions))
    return Values(**{**found, "account_id": str(found["account_id"])})  # one without quotes is a number


def backend_of(environment: str) -> Backend:
    names = ("bucket", "key", "region")
    files = [environments.backend_file(environment)]
    return Backend(**_given(files, names, evaluated(files, {name: f"var.{name}" for name in names})))


def _given(files: Sequence[Path], names: Sequence[str], found: dict[str, Any]) -> dict[str, Any]:
    missing = [name for name in names if found[name] is None]
    if missing:
        raise Refused(f"{_told(files)} lacks {', '.join(missing)}. Copy what is missing from another environment's.")
    return found


def _told(files: Sequence[Path]) -> str:
    return " and ".join(
        str(file.relative_to(tools.ROOT) if file.is_relative_to(tools.ROOT) else file) for file in files
    )


def evaluated(files: Sequence[Path], expressions: Mapping[str, str]) -> dict[str, Any]:
    """The expressions' values over the variables that the files give."""
    missing = [file for file in files if not file.is_file()]
    if missing:
        raise Refused(f"{_told(missing)} does not exist. Restore it, or unset STOCKCAST_VAR_FILE where it names it.")
    return run_console(files, expressions)


def run_console(files: Sequence[Path], expressions: Mapping[str, str]) -> dict[str, Any]:
    """Let `terraform console` evaluate the expressions over the files."""
    variables = {word.split("var.")[1].split(".")[0].split(",")[0] for word in expressions.values()}
    declared = "".join(f'variable "{name}" {{\n  type    = any\n  default = null\n}}\n' for name in sorted(variables))
    asked = ", ".join(f"{name} = {expression}" for name, expression in expressions.items())
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "main.tf").write_text(declared)
        command = [executable(), f"-chdir={folder}", "console", *(f"-var-file={file.resolve()}" for file in files)]
        done = subprocess.run(
            command, input=f"jsonencode({{{asked}}})\n", env=_quiet(), text=True, capture_output=True, check=False
        )
    if done.returncode:
        raise Refused(f"{_told(files)} cannot be read; Terraform says:\n{done.stderr}{done.stdout}")
    found: dict[str, Any] = json.loads(json.loads(done.stdout.strip().splitlines()[-1]))  # warnings stand before it
    return found


def _quiet() -> dict[str, str]:
    """No variable of the shell may reach this reading: files win over them in a plan, too."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
