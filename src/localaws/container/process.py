"""One process that stands for a container, in a group of its own, ended as a whole."""

from __future__ import annotations

import codecs
import io
import os
import selectors
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path

GRACE_SECONDS = 120.0  # AWS waits as long between SIGTERM and SIGKILL
DRAIN_SECONDS = 10.0  # for what was printed last; longer, only a stray that left the group holds the pipe open
CHUNK_BYTES = 65536

_running: set[Process] = set()


class Ending(Enum):
    """Who ended a process."""

    ITSELF = "itself"
    STOPPED = "stopped"
    EXPIRED = "expired"
    RECLAIMED = "reclaimed"  # a spot machine was taken away


class Process:
    """Starts at once; `on_line` gets every line it prints, from a thread."""

    def __init__(
        self, argv: list[str], variables: dict[str, str], folder: Path, on_line: Callable[[str], None]
    ) -> None:
        self._popen = subprocess.Popen(
            argv, env=variables, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, process_group=0, bufsize=0,
        )  # fmt: skip
        self._enough, self._say_enough = os.pipe()  # closing the latter ends the reader
        self._on_line = on_line
        self._was_stopped = False
        _running.add(self)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """The leader's, and the group's, id."""
        return self._popen.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._popen.poll() is None

    @property
    def has_failed(self) -> bool:
        """Whether it has ended, and not well."""
        return self._popen.poll() not in (None, 0)

    def wait(self, max_seconds: float | None = None) -> tuple[int, Ending]:
        """Wait for its end, at most so long. What it leaves behind ends with it, as in a container."""
        ending = Ending.ITSELF
        try:
            code = self._popen.wait(max_seconds)
        except subprocess.TimeoutExpired:
            ending = Ending.EXPIRED
            self.stop()
            code = self._popen.wait()
        self._signal(signal.SIGKILL)
        self._end_reader()
        _running.discard(self)
        return code, Ending.STOPPED if self._was_stopped and ending is Ending.ITSELF else ending

    def stop(self, grace_seconds: float = GRACE_SECONDS) -> None:
        """Ask it to end, then end it."""
        self._was_stopped = True
        self._signal(signal.SIGTERM)
        try:
            self._popen.wait(grace_seconds)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self._popen.pid, number)
        except (ProcessLookupError, PermissionError):
            return  # ended already; macOS answers the latter for a group of zombies

    def _end_reader(self) -> None:
        self._reader.join(DRAIN_SECONDS)
        if self in _running:  # once
            os.close(self._say_enough)
        self._reader.join()

    def _read(self) -> None:
        """Line by line, until nobody holds the pipe or enough was said."""
        assert self._popen.stdout is not None  # noqa: S101  (a pipe was asked for)
        decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")("replace"), translate=True)
        rest = ""
        with self._popen.stdout as pipe, os.fdopen(self._enough, "rb"):
            for chunk in self._chunks(pipe.fileno()):
                *lines, rest = (rest + decoder.decode(chunk, final=not chunk)).split("\n")
                for line in lines:
                    self._on_line(line)
        if rest:
            self._on_line(rest)

    def _chunks(self, pipe: int) -> Iterator[bytes]:
        """What is printed; nothing at last."""
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            selector.register(self._enough, selectors.EVENT_READ)
            chunk = b"more"
            while chunk:
                ready = [key.fd for key, _ in selector.select()]
                chunk = os.read(pipe, CHUNK_BYTES) if self._enough not in ready else b""
                yield chunk


def end_all() -> None:
    """End every process at once, without grace: the machine is being switched off."""
    for process in list(_running):
        process._signal(signal.SIGKILL)
