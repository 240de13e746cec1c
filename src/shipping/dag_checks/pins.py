"""Whether the Airflow of every environment could install dags/requirements.txt: they may run different versions."""

from __future__ import annotations

from pathlib import Path

from shipping import airflow_requirements, environments, values
from shipping.dag_checks.report import Finding
from shipping.environments import Refused


def findings(dags: Path) -> list[Finding]:
    """One for each version that an environment asks for."""
    return [
        Finding("requirements", f"Airflow {version} of {', '.join(sorted(of))}", _faults(dags, version))
        for version, of in sorted(_versions().items())
    ]


def _faults(dags: Path, version: str) -> tuple[str, ...]:
    try:
        airflow_requirements.check(dags, version)
    except Refused as refusal:
        return (str(refusal),)
    return ()


def _versions() -> dict[str, list[str]]:
    """Environments by the version that their values name."""
    found: dict[str, list[str]] = {}
    for environment in environments.names():
        files = [environments.ROOT / "envs" / environment / "platform.tfvars"]
        version = values.of(environment, files).airflow_version
        if version:
            found.setdefault(version, []).append(environment)
    return found
