"""GitHub's workflows are what GitHub takes, and hold no more rights than their work needs.

Whoever writes a pull request chooses what these jobs run; so what the jobs may do is all that stands in between.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
VERSION = re.compile(r"uses: \S+@[0-9a-f]{40} # v\d+(\.\d+)*$", re.MULTILINE)
TRUSTED = ("actions/", "aws-actions/configure-aws-credentials")
KEYS = re.compile(r"secrets\.AWS|AWS_SECRET_ACCESS_KEY|aws-secret-access-key", re.IGNORECASE)
STRANGERS_WORDS = re.compile(r"\$\{\{[^}]*(\.title|\.body|head\.ref|head_ref|\.message)[^}]*\}\}")


def schema_faults(path: Path) -> list[str]:
    """What GitHub's own schema says of a file."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(path)]
    judged = subprocess.run(command, capture_output=True, text=True, check=False)
    return [] if judged.returncode == 0 else [judged.stdout + judged.stderr]


def faults(text: str) -> list[str]:
    """What is wrong with a workflow beyond its form."""
    workflow = yaml.safe_load(text)
    found = ["has a key that lives for ever; use a role by GitHub's token"] if KEYS.search(text) else []
    found += ["runs strangers' words as a command; hand them over in env"] if STRANGERS_WORDS.search(text) else []
    if "pull_request_target" in (workflow.get("on") or workflow.get(True) or {}):  # YAML calls `on` true
        found.append("runs on pull_request_target, which gives a fork's code our rights")
    if workflow.get("permissions") not in ({}, {"contents": "read"}):
        found.append("must begin with permissions: contents: read; a job adds what it needs")
    if "concurrency" not in workflow:
        found.append("has no concurrency group, so that pushes pile up")
    for name, job in workflow["jobs"].items():
        found += [f"{name} {fault}" for fault in _job_faults(job)]
    return found + _unnamed_versions(text)


def _job_faults(job: dict[str, Any]) -> Iterator[str]:
    if not isinstance(job.get("timeout-minutes"), int):
        yield "has no timeout-minutes, and GitHub's own is six hours"
    if job.get("permissions") == "write-all":
        yield "may do everything; name the permissions"
    for used in (step["uses"] for step in job["steps"] if "uses" in step):
        if not PINNED.fullmatch(used):
            yield f"uses {used}; pin it by the whole hash of a commit, since a tag can be moved"
        if not used.startswith(TRUSTED):
            yield f"uses {used}; only GitHub's and AWS's own actions are trusted here"


def _unnamed_versions(text: str) -> list[str]:
    used = len(re.findall(r"^\s*(- )?uses:", text, re.MULTILINE))
    return [] if len(VERSION.findall(text)) == used else ["has a hash without its version in a comment beside it"]


def test_there_are_workflows() -> None:
    """A glob that finds nothing would let everything pass."""
    assert {path.name for path in WORKFLOWS} >= {"check.yml", "plan.yml"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_is_one_that_github_takes(path: Path) -> None:
    """GitHub tells a mistake only after the push, and then runs nothing at all."""
    assert schema_faults(path) == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_no_more_rights_than_it_needs(path: Path) -> None:
    """A moved tag or a leaked key is somebody else's code in our account."""
    assert faults(path.read_text()) == []


def test_only_the_plans_job_gets_a_token_for_aws() -> None:
    """The jobs that run tests need no account."""
    jobs = [
        (path.name, name)
        for path in WORKFLOWS
        for name, job in yaml.safe_load(path.read_text())["jobs"].items()
        if "id-token" in (job.get("permissions") or {})
    ]

    assert jobs == [("plan.yml", "plan")]


def test_a_forks_pull_request_gets_no_credentials() -> None:
    """A fork's code would run under our role."""
    jobs = yaml.safe_load((ROOT / ".github/workflows/plan.yml").read_text())["jobs"]

    assert jobs["plan"]["if"] == "github.event.pull_request.head.repo.full_name == github.repository"
    assert jobs["fork"]["permissions"] == {}


GOOD = """
on: {pull_request: {}}
permissions: {contents: read}
concurrency: {group: x}
jobs:
  job:
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    steps:
      - uses: actions/checkout@0123456789abcdef0123456789abcdef01234567 # v5.0.0
      - run: make check
"""


def test_a_sound_workflow_passes(tmp_path: Path) -> None:
    """Otherwise the refusals below prove nothing."""
    (tmp_path / "good.yml").write_text(GOOD)

    assert faults(GOOD) == []
    assert schema_faults(tmp_path / "good.yml") == []


def test_a_workflow_that_github_refuses_is_noticed(tmp_path: Path) -> None:
    """The schema must be asked, and its answer heard."""
    (tmp_path / "bad.yml").write_text(GOOD.replace("runs-on", "run-on"))

    (told,) = schema_faults(tmp_path / "bad.yml")

    assert "run-on" in told


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("@0123456789abcdef0123456789abcdef01234567 # v5.0.0", "@v5", "pin it by the whole hash"),
        (" # v5.0.0", "", "without its version"),
        ("actions/checkout", "somebody/checkout", "only GitHub's and AWS's own actions"),
        ("make check", "echo ${{ secrets.AWS_ACCESS_KEY_ID }}", "key that lives for ever"),
        ("make check", "echo '${{ github.event.pull_request.title }}'", "strangers' words"),
        ("    timeout-minutes: 5\n", "", "has no timeout-minutes"),
        ("permissions: {contents: read}", "permissions: write-all", "must begin with permissions"),
        ("permissions: {contents: read}\n", "", "must begin with permissions"),
        ("concurrency: {group: x}\n", "", "no concurrency group"),
        ("pull_request:", "pull_request_target:", "gives a fork's code our rights"),
        ("    timeout-minutes: 5\n", "    timeout-minutes: 5\n    permissions: write-all\n", "may do everything"),
    ],
)
def test_what_opens_a_door_is_noticed(old: str, new: str, told: str) -> None:
    """Each of these has let somebody into somebody's account."""
    assert old in GOOD
    assert [fault for fault in faults(GOOD.replace(old, new)) if told in fault]
