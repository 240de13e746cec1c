"""Tell what is being done, how long it took, and, where it failed, why and what to do next."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class StepFailed(Exception):
    """One step of `up` failed; carries all that a user needs: which, why, the log and the remedy."""

    def __init__(self, step: str, why: str, log: Path | None = None, remedy: str = "") -> None:
        self.step, self.why, self.log = step, why, log
        self.remedy = remedy or "Mend the cause, then run `make up` again: it goes on from what is already done."
        super().__init__(f"{step}: {why}")

    def __str__(self) -> str:
        log = f"\n  log:    {self.log}" if self.log else ""
        return f"stopped at: {self.step}\n  why:    {self.why}{log}\n  remedy: {self.remedy}"


class Progress:
    """Lines like ` 12.3 s  embedded AWS: 2.1 s`. Safe to use from several threads."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.seconds: dict[str, float] = {}
        self._lock = threading.Lock()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        begin = time.monotonic()
        self.say(f"{name} ...")
        try:
            yield
        except StepFailed:
            raise
        except Exception as problem:
            raise StepFailed(name, f"{type(problem).__name__}: {problem}") from problem
        self.done(name, time.monotonic() - begin)

    def done(self, name: str, seconds: float) -> None:
        with self._lock:
            self.seconds[name] = round(seconds, 1)
        self.say(f"{name}: done in {seconds:.1f} s")

    def say(self, text: str) -> None:
        with self._lock:
            print(f"{time.monotonic() - self.started:6.1f} s  {text}", file=sys.stdout, flush=True)

    @property
    def total(self) -> float:
        return round(time.monotonic() - self.started, 1)


def tail(log: Path, lines: int = 25) -> str:
    """The end of a log, for a message."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError as problem:
        return f"({log} cannot be read: {problem})"
