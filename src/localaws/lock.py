"""One command at a time on a stack."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from localaws.progress import StepFailed
from localaws.stack import Stack

NAME = "lock"  # in the stack's run folder; stays there, because a lock on a deleted file would keep nobody out


@contextmanager
def alone(stack: Stack) -> Iterator[None]:
    """One `up`, `down` or local Terraform at a time in this clone; the kernel frees the lock of a killed one."""
    stack.run.mkdir(parents=True, exist_ok=True)
    with (stack.run / NAME).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise StepFailed(
                "start", f"another command works on this stack: {lock.read()}", remedy="Wait for it, or end it first."
            ) from None
        lock.seek(0)
        lock.truncate()
        lock.write(f"process {os.getpid()}")
        lock.flush()
        yield
