"""The Python that Spark runs with here: made when a run first wants it, and asked what it holds."""

from __future__ import annotations

import re
import subprocess
import threading
from pathlib import Path

from localaws.gateway import environment
from localaws.gateway.config import Config
from localaws.spark.failure import SparkFailed

LONGEST_SECONDS = 900  # of making the environment: pyspark alone is 300 MB
_one_at_a_time = threading.Lock()


def interpreter(config: Config) -> Path:
    """The interpreter with pyspark, made now if it is not there yet."""
    spark = config.spark
    if not spark.python:
        raise SparkFailed("This embedded AWS has no Spark; name an interpreter with pyspark as `spark` in its config.")
    with _one_at_a_time:
        if spark.make:
            _make(config)
    python = Path(spark.python)
    if not python.exists():
        raise SparkFailed(
            f"Spark's interpreter {python} does not exist. Run `python3 src/shipping/tools.py sync spark`."
        )
    return python


def _make(config: Config) -> None:
    """A matter of milliseconds when it stands already."""
    variables = environment.of_maker(config, environment.network())
    try:
        done = subprocess.run(
            config.spark.make, env=variables, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SparkFailed(f"Spark's environment could not be made: {error}") from error
    if done.returncode:
        raise SparkFailed(f"Spark's environment could not be made: {done.stderr.strip()[-800:]}")


def missing(python: Path, wanted: list[str]) -> list[str]:
    """What of `name==version` this interpreter lacks, or holds in another version, each with what it holds."""
    held = _held(python)
    told = []
    for requirement in wanted:
        name, _, version = requirement.partition("==")
        here = held.get(_normal(name))
        if here is None or (version and here != version):
            told.append(f"{requirement} (here {here or 'none'})")
    return told


def _held(python: Path) -> dict[str, str]:
    """Distributions beside the interpreter, by their folders' names."""
    folders = python.parent.parent.glob("lib/python3*/site-packages/*.dist-info")
    pairs = (folder.name.removesuffix(".dist-info").rsplit("-", 1) for folder in folders)
    return {_normal(name): version for name, version in pairs}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()
