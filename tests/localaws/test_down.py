"""`make down` leaves nothing running and nothing that speaks of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from localaws import down, lock, remote, services
from localaws.progress import StepFailed
from localaws.stack import MARKER, Choice, Stack


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    stack = Stack(tmp_path, Choice())
    stack.write()
    for folder in (stack.state, stack.airflow, stack.home / "plans", stack.logs, stack.home / "envs"):
        folder.mkdir()
        (folder / "file").write_text("kept or not")
    return stack


def test_processes_state_and_plans_go_and_logs_and_environments_stay(stack: Stack) -> None:
    """A state of an AWS that is gone would make the next plan believe in it; environments take minutes to make."""
    member = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env={MARKER: stack.id})

    down.down(stack)

    assert member.poll() is not None
    assert sorted(path.name for path in stack.home.iterdir()) == ["envs", "logs", "run"]
    assert [path.name for path in stack.run.iterdir()] == ["lock"]


def test_the_lock_itself_stays(stack: Stack) -> None:
    """A `make up` on a new lock file would run beside a `make down` that still holds the deleted one."""
    down.down(stack)
    first = (stack.run / "lock").stat().st_ino

    down.down(stack)

    assert (stack.run / "lock").stat().st_ino == first


def test_nothing_is_ended_while_another_command_works(stack: Stack) -> None:
    """A `make up` in another window would lose its processes one by one."""
    member = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env={MARKER: stack.id})
    try:
        with lock.alone(stack), pytest.raises(StepFailed, match=f"process {os.getpid()}"):
            down.down(stack)

        assert member.poll() is None
        assert (stack.state / "file").exists()
    finally:
        member.kill()
        member.wait()


def test_the_repository_stays_and_takes_no_pushes(stack: Stack) -> None:
    """It may hold the only copy of a commit; one that came in now would never be deployed."""
    commits = remote.repository(stack) / "objects"
    commits.mkdir(parents=True)
    remote.open_for_pushes(stack)
    services.builds_folder(stack).mkdir()

    down.down(stack)

    assert commits.exists()
    assert not remote.is_open(stack)
    assert not services.builds_folder(stack).exists()
