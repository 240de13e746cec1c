"""Buildspecs run make targets alone: what a build does, everybody can try without AWS, and no failure is swallowed."""

from __future__ import annotations

import fnmatch
import re
import subprocess
from pathlib import Path

import pytest

from shipping import buildspec_rules
from shipping.tools import ROOT

TARGETS = buildspec_rules.targets_of(ROOT / "Makefile")
SPEC = """version: 0.2
phases:
  build:
    commands:
      - {}
"""


def told(folder: Path, text: str) -> list[str]:
    file = folder / "buildspec-bad.yml"
    file.write_text(text)
    return [str(fault) for fault in buildspec_rules.faults(file, TARGETS)]


@pytest.mark.parametrize("file", buildspec_rules.buildspecs(ROOT), ids=lambda file: file.name)
def test_our_buildspecs_run_targets_alone(file: Path) -> None:
    """A green build that skipped a failure deploys what nobody checked."""
    assert [str(fault) for fault in buildspec_rules.faults(file, TARGETS)] == []


def test_both_buildspecs_are_looked_at() -> None:
    """A rule over no file is always kept."""
    assert [file.name for file in buildspec_rules.buildspecs(ROOT)] == ["buildspec-dags.yml", "buildspec-infra.yml"]


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        ("make check | tee log", "has a pipe"),
        ("make check || true", "goes on after a failure"),
        ("make check; make apply", "joins commands (;)"),
        ("make check && make apply", "joins commands (&&)"),
        ("make check &", "runs in the background"),
        ("make check > log", "redirects"),
        ("(make check)", "is not `make <targets>`"),
        ("$(make check)", "is not `make <targets>`"),
        ("make `cat targets`", "is not `make <targets>`"),
        ('CHANGES="$(make -s changes)$(date)"', "is not `make <targets>`"),
        ("CHANGES=$(make -s changes)", "is not `make <targets>`"),
        ("terraform apply -auto-approve", "is not `make <targets>`"),
        ("pip install boto3", "is not `make <targets>`"),
        ("make --keep-going check", "is not `make <targets>`"),
        ("make -i check", "is not `make <targets>`"),
        ("make chekc", "names chekc, which is no target"),
        ('CHANGES="$(make -s change ENV=$ENVIRONMENT)"', "names change, which is no target"),
        ("echo done: yes", "is not `make <targets>`"),  # a map to YAML
        ("|\n        make check\n        make apply", "has several lines"),
    ],
)
def test_a_command_that_hides_or_does_something_else_is_refused(tmp_path: Path, command: str, rule: str) -> None:
    """CodeBuild itself takes every one of these, and most of them turn red into green."""
    (fault,) = told(tmp_path, SPEC.format(command))

    assert fault.startswith("buildspec-bad.yml:5 (build, commands): ")
    assert rule in fault


def test_every_phase_and_its_last_commands_are_looked_at(tmp_path: Path) -> None:
    """`finally` runs after a failure, when nobody looks any more."""
    phases = "".join(
        f"  {name}:\n    commands: [make check]\n    finally: [rm -rf /]\n"
        for name in ("install", "pre_build", "build")
    )

    faults = told(tmp_path, f"version: 0.2\nphases:\n{phases}")

    assert [fault.split(": ")[0].split(" ", 1)[1] for fault in faults] == [
        "(install, finally)", "(pre_build, finally)", "(build, finally)",
    ]  # fmt: skip


def test_a_build_that_goes_on_after_a_failure_is_refused(tmp_path: Path) -> None:
    """It would hand on a plan of a check that failed."""
    spec = SPEC.format("make check") + "    on-failure: CONTINUE\n"

    assert told(tmp_path, spec) == [
        "buildspec-bad.yml:6 (build, on-failure): 'CONTINUE' lets a build go on after a failure. Take the line away."
    ]


def test_artifacts_from_elsewhere_are_refused(tmp_path: Path) -> None:
    """A folder that is not always there fails a build that did all it should; the clone itself holds too much."""
    spec = SPEC.format("make check") + 'artifacts:\n  files: ["**/*"]\n'

    (fault,) = told(tmp_path, spec)

    assert "is not build/handover" in fault


def test_an_empty_buildspec_is_refused(tmp_path: Path) -> None:
    """Without commands a build is green."""
    assert len(told(tmp_path, "")) == 1


def test_the_command_names_the_fault_and_ends_red(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`make check` has to stop."""
    bad = tmp_path / "buildspec-bad.yml"
    bad.write_text(SPEC.format("make check | tee log"))

    ended = buildspec_rules.main([str(bad)])

    assert ended == 1
    assert "Let the make target write its own file." in capsys.readouterr().err
    assert buildspec_rules.main([]) == 0


def test_the_pipelines_name_targets_that_exist() -> None:
    """A target that was renamed is found out by the next push, in the middle of it."""
    named = re.findall(r'TARGETS = "([^"]*)"', (ROOT / "terraform/delivery/pipelines.tf").read_text())

    assert len(named) >= 9
    assert {target for words in named for target in words.split()} - TARGETS == set()


def test_what_hands_something_on_ends_with_handover() -> None:
    """Without the folder CodeBuild fails the upload of a build that did all it should."""
    stages = (ROOT / "terraform/delivery/pipelines.tf").read_text()
    infra = [
        words
        for name, words in re.findall(r'_projects\["(infra|dags|models)-.*?TARGETS = "([^"]*)"', stages, re.DOTALL)
        if name == "infra"
    ]

    assert len(infra) >= 4
    assert all(words.endswith("handover") for words in infra), infra


def test_caches_keep_what_the_build_variables_name() -> None:
    """A cache of another folder keeps nothing, and each build downloads hundreds of MB again."""
    folders = re.findall(r'_CACHE_DIR += "([^"]+)"', (ROOT / "envs/account/delivery.tfvars").read_text())
    kept = [re.findall(r"- (/\S+?)/\*\*/\*", file.read_text()) for file in buildspec_rules.buildspecs(ROOT)]

    assert len(folders) == 2
    assert all(any(folder.startswith(path) for path in paths) for paths in kept for folder in folders), kept


def test_what_starts_a_pipeline_lies_in_the_repository() -> None:
    """A folder that was renamed starts nothing any more, and its changes are delivered by accident or never."""
    listed = re.findall(r"paths = \[(.*?)\]", (ROOT / "terraform/delivery/pipelines.tf").read_text())
    globs = {glob for line in listed for glob in re.findall(r'"([^"]+)"', line)}
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    files = [*tracked, *(file.name for file in buildspec_rules.buildspecs(ROOT))]

    assert len(globs) >= 12
    assert [glob for glob in sorted(globs) if not fnmatch.filter(files, glob)] == []
