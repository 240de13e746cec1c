"""Every action of the project is a target that `make` lists; CI calls the same ones."""

from __future__ import annotations

import os
import re
import subprocess

import pytest
from tests.house.rooms import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()
PHONY = [name for line in re.findall(r"^\.PHONY: (.*)", MAKEFILE, re.MULTILINE) for name in line.split()]
WITH_HELP = re.findall(r"^([a-z-]+):.*## \S", MAKEFILE, re.MULTILINE)
TARGETS = re.findall(r"^([a-z-]+):(?!=)", MAKEFILE, re.MULTILINE)


def make(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """`make` as a user calls it, even where make itself runs the tests."""
    inner = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "ENV", "PYTHON", "SOURCE", "SYMBOLS", "DAY")
    env = {name: value for name, value in os.environ.items() if name not in inner}
    return subprocess.run(
        ["make", *arguments], cwd=ROOT, env=env | variables, capture_output=True, text=True, check=False
    )


def test_make_alone_lists_every_target_with_one_line() -> None:
    """What a newcomer types first; a target that is not listed does not exist for them."""
    done = make()

    listed = [line.split(maxsplit=2) for line in done.stdout.splitlines() if line.startswith("  make ")]
    assert done.returncode == 0, done.stderr
    assert sorted(words[1] for words in listed) == sorted(PHONY)
    assert all(len(words) == 3 for words in listed)


def test_every_target_has_a_help_line_and_is_phony() -> None:
    """A folder named like a target, such as build or test, would make it do nothing."""
    assert sorted(TARGETS) == sorted(WITH_HELP) == sorted(PHONY)


def test_an_unknown_environment_ends_with_the_known_ones() -> None:
    """A typing mistake must neither plan nor look like success in CodeBuild."""
    done = make("plan", "ENV=nonsense")

    assert done.returncode != 0
    assert "ENV is 'nonsense'; envs/ has dev, local" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_machine_without_a_fitting_python_is_told_so() -> None:
    """Instead of `command not found` from a line that nobody wrote."""
    make_itself = subprocess.run(["which", "make"], capture_output=True, text=True, check=True).stdout.strip()

    done = subprocess.run(
        [make_itself, "status"], cwd=ROOT, env={"PATH": "/nowhere"}, capture_output=True, text=True, check=False
    )

    assert done.returncode != 0
    assert "Python 3.11 or later is not on PATH. Install it, or name it: make PYTHON=" in done.stderr


@pytest.mark.parametrize("target", ["check", "test-all"])
def test_ci_calls_the_target_that_a_developer_calls(target: str) -> None:
    """A check that only CI makes is one that nobody can repeat."""
    commands = (ROOT / ".ci" / "run").read_text().splitlines()

    assert f"make {target}" in commands
    assert "set -euo pipefail" in commands
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_the_default_environment_is_the_harmless_one() -> None:
    """A forgotten ENV must not touch an account."""
    assert "ENV ?= local" in MAKEFILE.splitlines()
