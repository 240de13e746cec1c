"""The shell of a build: what one command leaves is there for the next, in bash as in sh."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from localaws.codebuild.shell import Interrupted, Shell
from localaws.container import process

pytestmark = pytest.mark.integration
Make = Callable[..., tuple[Shell, list[str]]]


@pytest.fixture(params=["/bin/bash", "/bin/sh"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """Makes one shell, and the list of the lines that it prints."""
    shells: list[Shell] = []

    def started(interruption: Callable[[], str | None] = lambda: None) -> tuple[Shell, list[str]]:
        lines: list[str] = []
        variables = {"PATH": os.environ["PATH"], "CODEBUILD_BUILD_ID": f"p:{tmp_path.name}"}
        scratch = tmp_path / "scratch"
        shells.append(Shell(request.param, variables, tmp_path, scratch, ("A", "B"), lines.append, interruption))
        return shells[-1], lines

    yield started
    for shell in shells:
        shell.close()


def test_variables_functions_and_the_folder_live_on(make: Make) -> None:
    shell, lines = make()

    statuses = [shell.run(line) for line in ("A=1", "f() { echo f$A; }", "cd /", "f; pwd; printf rest", "false")]

    assert statuses == [0, 0, 0, 0, 1]
    assert lines == ["f1", "/", "rest"]
    assert shell.exported() == {"A": "1"}


@pytest.mark.parametrize(("command", "status"), [("exit 7", 7), ("set -e; (exit 5)", 5), ("kill -9 $$", 137)])
def test_a_command_that_ends_the_shell_does_not_end_the_build(make: Make, command: str, status: int) -> None:
    """A hanging build would be the other way of it."""
    shell, lines = make()

    assert shell.run(command) == status
    assert shell.run("echo back") == 0 and lines == ["back"]


def test_a_value_with_lines_and_quotes_is_exported_whole(make: Make) -> None:
    """The summary of a plan goes to the person who approves it."""
    shell, _ = make()

    shell.run('A="it\'s\n\\"two\\" lines"; B=')

    assert shell.exported() == {"A": 'it\'s\n"two" lines', "B": ""}


def test_commands_do_not_see_the_wires(make: Make) -> None:
    """A command that reads its input, or its arguments, must find none."""
    shell, lines = make()

    assert shell.run('cat; echo "$#" "$@"') == 0
    assert lines == ["0 "] or lines == ["0"]


def test_an_interruption_ends_what_runs(make: Make) -> None:
    begun = time.monotonic()
    shell, _ = make(lambda: "STOPPED" if time.monotonic() - begun > 0.5 else None)

    with pytest.raises(Interrupted, match="STOPPED"):
        shell.run("sleep 60")

    assert time.monotonic() - begun < 10


def test_a_stray_that_cannot_be_told_does_not_hold_the_build(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds the pipe of the log and has nothing in its environment; the build would be in progress for ever."""
    monkeypatch.setattr(process, "DRAIN_SECONDS", 0.5)
    shell, lines = make()
    begun = time.monotonic()

    assert shell.run("setsid env -i sleep 30 & echo $! > stray; printf told; exit 3") == 3
    assert shell.run("echo back") == 0
    shell.close()

    assert time.monotonic() - begun < 10
    assert lines == ["told", "back"]


def test_a_daemon_ends_with_its_build(make: Make, tmp_path: Path) -> None:
    """It would hold the log open for ever, and a process of every build would stay."""
    shell, _ = make()
    shell.run("setsid sh -c 'echo $$ > pid; sleep 60' & while [ ! -s pid ]; do sleep 0.05; done")
    daemon = psutil.Process(int((tmp_path / "pid").read_text()))

    begun = time.monotonic()
    shell.close()

    assert time.monotonic() - begun < 10
    assert not daemon.is_running() or daemon.status() == psutil.STATUS_ZOMBIE
