"""Run a program that must not be broken off: a signal reaches it once, and its end is awaited.

Terraform ends in good order on a first SIGINT or SIGTERM: it waits for what AWS is making, writes the state and frees
the lock. A second signal ends it at once, and its providers die of the first one that reaches them. Whoever stops a
build signals the whole process group, and make passes the signal on once more. So Terraform runs in a group of its
own, where only our one signal finds it.
"""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
ECHO_SECONDS = 3.0  # within which a further signal is the same stop, told again; a later one is meant


@dataclass
class _Stop:
    """The first signal's name, and when the last one came that was meant."""

    process: subprocess.Popen[str] | None = None
    name: str = ""
    last: float = field(default=-ECHO_SECONDS)

    def __call__(self, number: int, _: FrameType | None) -> None:
        now = time.monotonic()
        if self.name and now - self.last < ECHO_SECONDS:
            return
        self.name, self.last = self.name or signal.Signals(number).name, now
        self.pass_on()

    def pass_on(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)


@dataclass(frozen=True)
class Done:
    """How it ended. `stopped_by` names the signal that asked it to end early; empty where none did."""

    returncode: int
    stdout: str = ""
    stderr: str = ""
    stopped_by: str = ""


def run(command: Sequence[str], env: Mapping[str, str], *, capture: bool) -> Done:
    """Run a command without a terminal's input to its own end, however often somebody asks this process to stop."""
    pipe = subprocess.PIPE if capture else None
    stop = _Stop()
    with _heard_by(stop):
        stop.process = subprocess.Popen(command, env=env, text=True, stdout=pipe, stderr=pipe, process_group=0)
        if stop.name:  # it came while the process was being made
            stop.pass_on()
        stdout, stderr = stop.process.communicate()
    return Done(stop.process.returncode, stdout or "", stderr or "", stop.name)


@contextmanager
def _heard_by(stop: _Stop) -> Iterator[None]:
    """Only the main thread hears signals; another one's program ends with them unasked, as it reads only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}
    heard = [number for number, handler in before.items() if handler != signal.SIG_IGN]  # nohup ignores SIGHUP
    for number in heard:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in heard:
            signal.signal(number, before[number])
