"""Which modules DAGs may import because dags/requirements.txt names their packages."""

from __future__ import annotations

from importlib.metadata import Distribution
from pathlib import Path

from shipping.airflow_requirements import normalize, requirements


def find_modules(dags: Path, python: Path) -> set[str]:
    """Top-level modules of the packages that requirements.txt names; `python` is the local Airflow environment's."""
    named = {each.name for each in requirements((dags / "requirements.txt").read_text())}
    folders = python.parents[1].glob("lib/python3.*/site-packages/*.dist-info")
    installed = (folder for folder in folders if normalize(folder.name.split("-")[0]) in named)
    return {module for folder in installed for module in _top_level(Distribution.at(folder))}


def _top_level(distribution: Distribution) -> set[str]:
    """From the list of installed files: not every package has a top_level.txt."""
    paths = (file.parts for file in distribution.files or [] if file.suffix in (".py", ".so"))
    return {parts[0].split(".")[0] for parts in paths if parts[0] != ".."}
