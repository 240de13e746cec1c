"""How every command ends: well, or with one message that holds the way out, never with a trace of forty lines.

A reader of its output may leave early, as in `make status | head -1`. That is no failure: what is printed from then on
is discarded, the work goes on, and the exit status is the one that the command would have had anyway. Programs that it
starts are not helped: Terraform ends on SIGPIPE.
"""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, TextIO, cast

from botocore.exceptions import BotoCoreError, ClientError

from shipping import aws_refusal, package, tools
from shipping.environments import Refused


def status_of(work: Callable[[], None]) -> int:
    """Do the work; its exit status. A refusal, ours or AWS's, is told on stderr."""
    with tolerate_closed_output():
        return _status(work)


def _status(work: Callable[[], None]) -> int:
    try:
        work()
    except (Refused, tools.ToolMissing, package.PackageRefused) as problem:
        print(f"stockcast: {problem}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as problem:
        print(f"stockcast: {aws_refusal.told(problem)}", file=sys.stderr)
        return 1
    return 0


class _Output:
    """A text stream that discards what is written after its reader has closed the pipe."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.reader_has_left = False

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            self._discard()
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except BrokenPipeError:
            self._discard()

    def _discard(self) -> None:
        """Lead the file descriptor to nowhere: Python flushes it once more at exit, and child processes have it too."""
        self.reader_has_left = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def tolerate_closed_output() -> Iterator[None]:
    """Let the commands inside work to their end, even if nobody reads stdout or stderr any longer."""
    stdout, stderr = _Output(sys.stdout), _Output(sys.stderr)
    with redirect_stdout(cast(TextIO, stdout)), redirect_stderr(cast(TextIO, stderr)):
        try:
            yield
        finally:
            stdout.flush()
            stderr.flush()


def output_is_closed() -> bool:
    """Whether the reader of stdout has left: then a command that follows something, or asks somebody, has to stop."""
    if getattr(sys.stdout, "reader_has_left", False):
        return True
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):  # it is no file
        return False
    poller = select.poll()
    poller.register(descriptor, 0)  # errors are always reported
    return any(events & (select.POLLERR | select.POLLHUP) for _, events in poller.poll(0))
