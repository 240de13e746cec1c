"""Find Terraform, or fetch its pinned release: checksum verified, and nothing installed unless it fits."""

from __future__ import annotations

import hashlib
import http.client
import io
import os
import platform
import shutil
import stat
import sys
import urllib.request
import zipfile
from pathlib import Path

from shipping import tools
from shipping.tools import ToolMissing

VERSION = "1.11.4"
OLDEST, TOO_NEW = (1, 11, 0), (2, 0, 0)  # use_lockfile of the S3 backend is settled from 1.11 on
RELEASES = "https://releases.hashicorp.com/terraform"


def terraform() -> Path:
    """Terraform >= 1.11 and < 2: the one on PATH, else the pinned release among our own tools."""
    folder = tools.store() / "tools" / f"terraform-{VERSION}"
    for candidate in (shutil.which("terraform"), folder / "terraform"):
        if candidate and _fits(candidate):
            return Path(candidate)
    with tools.alone(folder):  # another build may bring it meanwhile
        return folder / "terraform" if _fits(folder / "terraform") else _install(folder)


def _fits(candidate: str | Path) -> bool:
    version = tools.version_of(candidate, "version")
    return bool(version and OLDEST <= version < TOO_NEW)


def _install(folder: Path) -> Path:
    name = f"terraform_{VERSION}_{_system()}.zip"
    base = f"{os.environ.get('TERRAFORM_RELEASES', RELEASES)}/{VERSION}"
    print(f"fetching {name}", file=sys.stderr, flush=True)
    try:
        sums = _get(f"{base}/terraform_{VERSION}_SHA256SUMS").decode(errors="replace")
        archive = _get(f"{base}/{name}")
    except (OSError, http.client.HTTPException) as problem:  # the second: a connection lost half way
        raise ToolMissing(
            f"no Terraform >= 1.11 is on PATH and {base} could not be read: {problem}. "
            "Install it yourself, or set TERRAFORM_RELEASES to a mirror of the releases site."
        ) from problem
    _verify(name, archive, sums)
    return _unpack(archive, folder)


def _verify(name: str, archive: bytes, sums: str) -> None:
    wanted = next((line.split()[0] for line in sums.splitlines() if line.split()[1:] == [name]), None)
    got = hashlib.sha256(archive).hexdigest()
    if wanted != got:
        raise ToolMissing(
            f"{name} has the checksum {got}, its release lists {wanted}. "
            "The download is damaged or not the release's; nothing was installed. Try again, or install it yourself."
        )


def _unpack(archive: bytes, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        packed.extract("terraform", folder)
    executable = folder / "terraform"
    executable.chmod(executable.stat().st_mode | stat.S_IXUSR)
    return executable


def _system() -> str:
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return f"{platform.system().lower()}_{machine}"


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=120) as answer:  # noqa: S310  the scheme is ours or the caller's mirror
        return bytes(answer.read())
