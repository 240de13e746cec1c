"""One process that stands for a container, in a group of its own, ended as a whole."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable
from enum import Enum
from pathlib import Path

GRACE_SECONDS = 120.0  # AWS waits as long between SIGTERM and SIGKILL

_running: set[Process] = set()


class Ending(Enum):
    """Who ended a process."""

    ITSELF = "itself"
    STOPPED = "stopped"
    EXPIRED = "expired"


class Process:
    """Starts at once; `on_line` gets every line it prints, from a thread."""

    def __init__(
        self, argv: list[str], variables: dict[str, str], folder: Path, on_line: Callable[[str], None]
    ) -> None:
        self._popen = subprocess.Popen(
            argv, env=variables, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", process_group=0,
        )  # fmt: skip
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
        self._reader.join()
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

    def _read(self) -> None:
        assert self._popen.stdout is not None  # noqa: S101  (a pipe was asked for)
        for line in self._popen.stdout:
            self._on_line(line.rstrip("\n"))


def end_all() -> None:
    """End every process at once, without grace: the machine is being switched off."""
    for process in list(_running):
        process._signal(signal.SIGKILL)
