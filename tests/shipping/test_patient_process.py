"""However often somebody stops a build, Terraform hears of it once and is waited for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from shipping import patient_process

ROOT = Path(__file__).resolve().parents[2]
# Ends in good order 0.5 s after a first SIGINT, as Terraform does; a second one, or any SIGTERM, ends it at once.
SLOW = """
import signal, sys, time
heard = []
def hear(number, frame):
    heard.append(number)
    if len(heard) > 1:
        print("killed", flush=True); sys.exit(9)
signal.signal(signal.SIGINT, hear)
print("ready", flush=True)
until = time.monotonic() + 20
while not heard and time.monotonic() < until:
    time.sleep(0.02)
time.sleep(0.5)
print("state written", flush=True)
sys.exit(1)
"""
WRAPPER = """
import os, sys
from shipping import patient_process
done = patient_process.run([sys.executable, "-c", sys.argv[1]], os.environ, capture=False)
print(f"waited: {done.returncode} {done.stopped_by}", flush=True)
"""


@pytest.fixture
def wrapped() -> subprocess.Popen[str]:
    """A program under our wrapper, in a process group as a build has it; ready to be stopped."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRAPPER, SLOW],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.integration
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stopped_group_lets_terraform_end_in_good_order(
    wrapped: subprocess.Popen[str], number: signal.Signals
) -> None:
    """Broken off at once, what AWS has already made would be in no state, and the lock would stay for hours."""
    os.killpg(wrapped.pid, number)
    time.sleep(0.1)
    os.killpg(wrapped.pid, number)  # as make passes it on once more

    said, _ = wrapped.communicate(timeout=10)

    assert said == f"state written\nwaited: 1 {number.name}\n"


@pytest.mark.integration
def test_a_later_second_stop_is_meant(wrapped: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever presses Ctrl-C again after a while wants it to end, whatever that costs."""
    stop = patient_process._Stop(process=wrapped)
    passed: list[float] = []
    monkeypatch.setattr(patient_process._Stop, "pass_on", lambda self: passed.append(self.last))
    clock = iter([10.0, 11.0, 14.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))

    for _ in range(3):
        stop(signal.SIGINT, None)
    monkeypatch.undo()
    os.killpg(wrapped.pid, signal.SIGTERM)
    wrapped.communicate(timeout=10)

    assert passed == [10.0, 14.0]
    assert stop.name == "SIGINT"


def test_output_is_captured_and_handlers_are_given_back() -> None:
    before = signal.getsignal(signal.SIGTERM)

    done = patient_process.run([sys.executable, "-c", "print('seen')"], os.environ, capture=True)

    assert (done.returncode, done.stdout, done.stopped_by) == (0, "seen\n", "")
    assert signal.getsignal(signal.SIGTERM) == before


def test_it_runs_beside_the_main_thread_too() -> None:
    """Only the main thread may ask for signals; a check in another one must not die of that."""
    codes: list[int] = []
    command = [sys.executable, "-c", "import sys; sys.exit(3)"]
    run = threading.Thread(
        target=lambda: codes.append(patient_process.run(command, os.environ, capture=True).returncode)
    )
    run.start()
    run.join(10)

    assert codes == [3]
