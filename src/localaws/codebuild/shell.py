"""The one shell of a build: variables, functions and the working folder of a command are there for the next one.

The shell waits at a FIFO for the name of a file with the next command, reads the file into itself and prints a mark
with the exit status. A command that leaves the shell (`exit 3`) fails alone: another shell takes its place, with what
it had exported and the folder it was in.
"""

from __future__ import annotations

import contextlib
import os
import queue
import secrets
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from localaws.container.process import Process

DRIVER = """\
__fifo=$1 __mark=$2 __state=$3 __names=$4
shift 4
__keep() { export __none $__names; export -p > "$__state"; printf 'cd "%s"\\n' "$(pwd)" >> "$__state"; }
[ -f "$__state" ] && . "$__state"
trap __keep EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
exec 8>&1 9<"$__fifo"
while IFS= read -r __command <&9; do
  . "$__command" 8>&- 9<&-
  printf '%s%d\\n' "$__mark" "$?" >&8
done
"""
LOOK_SECONDS = 0.2  # between two looks for a shell that ended, a stop that was asked, a time that is over
GRACE_SECONDS = 30.0  # after SIGINT, and again after SIGTERM; Terraform needs a few to free its lock


class Interrupted(Exception):
    """The build may not go on: its status is STOPPED or TIMED_OUT."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


class Shell:
    """Runs commands one after the other; `interruption` says whether the build must end, and how."""

    def __init__(
        self, program: str, variables: dict[str, str], folder: Path, scratch: Path, exported: tuple[str, ...],
        on_line: Callable[[str], None], interruption: Callable[[], str | None],
    ) -> None:  # fmt: skip
        self._program, self._variables, self._folder, self._scratch = program, variables, folder, scratch
        self._exported, self._on_line, self._interruption = exported, on_line, interruption
        self._mark = f"\x1e{secrets.token_hex(8)} "
        self._statuses: queue.Queue[int] = queue.Queue()
        self._fifo, self._count = scratch / "commands", 0
        scratch.mkdir(parents=True, exist_ok=True)
        os.mkfifo(self._fifo)
        # for reading too, so that neither side waits for the other
        self._pipe = self._fifo.open("r+b", buffering=0)
        (scratch / "driver.sh").write_text(DRIVER)
        self._process = self._start()

    def run(self, command: str) -> int:
        """The exit status of one command. Raises Interrupted, after the command was ended."""
        if not self._process.is_running:
            self._process = self._start()
        self._count += 1
        script = self._scratch / f"command-{self._count}.sh"
        script.write_text(command + "\n")
        self._pipe.write(f"{script}\n".encode())
        return self._status()

    def expanded(self, text: str) -> str:
        """A text in which the shell has put its variables."""
        if not any(letter in text for letter in "$`"):
            return text
        self.run(f'printf "%s" "{text}" > "{self._scratch}/expanded"')
        return (self._scratch / "expanded").read_text()

    def exported(self) -> dict[str, str]:
        """The variables that the buildspec exports, as far as they are set."""
        out = self._scratch / "exported"
        for name in self._exported:
            self.run(f'[ -n "${{{name}+set}}" ] && printf "%s\\0%s\\0" {name} "${name}" >> "{out}"')
        parts = out.read_text().split("\0") if out.exists() else []
        return dict(zip(parts[::2], parts[1::2], strict=False))

    def close(self) -> None:
        """End the shell and all that it left behind, as the end of a container does."""
        _signal(self._process.pid, signal.SIGKILL)
        _end_strays(self._variables["CODEBUILD_BUILD_ID"])
        self._process.wait()
        self._pipe.close()

    def _start(self) -> Process:
        argv = [self._program, str(self._scratch / "driver.sh"), str(self._fifo), self._mark]
        argv += [str(self._scratch / "state"), " ".join(self._exported)]
        return Process(argv, self._variables, self._folder, self._read)

    def _read(self, line: str) -> None:
        before, mark, status = line.partition(self._mark)
        if before or not mark:
            self._on_line(before)
        if mark:
            self._statuses.put(int(status))

    def _status(self) -> int:
        while True:
            try:
                return self._statuses.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                if status := self._interruption():
                    end_gently(self._process, GRACE_SECONDS)
                    raise Interrupted(status) from None
                if not self._process.is_running:
                    code, _ = self._process.wait()  # reads what it still printed
                    return code if code >= 0 else 128 - code


def end_gently(process: Process, grace_seconds: float) -> None:
    """End a process group: SIGINT, which Terraform's plugins leave to Terraform, then SIGTERM, then SIGKILL.

    The whole group has the time, not only its leader: make ends before what it started does.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        if not process.is_running and not _members(process.pid):
            break
        _signal(process.pid, number)
        deadline = time.monotonic() + grace_seconds
        while (process.is_running or _members(process.pid)) and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
    _signal(process.pid, signal.SIGKILL)


def _end_strays(build_id: str) -> None:
    """A daemon left the group and may hold the pipe of the log open; what it inherited gives it away."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("CODEBUILD_BUILD_ID") == build_id:
                process.kill()


def _members(group: int) -> list[int]:
    """Who still lives in a process group, its leader apart."""
    found = []
    for process in psutil.process_iter(["pid", "status"]):
        try:
            is_dead = process.info["status"] == psutil.STATUS_ZOMBIE
            if not is_dead and process.pid != group and os.getpgid(process.pid) == group:
                found.append(process.pid)
        except ProcessLookupError:
            continue
    return found


def _signal(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return  # ended already; macOS answers the latter for a group of zombies
