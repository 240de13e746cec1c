"""The Java that Spark runs in: the one that JAVA_HOME names, else the one on PATH."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from localaws.spark.failure import SparkFailed

FITTING = ("8", "11", "17")  # what Spark 3.5 runs on; Glue and EMR have 17
REMEDY = (
    "Install Java 17 (Debian: `apt install openjdk-17-jre-headless`, macOS: `brew install openjdk@17`), or name one "
    "with JAVA_HOME, then `make down up`."
)


def find(named: str, environ: Mapping[str, str]) -> Path:
    """Java's home; raises SparkFailed with the remedy where there is none that fits."""
    program = Path(named) / "bin" / "java" if named else shutil.which("java", path=environ.get("PATH", os.defpath))
    if program is None:
        raise SparkFailed(f"Spark needs Java, and there is none: JAVA_HOME is not set and no java is on PATH. {REMEDY}")
    command = [str(program), "-XshowSettings:properties", "-version"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stderr
    except (OSError, subprocess.SubprocessError) as error:
        raise SparkFailed(f"Spark needs Java, and {program} does not run: {error}. {REMEDY}") from error
    version, home = _property(told, "java.specification.version"), _property(told, "java.home")
    if version.removeprefix("1.") not in FITTING:
        raise SparkFailed(f"{program} is Java {version or 'unknown'}; Spark 3.5 runs on {', '.join(FITTING)}. {REMEDY}")
    return Path(home)


def _property(told: str, name: str) -> str:
    found = re.search(rf"^\s*{re.escape(name)} = (.+?)\s*$", told, re.MULTILINE)
    return found[1] if found else ""
