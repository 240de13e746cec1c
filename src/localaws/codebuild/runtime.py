"""A build's Python: the version that the buildspec names must be on the PATH, under the names CodeBuild gives it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from localaws.codebuild.failure import PhaseFailed

VERSION = re.compile(r"\d+\.\d+")


def use_python(version: str, variables: dict[str, str], shims: Path) -> dict[str, str]:
    """The variables with which `python` and `python3` are of that version, such as 3.12; any `latest` will do."""
    path = variables["PATH"]
    found = shutil.which("python3", path=path)
    program = found if found and (version in ("latest", "3.x") or _version(found) == version) else None
    if program is None and VERSION.fullmatch(version):
        program = shutil.which(f"python{version}", path=path)
    if program is None:
        raise PhaseFailed(
            "YAML_FILE_ERROR",
            f"Unknown runtime version named '{version}' of python: no such interpreter is on the build's PATH, {path}. "
            f"Add its folder to builds.path of the gateway's config.",
        )
    shims.mkdir(parents=True, exist_ok=True)
    for name in ("python", "python3"):  # not links: an interpreter finds its environment beside its own name
        (shims / name).write_text(f'#!/bin/sh\nexec "{program}" "$@"\n')
        (shims / name).chmod(0o755)
    return variables | {"PATH": os.pathsep.join([str(shims), path])}


def _version(program: str) -> str:
    told = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30, check=False)
    found = VERSION.search(told.stdout)
    return found[0] if found else ""
