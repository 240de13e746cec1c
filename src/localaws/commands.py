"""Run the commands of the Makefile on a stack: the same modules, their output kept as a log."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

from localaws.progress import StepFailed, tail
from localaws.stack import ROOT, Stack
from shipping import tools


def run(stack: Stack, step: str, module: str, *options: str, variables: Mapping[str, str] | None = None) -> None:
    """Run `python -m <module>` as the stack's root user. Its log is named after the step."""
    log = stack.logs / f"{step.replace(' ', '-')}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [str(tools.environment_python("local")), "-m", module, *options]
    env = {**stack.terraform_environment(), **(variables or {})}
    with log.open("wb") as output:
        done = subprocess.run(
            command, env=env, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
        )
    if done.returncode:
        raise StepFailed(step, tail(log, 20), log)


def run_terraform(stack: Stack, verb: str, *options: str) -> None:
    run(stack, f"terraform {verb}", "shipping.terraform", verb, "--env", "local", *options)
