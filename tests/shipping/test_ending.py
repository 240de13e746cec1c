"""A reader that leaves early, as `head` does, changes neither what a command does nor how it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from shipping import ending
from shipping.environments import Refused

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def pipe() -> Iterator[tuple[int, TextIO]]:
    """A pipe's end to read, as a file descriptor, and its end to write."""
    reader, writer = os.pipe()
    with os.fdopen(writer, "w", buffering=1) as stream:
        yield reader, stream


def test_a_command_whose_reader_has_left_works_to_its_end(
    pipe: tuple[int, TextIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`make apply | head` must not leave half a change behind, and what is flushed at exit must find a place."""
    reader, stream = pipe
    monkeypatch.setattr(sys, "stdout", stream)
    done = []

    def work() -> None:
        print("first")
        assert not ending.output_is_closed()
        os.close(reader)
        assert ending.output_is_closed()  # before anything more is written
        print("second", flush=True)
        assert ending.output_is_closed()
        done.append("all of it")

    assert ending.status_of(work) == 0
    assert done == ["all of it"]
    stream.write("at exit")
    stream.flush()


def test_a_refusal_keeps_its_status_after_the_reader_has_left(
    pipe: tuple[int, TextIO], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`make review | head` of a plan above the ceiling must still be a failure."""
    reader, stream = pipe
    monkeypatch.setattr(sys, "stdout", stream)
    os.close(reader)

    def work() -> None:
        print("the review")
        raise Refused("above its ceiling")

    assert ending.status_of(work) == 1
    assert capsys.readouterr().err == "stockcast: above its ceiling\n"


def test_a_message_that_nobody_reads_is_no_error_of_its_own(
    pipe: tuple[int, TextIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `2>&1 | head` both streams lead to the same reader."""
    reader, stream = pipe
    monkeypatch.setattr(sys, "stderr", stream)
    os.close(reader)

    def work() -> None:
        raise Refused("nothing to read")

    assert ending.status_of(work) == 1


def test_a_broken_pipe_of_something_else_is_not_hidden() -> None:
    """A connection that a server closes is a failure, not a reader that has seen enough."""

    def work() -> None:
        raise BrokenPipeError("a socket")

    with pytest.raises(BrokenPipeError, match="a socket"):
        ending.status_of(work)


def test_output_that_is_no_file_is_open(capsys: pytest.CaptureFixture[str]) -> None:
    assert not ending.output_is_closed()


@pytest.mark.parametrize("reader", ["true", "head -1"])
def test_a_list_of_the_targets_may_be_cut(reader: str) -> None:
    """`make | head` is what somebody types who looks for one target."""
    done = _piped("make help", reader)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.integration
@pytest.mark.parametrize(("command", "reader"), [("status", "head -1"), ("env", "true")])
def test_a_command_without_a_reader_ends_quietly(tmp_path: Path, command: str, reader: str) -> None:
    """A trace of forty lines, or an error of make, would look like a broken stack."""
    program = f"'{sys.executable}' -m localaws {command}"

    done = _piped(program, reader, STOCKCAST_HOME=str(tmp_path), PYTHONPATH=str(ROOT / "src"))

    assert (done.returncode, done.stderr) == (0, "")


def _piped(command: str, reader: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A command whose reader leaves early; the exit status is the command's own."""
    env = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    script = f"{command} | {reader}; exit ${{PIPESTATUS[0]}}"
    return subprocess.run(
        ["bash", "-c", script], cwd=ROOT, env=env | variables, capture_output=True, text=True, check=False
    )
