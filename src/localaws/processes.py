"""Start the stack's long-running processes, and find and end everything that belongs to it.

Membership is told by the environment variable that each process inherits, not by parentage: what a killed parent left
behind is found all the same.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from localaws.stack import MARKER


def start(argv: Sequence[str], env: Mapping[str, str], log: Path, cwd: Path) -> subprocess.Popen[bytes]:
    """Start one process in a session of its own, its output appended to `log`. It outlives this process."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            list(argv),
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def members(stack_id: str) -> list[psutil.Process]:
    """Every process that carries this stack's marker, this one and its parents excepted."""
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    return [process for process in psutil.process_iter() if process.pid not in own and _carries(process, stack_id)]


def _carries(process: psutil.Process, stack_id: str) -> bool:
    try:
        return process.environ().get(MARKER) == stack_id and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):  # another user's, or just ended
        return False


def end_all(stack_id: str, patience_seconds: float = 8.0) -> int:
    """Ask every member to end, then insist. Returns how many there were.

    Looks again until none is left: a process may start another while it is being ended.
    """
    seen: set[int] = set()
    for sending in (signal.SIGTERM, signal.SIGKILL, signal.SIGKILL):
        found = members(stack_id)
        if not found:
            break
        seen.update(process.pid for process in found)
        _signal(found, sending)
        psutil.wait_procs(found, timeout=patience_seconds)
    left = members(stack_id)
    if left:
        pids = ", ".join(str(process.pid) for process in left)
        raise RuntimeError(f"processes {pids} of this stack did not end, even when killed; end them by hand.")
    return len(seen)


def _signal(found: list[psutil.Process], sending: signal.Signals) -> None:
    for process in found:
        try:
            process.send_signal(sending)
        except psutil.Error:
            continue


def holder(port: int) -> str | None:
    """Who listens on 127.0.0.1:`port`, as words for a message; None when nobody does."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            return None
        except OSError:
            pass
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN:
                owner = psutil.Process(connection.pid) if connection.pid else None
                return f"process {owner.pid} ({owner.name()})" if owner else "a process of another user"
    except psutil.Error:
        pass
    return "another process"


def wait_until(
    ready: Callable[[], bool],
    timeout_seconds: float,
    alive: Callable[[], bool] = lambda: True,
    poll_seconds: float = 0.2,
) -> bool:
    """True as soon as `ready()` is true; False when the time is over or `alive()` is not."""
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        if ready():
            return True
        if not alive():
            return False
        time.sleep(poll_seconds)
    return False
