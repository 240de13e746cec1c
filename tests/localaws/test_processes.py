"""What belongs to a stack is found and ended, whoever its parent was; nothing else is."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from tests.localaws.helpers import REPOSITORY, free_port

from localaws import processes
from localaws.stack import MARKER, Choice, Stack

pytestmark = pytest.mark.integration
SLEEPS = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPS}"
STARTS_ANOTHER = f"""
import subprocess, sys, time
started = subprocess.Popen([sys.executable, "-c", {SLEEPS!r}], start_new_session=True)
print(started.pid, flush=True)
time.sleep(60)
"""
Launch = Callable[[str, str], subprocess.Popen[str]]


@pytest.fixture
def stack_id(tmp_path: Path) -> str:
    return Stack(tmp_path, Choice()).id


@pytest.fixture
def launch() -> Iterator[Launch]:
    """Starts a Python program that carries a stack's marker, and waits for its first line."""
    started: list[subprocess.Popen[str]] = []

    def start(program: str, stack_id: str) -> subprocess.Popen[str]:
        env = {**os.environ, MARKER: stack_id, "PYTHONPATH": str(REPOSITORY / "src")}
        process = subprocess.Popen([sys.executable, "-c", program], env=env, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def test_what_a_killed_parent_left_behind_is_found_and_ended(launch: Launch, stack_id: str) -> None:
    """A `make up` killed with -9 would leave a gateway that holds the port for good."""
    parent = launch(STARTS_ANOTHER, stack_id)
    orphan = psutil.Process(int(first_line(parent)))
    parent.kill()
    parent.wait()
    assert [member.pid for member in processes.members(stack_id)] == [orphan.pid]

    ended = processes.end_all(stack_id)

    assert ended == 1
    assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE
    assert processes.members(stack_id) == []


def test_another_stack_s_processes_are_left_alone(launch: Launch, stack_id: str) -> None:
    """`make down` in one clone must not end a colleague's training in another."""
    theirs, ours = launch(SLEEPS, stack_id + "0"), launch(SLEEPS, stack_id)
    assert (first_line(theirs), first_line(ours)) == ("up", "up")

    processes.end_all(stack_id)

    assert ours.poll() is not None
    assert theirs.poll() is None


def test_a_process_that_will_not_end_is_killed(launch: Launch, stack_id: str) -> None:
    """A job that catches SIGTERM would survive `make down` and write into the next stack's folders."""
    stubborn = launch(STUBBORN, stack_id)
    first_line(stubborn)

    ended = processes.end_all(stack_id, patience_seconds=0.3)

    assert ended == 1
    assert stubborn.poll() is not None


def test_the_one_who_ends_all_does_not_end_itself(launch: Launch, stack_id: str) -> None:
    """`make down` called from a shell of the stack would stop half way."""
    program = f"from localaws import processes; print(processes.end_all({stack_id!r}), 'and still here')"

    assert first_line(launch(program, stack_id)) == "0 and still here"


def test_nothing_to_end_is_no_fault(stack_id: str) -> None:
    assert processes.end_all(stack_id) == 0


def test_a_started_process_has_its_own_session_and_adds_to_its_log(tmp_path: Path, stack_id: str) -> None:
    """Ctrl-C after `make up` must not end the stack, and a restart must not lose why the first one failed."""
    log = tmp_path / "logs" / "program.log"
    program = "import os, sys; print(os.getsid(0) == os.getpid()); print('trouble', file=sys.stderr)"

    for _ in range(2):
        env = {MARKER: stack_id, "PYTHONUNBUFFERED": "1"}
        processes.start([sys.executable, "-c", program], env, log, tmp_path).wait(5)

    assert log.read_text().splitlines() == ["True", "trouble"] * 2


def test_the_message_about_a_taken_port_names_who_holds_it() -> None:
    """Without a name the user has to search for what to end."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        found = processes.holder(listener.getsockname()[1])

    assert found is not None
    assert f"process {os.getpid()} (" in found


def test_a_free_port_has_no_holder() -> None:
    assert processes.holder(free_port()) is None


def test_waiting_ends_as_soon_as_the_process_is_dead() -> None:
    """A gateway that ended at its first line would be waited for a whole minute."""
    begun = time.monotonic()

    assert processes.wait_until(lambda: False, 60, alive=lambda: False) is False
    assert processes.wait_until(lambda: True, 60) is True
    assert processes.wait_until(lambda: False, 0.05, poll_seconds=0.01) is False
    assert time.monotonic() - begun < 2
