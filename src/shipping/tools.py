"""Obtain what every target needs: uv, Python 3.12 and the environments made with them.

Standard library only, because it runs before anything is installed. All that it fetches lands under `.local/`;
nothing outside the clone is changed, save uv's own package cache.

A build of the local stack's pipelines runs in a folder that is gone after it. STOCKCAST_SHARED names the folder whose
environments and tools it uses instead of making its own: one that fits is used as it is, and never changed.

    python3 src/shipping/tools.py run GROUP -- ARGS     run the Python of environment GROUP with ARGS
    python3 src/shipping/tools.py sync GROUP...         make or renew environments
    python3 src/shipping/tools.py uv ARGS               run uv itself
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
ENVIRONMENTS = LOCAL / "envs"
UV_VERSION = "0.13.8"
UV_MINIMUM = (0, 9, 0)  # older ones cannot read the lock files
AIRFLOW_GROUP = "airflow"  # the one environment whose project and lock lie in dags/


class ToolMissing(Exception):
    """Something this machine lacks; the message carries the remedy."""


def store() -> Path:
    """Where environments and tools are kept: `.local/` of the clone, or what STOCKCAST_SHARED names."""
    named = os.environ.get("STOCKCAST_SHARED")
    return Path(named).resolve() if named else LOCAL


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One maker of `folder` at a time, since builds share a store; the kernel frees the lock of a killed one."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f".{folder.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def version_of(executable: str | Path, *args: str) -> tuple[int, ...] | None:
    """The first dotted number the executable prints, or None when it does not run (a version manager's shim)."""
    try:
        answer = subprocess.run([str(executable), *args], capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", answer.stdout + answer.stderr)
    return tuple(int(part) for part in found.groups()) if found else None


def uv() -> Path:
    """A uv that can read our lock files: the one on PATH, else the pinned one in the store's `tools/uv`."""
    on_path = shutil.which("uv")
    if on_path and (version_of(on_path, "--version") or ()) >= UV_MINIMUM:
        return Path(on_path)
    own = store() / "tools" / "uv" / "bin" / "uv"
    if version_of(own, "--version") is None:
        with alone(own.parents[1]):
            if version_of(own, "--version") is None:  # another build may have brought it meanwhile
                _install_uv(own.parents[1])
    return own


def _install_uv(folder: Path) -> None:
    print(f"installing uv {UV_VERSION} into {folder}", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    answer = subprocess.run(
        [*pip, "--target", str(folder), f"uv=={UV_VERSION}"], capture_output=True, text=True, check=False
    )
    if answer.returncode:
        raise ToolMissing(
            f"uv is not on PATH and `pip install uv=={UV_VERSION}` failed: {answer.stderr.strip()[-400:]}\n"
            "Install uv (https://docs.astral.sh/uv) or pip (Debian: `apt install python3-pip`), then try again."
        )


def python_312() -> Path | None:
    """An installed Python 3.12, which MWAA, SageMaker's images and our Lambdas run; None lets uv fetch one."""
    for candidate in _python_candidates():
        if (version_of(candidate, "--version") or ())[:2] == (3, 12):
            return Path(candidate)
    return None


def _python_candidates() -> Iterator[str]:
    if named := os.environ.get("PYTHON312"):
        yield named
    if sys.version_info[:2] == (3, 12):
        yield sys.executable
    if on_path := shutil.which("python3.12"):
        yield on_path
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders = [*pyenv.glob("versions/3.12.*/bin"), *(store() / "python").glob("cpython-3.12*/bin")]
    yield from (str(folder / "python3.12") for folder in sorted(folders, reverse=True))


def environment_folder(group: str) -> Path:
    """In the clone its name is the group's. In a store that others use, one of another lock stays as it is:
    what fits this lock lies beside it, named after the lock as well.
    """
    folder = store() / "envs" / group
    if folder.parent == ENVIRONMENTS or _is_made(group, folder):
        return folder
    return folder.with_name(f"{group}-{_fingerprint(group)[:8]}")


def environment_python(group: str) -> Path:
    return environment_folder(group) / "bin" / "python"


def sync(group: str) -> Path:
    """Make environment `group` hold exactly what the lock file says; return its interpreter. A no-op when it does."""
    folder = environment_folder(group)
    if not _is_made(group, folder):
        with alone(folder):
            if not _is_made(group, folder):
                _make(group, folder)
    return folder / "bin" / "python"


def _is_made(group: str, folder: Path) -> bool:
    stamp = folder / ".synced"
    made = stamp.exists() and stamp.read_text() == _stamp(group, folder)
    return made and (folder / "bin" / "python").exists()  # follows the link: an upgraded Python leaves it hanging


def _stamp(group: str, folder: Path) -> str:
    return f"{folder}\n{_fingerprint(group)}"


def _make(group: str, folder: Path) -> None:
    stamp = folder / ".synced"
    if stamp.exists() and stamp.read_text().split("\n")[0] != str(folder):
        shutil.rmtree(folder)  # the clone was moved: the scripts inside still name the old place
    stamp.unlink(missing_ok=True)  # an interrupted sync must not look finished
    selection = ["--group", "dev"] if group == AIRFLOW_GROUP else ["--only-group", group]
    python = python_312()
    where = ["--project", str(_project(group)), "--python", str(python or "3.12")]
    command = [str(uv()), "sync", "--frozen", *where, *selection]
    answer = subprocess.run(command, env=uv_environment(folder, python), capture_output=True, text=True, check=False)
    if answer.returncode:
        raise ToolMissing(
            f"the environment {group!r} could not be made: {answer.stderr.strip()[-1500:]}\n"
            "It needs Python 3.12 (name one with PYTHON312=/path/to/python3.12) and a reachable package index."
        )
    stamp.write_text(_stamp(group, folder))


def _project(group: str) -> Path:
    return ROOT / "dags" if group == AIRFLOW_GROUP else ROOT


def _fingerprint(group: str) -> str:
    """Of what the packages follow from: content only, so that every checkout of a commit has the same."""
    project = _project(group)
    return hashlib.sha256((project / "uv.lock").read_bytes() + (project / "pyproject.toml").read_bytes()).hexdigest()


def uv_environment(folder: Path, python: Path | None) -> dict[str, str]:
    env = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")}
    env["UV_PROJECT_ENVIRONMENT"] = str(folder)
    env["UV_PYTHON_INSTALL_DIR"] = str(store() / "python")
    env["UV_PYTHON_DOWNLOADS"] = "never" if python else "automatic"
    return env


def check_machine() -> None:
    """Python, git and make are what a user must bring; everything else is fetched."""
    if sys.version_info < (3, 11):  # noqa: UP036  this file runs before anything has checked
        raise ToolMissing(
            f"Python is {platform.python_version()} ({sys.executable}); 3.11 or later is needed. "
            "Install it and name it: `make PYTHON=/path/to/python3.11 ...`."
        )
    if not shutil.which("git"):
        raise ToolMissing("git is not on PATH. Install it (Debian: `apt install git`), then try again.")


def main(argv: list[str]) -> int:
    check_machine()
    verb, rest = (argv[0], argv[1:]) if argv else ("", [])
    if verb == "uv":
        return subprocess.call([str(uv()), *rest])
    if verb == "sync" and rest:
        for group in rest:
            sync(group)
        return 0
    if verb == "run" and len(rest) >= 2 and rest[1] == "--":
        python = sync(rest[0])
        env = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"}
        # uv installs no bytecode. Where none may be written, every process compiles its libraries again: TensorFlow
        # then starts in 22 s instead of 9 s.
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        os.execve(python, [str(python), *rest[2:]], env)  # noqa: S606  replaces this process: signals reach the real one
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ToolMissing as missing:
        sys.exit(f"stockcast: {missing}")
