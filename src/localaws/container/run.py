"""A job's processes, which another thread may ask to stop at any time, also before they have started."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from localaws.container.process import Ending, Process

LOOK_EVERY_SECONDS = 0.05


@dataclass(frozen=True)
class Command:
    """What one host runs."""

    argv: list[str]
    variables: dict[str, str]
    folder: Path
    on_line: Callable[[str], None]

    def start(self) -> Process:
        """Its process."""
        return Process(self.argv, self.variables, self.folder, self.on_line)


@dataclass(frozen=True)
class Finished:
    """How a job's processes ended; the code is None when they never started. `host` counts from 0."""

    code: int | None
    ending: Ending
    host: int = 0


class Run:
    """Belongs to one job."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.stop_asked = False
        self.is_reclaimed = False
        self._processes: list[Process] = []

    def stop(self) -> None:
        """Ask the job to stop; returns at once."""
        with self._lock:
            self.stop_asked = True
            self._end_processes()

    def reclaim(self) -> bool:
        """Take the machines away, as AWS does with spot machines; whether there were any."""
        with self._lock:
            has_any = any(process.is_running for process in self._processes)
            self.is_reclaimed = self.is_reclaimed or has_any
            self._end_processes()
        return has_any

    def execute(
        self,
        argv: list[str],
        variables: dict[str, str],
        folder: Path,
        on_line: Callable[[str], None],
        max_seconds: float | None,
    ) -> Finished:
        """Run one process to its end."""
        return self.execute_all([Command(argv, variables, folder, on_line)], max_seconds)

    def execute_all(self, commands: Sequence[Command], max_seconds: float | None) -> Finished:
        """Run a process per host to the end of all. The first that fails ends the others."""
        with self._lock:
            if self.stop_asked:
                return Finished(None, Ending.STOPPED)
            self.is_reclaimed = False
            self._processes = [command.start() for command in commands]
        deadline = None if max_seconds is None else time.monotonic() + max_seconds
        guilty = _first_that_fails(self._processes, deadline)
        if guilty is not None:
            _end([process for process in self._processes if process is not guilty])
        seconds = None if deadline is None else max(0.0, deadline - time.monotonic())
        ended = [process.wait(seconds if process.is_running else None) for process in self._processes]
        place = self._processes.index(guilty) if guilty is not None else _worst(ended)
        code, ending = ended[place]
        if ending is Ending.STOPPED and self.is_reclaimed and not self.stop_asked:
            ending = Ending.RECLAIMED
        return Finished(code, ending, place)

    def _end_processes(self) -> None:
        _end(self._processes)


def _first_that_fails(processes: Sequence[Process], deadline: float | None) -> Process | None:
    """Watch several until all have ended, the time is over or one fails; one alone needs no watching."""
    while len(processes) > 1 and any(process.is_running for process in processes):
        for process in processes:
            if process.has_failed:
                return process
        if deadline is not None and time.monotonic() >= deadline:
            return None
        time.sleep(LOOK_EVERY_SECONDS)
    return next((process for process in processes if len(processes) > 1 and process.has_failed), None)


def _end(processes: Sequence[Process]) -> None:
    for process in processes:
        threading.Thread(target=process.stop, daemon=True).start()


def _worst(ended: Sequence[tuple[int, Ending]]) -> int:
    """Which host's end is the job's: one that failed before one that did not."""
    return next((place for place, (code, _) in enumerate(ended) if code != 0), 0)
