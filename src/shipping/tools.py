"""Obtain what every target needs: uv, Python 3.12 and the environments made with them.

Standard library only, because it runs before anything is installed. All that it fetches lands under `.local/`;
nothing outside the clone is changed, save uv's own package cache.

    python3 src/shipping/tools.py run GROUP -- ARGS     run the Python of environment GROUP with ARGS
    python3 src/shipping/tools.py sync GROUP...         make or renew environments
    python3 src/shipping/tools.py uv ARGS               run uv itself
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
ENVIRONMENTS = LOCAL / "envs"
UV_VERSION = "0.13.8"
UV_MINIMUM = (0, 9, 0)  # older ones cannot read the lock files
AIRFLOW_GROUP = "airflow"  # the one environment whose project and lock lie in dags/


class ToolMissing(Exception):
    """Something this machine lacks; the message carries the remedy."""


def version_of(executable: str | Path, *args: str) -> tuple[int, ...] | None:
    """The first dotted number the executable prints, or None when it does not run (a version manager's shim)."""
    try:
        answer = subprocess.run([str(executable), *args], capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", answer.stdout + answer.stderr)
    return tuple(int(part) for part in found.groups()) if found else None


def uv() -> Path:
    """A uv that can read our lock files: the one on PATH, else the pinned one in `.local/tools/uv`."""
    on_path = shutil.which("uv")
    if on_path and (version_of(on_path, "--version") or ()) >= UV_MINIMUM:
        return Path(on_path)
    own = LOCAL / "tools" / "uv" / "bin" / "uv"
    if version_of(own, "--version") is None:
        _install_uv(own.parents[1])
    return own


def _install_uv(folder: Path) -> None:
    print(f"installing uv {UV_VERSION} into {folder.relative_to(ROOT)}", file=sys.stderr, flush=True)
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
    folders = [*pyenv.glob("versions/3.12.*/bin"), *(LOCAL / "python").glob("cpython-3.12*/bin")]
    yield from (str(folder / "python3.12") for folder in sorted(folders, reverse=True))


def environment_python(group: str) -> Path:
    return ENVIRONMENTS / group / "bin" / "python"


def sync(group: str) -> Path:
    """Make environment `group` hold exactly what the lock file says; return its interpreter. A no-op when it does."""
    project = ROOT / "dags" if group == AIRFLOW_GROUP else ROOT
    folder = ENVIRONMENTS / group
    stamp, wanted = folder / ".synced", f"{folder}\n{_fingerprint(project)}"
    if stamp.exists() and stamp.read_text() == wanted and environment_python(group).exists():
        return environment_python(group)  # exists() follows the link: an upgraded system Python leaves it hanging
    if stamp.exists() and stamp.read_text().split("\n")[0] != str(folder):
        shutil.rmtree(folder)  # the clone was moved: the scripts inside still name the old place
    stamp.unlink(missing_ok=True)  # an interrupted sync must not look finished
    selection = ["--group", "dev"] if group == AIRFLOW_GROUP else ["--only-group", group]
    python = python_312()
    command = [str(uv()), "sync", "--frozen", "--project", str(project), "--python", str(python or "3.12"), *selection]
    answer = subprocess.run(command, env=uv_environment(folder, python), capture_output=True, text=True, check=False)
    if answer.returncode:
        raise ToolMissing(
            f"the environment {group!r} could not be made: {answer.stderr.strip()[-1500:]}\n"
            "It needs Python 3.12 (name one with PYTHON312=/path/to/python3.12) and a reachable package index."
        )
    stamp.write_text(wanted)
    return environment_python(group)


def _fingerprint(project: Path) -> str:
    return hashlib.sha256((project / "uv.lock").read_bytes() + (project / "pyproject.toml").read_bytes()).hexdigest()


def uv_environment(folder: Path, python: Path | None) -> dict[str, str]:
    env = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")}
    env["UV_PROJECT_ENVIRONMENT"] = str(folder)
    env["UV_PYTHON_INSTALL_DIR"] = str(LOCAL / "python")
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
        os.execve(python, [str(python), *rest[2:]], env)  # noqa: S606  replaces this process: signals reach the real one
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ToolMissing as missing:
        sys.exit(f"stockcast: {missing}")
