"""What a run asks of spark-submit, read as far as it means something on one machine."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from localaws.spark.failure import SparkFailed

OF_ENVIRONMENT = ("spark.emr-serverless.driverEnv.", "spark.executorEnv.")
OF_PYTHON = ("PYSPARK_DRIVER_PYTHON", "PYSPARK_PYTHON", "PYTHONPATH")  # this machine has its own
LISTS = {"--py-files": "spark.submit.pyFiles", "--archives": "spark.archives", "--files": "spark.files"}
BRING_JARS = ("--jars", "--packages", "--class", "spark.jars", "spark.jars.packages")


@dataclass
class Asked:
    """Libraries, archives and settings of one run."""

    py_files: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)


def read(parameters: str, overrides: dict[str, Any]) -> Asked:
    """`sparkSubmitParameters` over the `spark-defaults` of the run's configuration."""
    settings: dict[str, str] = {}
    for part in overrides.get("applicationConfiguration") or []:
        if part.get("classification") == "spark-defaults":
            settings.update(part.get("properties") or {})
    settings.update(_given(shlex.split(parameters)))
    for name in BRING_JARS:
        if name in settings:
            raise SparkFailed(f"{name} is {settings[name]}; the local Spark has no further jars. Run it on AWS.")
    needed = [uri for name in ("spark.archives", "spark.files") for uri in _listed(settings, name)]
    return Asked(tuple(_listed(settings, "spark.submit.pyFiles")), tuple(needed), settings, dict(_variables(settings)))


def _given(words: Sequence[str]) -> dict[str, str]:
    """Options and their values; `--conf name=value` counts as the setting it is."""
    settings: dict[str, str] = {}
    rest = list(words)
    while rest:
        option, _, value = rest.pop(0).partition("=")
        if not option.startswith("--"):
            raise SparkFailed(f"sparkSubmitParameters hold {option!r} where an option such as --conf must stand.")
        if not value:
            if not rest:
                raise SparkFailed(f"sparkSubmitParameters end with {option}, which lacks its value.")
            value = rest.pop(0)
        if option == "--conf":
            name, equals, value = value.partition("=")
            if not equals:
                raise SparkFailed(f"sparkSubmitParameters hold --conf {name}; write --conf name=value.")
            settings[name] = value
        else:
            settings[LISTS.get(option, option)] = value
    return settings


def _listed(settings: dict[str, str], name: str) -> list[str]:
    """Addresses with commas between; what follows # is the name that an archive gets where it is unpacked."""
    return [part.split("#")[0].strip() for part in settings.get(name, "").split(",") if part.strip()]


def _variables(settings: dict[str, str]) -> list[tuple[str, str]]:
    named = [
        (name.removeprefix(prefix), value)
        for prefix in OF_ENVIRONMENT[:1]
        for name, value in settings.items()
        if name.startswith(prefix)
    ]
    return [(name, value) for name, value in named if name not in OF_PYTHON]
