"""A job's one process, which another thread may ask to stop at any time, also before it has started."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from localaws.container.process import Ending, Process


@dataclass(frozen=True)
class Finished:
    """How a process ended; the code is None when it never started."""

    code: int | None
    ending: Ending


class Run:
    """Belongs to one job."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.stop_asked = False
        self._process: Process | None = None

    def stop(self) -> None:
        """Ask the job to stop; returns at once."""
        with self._lock:
            self.stop_asked = True
            process = self._process
        if process:
            threading.Thread(target=process.stop, daemon=True).start()

    def execute(
        self,
        argv: list[str],
        variables: dict[str, str],
        folder: Path,
        on_line: Callable[[str], None],
        max_seconds: float | None,
    ) -> Finished:
        """Run the process to its end."""
        with self._lock:
            if self.stop_asked:
                return Finished(None, Ending.STOPPED)
            self._process = Process(argv, variables, folder, on_line)
        return Finished(*self._process.wait(max_seconds))
