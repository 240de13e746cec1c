"""A second clone of the local stack's repository, which commits, pushes and looks at what the pipelines make of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.local.conftest import ROOT, Running

from localaws import airflow, pipelines, processes, remote

INFRASTRUCTURE, DAGS = "stockcast-infrastructure", "stockcast-dags"
VALUES = "envs/local/platform.tfvars"  # a figure is changed for one of the same width, or its comment moves
LOG_GROUP = "/aws/lambda/stockcast-local-ingest"
LONGEST_SECONDS = 900  # two cores may have other tests to run
Fact = dict[str, Any]
HELLO = (
    "dags/watch_pushes.py",
    '''"""Say that a push has arrived.

**When.** When somebody triggers it.

**Normal.** A second.

**When it is red.** Nothing depends on it; read its log.
"""

from airflow.sdk import dag, task


@dag(dag_id="watch_pushes", schedule=None, catchup=False, max_active_runs=1, doc_md=__doc__, tags=["try"])
def watch_pushes() -> None:
    @task
    def hello() -> str:
        return "hello"

    hello()


watch_pushes()
''',
)


@dataclass(frozen=True)
class Clone:
    """What a developer has: a folder with the code, and the stack that deploys it."""

    folder: Path
    running: Running

    def git(self, *arguments: str) -> str:
        names = {f"GIT_{who}_{what}": "tester" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        command = ["git", "-C", str(self.folder), *arguments]
        done = subprocess.run(command, env={**os.environ, **names}, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    def edit(self, path: str, old: str, new: str) -> None:
        file = self.folder / path
        text = file.read_text()
        assert old in text, f"{path} holds no {old!r}"
        file.write_text(text.replace(old, new, 1))

    def write(self, path: str, text: str) -> None:
        (self.folder / path).write_text(text)

    def push(self, message: str) -> str:
        """Commit all that changed and push it; the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", message)
        self.git("push", "--quiet", "origin", "HEAD:main")
        return self.git("rev-parse", "HEAD").strip()

    def execution(self, pipeline: str, commit: str) -> Fact | None:
        """The newest execution of a pipeline for a commit."""
        found = next(one for one in pipelines.known(self.running.stack) if one["name"] == pipeline)
        return next((one for one in found["executions"] if one["commit"] == commit), None)

    def await_execution(self, pipeline: str, commit: str, ready: Callable[[Fact], bool]) -> Fact:
        """The execution as soon as it is as wanted."""

        def is_ready() -> bool:
            found = self.execution(pipeline, commit)
            return bool(found and ready(found))

        reached = processes.wait_until(is_ready, LONGEST_SECONDS, poll_seconds=0.5)
        found = self.execution(pipeline, commit)
        assert reached, f"{pipeline} for {commit[:7]}: {json.dumps(found, indent=1)}"
        assert found is not None
        return found

    def ended(self, pipeline: str, commit: str) -> Fact:
        return self.await_execution(pipeline, commit, lambda found: found["status"] not in ("InProgress", "Stopping"))

    def waiting(self, pipeline: str, commit: str) -> Fact:
        """The execution once it waits for an approval. One that ended without waiting fails the test."""
        found = self.await_execution(
            pipeline, commit, lambda found: found["status"] != "InProgress" or bool(tokens(found))
        )
        assert tokens(found), self.why(found)
        return found

    def status(self, found: Fact, stage: str) -> str:
        return str(next(one for one in found["stages"] if one["name"] == stage)["status"])

    def why(self, found: Fact) -> str:
        """What the failed actions of an execution say, and the end of their logs."""
        told = [found["status"]]
        for stage in found["stages"]:
            for action in stage["actions"]:
                if action["status"] == "Failed":
                    told.append(f"{stage['name']}/{action['name']}: {action.get('error') or action.get('summary')}")
                    if action.get("build"):
                        log = pipelines.log_of(self.running.stack, action["build"])
                        told += log.read_text().splitlines()[-60:] if log.exists() else [f"no {log}"]
        return "\n".join(told)


def clone_of(running: Running, folder: Path) -> Clone:
    """A clone of the stack's repository that holds what this clone holds, also what is not committed in it."""
    subprocess.run(["git", "clone", "--quiet", str(remote.repository(running.stack)), str(folder)], check=True)
    listed = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    here = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split("\0")
    wanted = {name for name in here if name and (ROOT / name).is_file()}
    clone = Clone(folder, running)
    for name in set(clone.git("ls-files").splitlines()) - wanted:
        (folder / name).unlink()
    for name in wanted:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    return clone


def current_clone(running: Running, folder: Path) -> Clone:
    """A clone whose state is deployed: the first push brings what is not committed here, where there is something."""
    clone = clone_of(running, folder)
    if clone.git("status", "--porcelain").strip():
        commit = clone.push("Bring what is not committed yet")
        if clone.execution(INFRASTRUCTURE, commit):
            deployed(clone, commit)
        if clone.execution(DAGS, commit):
            found = clone.ended(DAGS, commit)
            assert found["status"] == "Succeeded", clone.why(found)
    return clone


def deployed(clone: Clone, commit: str) -> None:
    """Wait until the infrastructure of a commit stands, approving it where that is asked."""
    found = clone.await_execution(INFRASTRUCTURE, commit, ended_or_waits)
    if tokens(found):
        assert clone.running.make("approve").returncode == 0
    found = clone.ended(INFRASTRUCTURE, commit)
    assert found["status"] == "Succeeded", clone.why(found)


def ended_or_waits(found: Fact) -> bool:
    return found["status"] != "InProgress" or bool(tokens(found))


def tokens(found: dict[str, Any]) -> list[str]:
    return [action["token"] for stage in found["stages"] for action in stage["actions"] if action.get("token")]


def retention(running: Running) -> int:
    """What the embedded AWS has: days after which a function's log is forgotten."""
    groups = running.client("logs").describe_log_groups(logGroupNamePrefix=LOG_GROUP)["logGroups"]
    return int(groups[0]["retentionInDays"])


def listed(running: Running, dag_id: str) -> bool:
    return dag_id in airflow.Api(running.stack).parsed_at()
