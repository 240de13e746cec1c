"""Obtain the tools that every target needs: uv, Python 3.12, Terraform and the environments made with them.

Standard library only, because it runs before anything is installed. All that it fetches lands under `.local/`;
nothing outside the clone is changed, save uv's own package cache.

    python3 src/shipping/tools.py run GROUP -- ARGS     run the Python of environment GROUP with ARGS
    python3 src/shipping/tools.py sync GROUP...         make or renew environments
    python3 src/shipping/tools.py uv ARGS               run uv itself
"""

from __future__ import annotations

import hashlib
import io
import os
import platform
import re
import shutil
import stat
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
ENVIRONMENTS = LOCAL / "envs"
UV_VERSION = "0.13.8"
UV_MINIMUM = (0, 9, 0)  # older ones cannot read the lock files
TERRAFORM_VERSION = "1.11.4"
TERRAFORM_MINIMUM = (1, 11, 0)  # use_lockfile of the S3 backend is settled from here on
TERRAFORM_RELEASES = "https://releases.hashicorp.com/terraform"
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


# uv ------------------------------------------------------------------------------------------------------------------


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
    stamp, wanted = folder / ".synced", _fingerprint(project)
    if stamp.exists() and stamp.read_text() == wanted:
        return environment_python(group)
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


def terraform() -> Path:
    """Terraform >= 1.11 and < 2: the one on PATH, else the pinned release in `.local/tools`, checksum verified."""
    for candidate in (shutil.which("terraform"), LOCAL / "tools" / f"terraform-{TERRAFORM_VERSION}" / "terraform"):
        version = version_of(candidate, "version") if candidate else None
        if candidate and version and TERRAFORM_MINIMUM <= version < (2, 0, 0):
            return Path(candidate)
    return _download_terraform(LOCAL / "tools" / f"terraform-{TERRAFORM_VERSION}")


def _download_terraform(folder: Path) -> Path:
    name = f"terraform_{TERRAFORM_VERSION}_{_system()}.zip"
    base = f"{os.environ.get('TERRAFORM_RELEASES', TERRAFORM_RELEASES)}/{TERRAFORM_VERSION}"
    print(f"fetching {name}", file=sys.stderr, flush=True)
    try:
        sums = _get(f"{base}/terraform_{TERRAFORM_VERSION}_SHA256SUMS").decode()
        archive = _get(f"{base}/{name}")
    except (urllib.error.URLError, OSError) as problem:
        raise ToolMissing(
            f"terraform is not on PATH and {base} could not be read: {problem}. "
            f"Install Terraform >= 1.11 yourself, or set TERRAFORM_RELEASES to a mirror of the releases site."
        ) from problem
    _verify(name, archive, sums)
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(archive)) as unpacked:
        unpacked.extract("terraform", folder)
    executable = folder / "terraform"
    executable.chmod(executable.stat().st_mode | stat.S_IXUSR)
    return executable


def _verify(name: str, archive: bytes, sums: str) -> None:
    wanted = next((line.split()[0] for line in sums.splitlines() if line.split()[1:] == [name]), None)
    got = hashlib.sha256(archive).hexdigest()
    if wanted != got:
        raise ToolMissing(
            f"{name} has the checksum {got}, its release lists {wanted}. "
            "The download is damaged or not the release's; nothing was installed. Try again, or install it yourself."
        )


def _system() -> str:
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return f"{platform.system().lower()}_{machine}"


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=120) as answer:  # noqa: S310  the scheme is ours or the caller's mirror
        return bytes(answer.read())


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
