"""Libraries for what ships: the wheels that uv.lock names, unpacked for the machine they will run on.

Unpacked once per lock and platform into the store's `wheels/`, then only read. Wheels are fetched by uv with the
lock's hashes, so that what runs in the account is what the tests ran with.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from shipping import tools
from shipping.lambda_rules import PackageRefused

GROUP = "spark"  # the lock's group that the transform's engines share
# Platform and Python as uv names them; both run on Amazon Linux 2023.
LAMBDA, EMR = ("x86_64-manylinux_2_28", "3.12"), ("x86_64-manylinux_2_28", "3.11")
FOR_HERE = "STOCKCAST_WHEELS_HERE"  # set by the local stack, whose functions run on this very machine
LEFT_OUT = frozenset({"INSTALLER", "RECORD", "REQUESTED", "direct_url.json"})  # what an installer notes for itself
CACHES = frozenset({"__pycache__"})


def target(wanted: tuple[str, str]) -> tuple[str, str]:
    """The platform and Python to unpack for; an empty platform is this machine's."""
    is_lambdas = (platform.system(), platform.machine()) == ("Linux", "x86_64")
    return ("", wanted[1]) if os.environ.get(FOR_HERE) and not is_lambdas else wanted


def versions(names: Sequence[str]) -> dict[str, str]:
    """The locked version of each."""
    if not names:
        return {}
    found = {name: found[1] for name, block in _locked().items() if (found := re.match(r"[^=]+==([^\s;]+)", block))}
    if unknown := [name for name in names if name not in found]:
        raise PackageRefused(
            f"{', '.join(unknown)} is not in uv.lock's group {GROUP}; a package holds locked libraries only. "
            f"Add it to that group in pyproject.toml and run `uv lock`."
        )
    return {name: found[name] for name in names}


def all_but(*names: str) -> list[str]:
    """Everything of the group without these."""
    return [name for name in _locked() if name not in names]


def files(names: Sequence[str], wanted: tuple[str, str]) -> dict[str, bytes]:
    """Every file of these libraries by its path, as it lies in site-packages."""
    folder = unpacked(names, wanted)
    paths = (
        path for path in sorted(folder.rglob("*")) if path.is_file() and not _is_left_out(path.relative_to(folder))
    )
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def unpacked(names: Sequence[str], wanted: tuple[str, str]) -> Path:
    """The folder that holds these libraries, made if it is not there yet."""
    versions(names)
    locked, on = _locked(), target(wanted)
    pins = "".join(locked[name] for name in sorted(names))
    print_of = hashlib.sha256(f"{on}{pins}".encode()).hexdigest()[:16]
    folder = tools.store() / "wheels" / print_of
    if not (folder / "site-packages").is_dir():
        with tools.alone(folder):
            if not (folder / "site-packages").is_dir():
                _unpack(folder, pins, on)
    return folder / "site-packages"


def _unpack(folder: Path, pins: str, on: tuple[str, str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "requirements.txt").write_text(pins)
    command = [str(tools.uv()), "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
    command += ["--target", str(folder / "new"), "--python", sys.executable, "--python-version", on[1]]
    command += ["--python-platform", on[0]] if on[0] else []
    command += ["--requirements", str(folder / "requirements.txt")]
    done = subprocess.run(command, env=_environment(folder), capture_output=True, text=True, check=False)
    if done.returncode:
        raise PackageRefused(
            f"the wheels for {on[0] or 'this machine'}, Python {on[1]} could not be had: {done.stderr.strip()[-800:]} "
            "They come from the package index, as the environments do: see that it is reachable, then try again."
        )
    (folder / "new").rename(folder / "site-packages")  # last: a folder of this name is whole


def _locked() -> dict[str, str]:
    """The group's pins by name, each with its hashes, as pip reads them."""
    command = [str(tools.uv()), "export", "--frozen", "--no-header", "--no-annotate", "--quiet"]
    command += ["--project", str(tools.ROOT), "--only-group", GROUP]
    done = subprocess.run(command, env=_environment(tools.LOCAL), capture_output=True, text=True, check=False)
    if done.returncode:
        raise PackageRefused(f"`uv export` of group {GROUP!r} failed: {done.stderr.strip()[-600:]}")
    blocks = re.findall(r"^[A-Za-z0-9].*(?:\n +.*)*\n", done.stdout, re.MULTILINE)
    return {re.split(r"[=\s;]", block, maxsplit=1)[0]: block for block in blocks}


def _environment(folder: Path) -> dict[str, str]:
    return tools.uv_environment(folder, Path(sys.executable))


def _is_left_out(path: Path) -> bool:
    of_installer = path.parent.suffix == ".dist-info" and path.name in LEFT_OUT
    return of_installer or path.name == ".lock" or any(part in CACHES for part in path.parts)
