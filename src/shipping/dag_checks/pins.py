"""Whether dags/requirements.txt can be installed by every environment's Airflow, and is by the local one.

Environments may run different versions of Airflow. The local one is where the DAGs are parsed and tested.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from shipping import airflow_requirements, environments, mwaa_constraints, values
from shipping.dag_checks.report import Finding
from shipping.environments import Refused


def findings(dags: Path) -> list[Finding]:
    """One for each version that an environment runs, and one for the local Airflow environment."""
    versions = [
        Finding("requirements", f"Airflow {version} of {', '.join(sorted(of))}", _faults(dags, version))
        for version, of in sorted(_versions().items())
    ]
    return [*versions, Finding("requirements", "dags/uv.lock", tuple(mwaa_constraints.environment_faults(dags)))]


def _faults(dags: Path, version: str) -> tuple[str, ...]:
    try:
        airflow_requirements.check(dags, version)
    except Refused as refusal:
        return (str(refusal),)
    return ()


def _versions() -> dict[str, list[str]]:
    """Environments by the version that their values name."""
    found: dict[str, list[str]] = {}
    names = environments.names()
    with ThreadPoolExecutor() as threads:  # each starts a process
        for environment, version in zip(names, threads.map(_version, names), strict=True):
            if version:
                found.setdefault(version, []).append(environment)
    return found


def _version(environment: str) -> str | None:
    files = [environments.ROOT / "envs" / environment / "platform.tfvars"]
    return values.of(environment, files).airflow_version
