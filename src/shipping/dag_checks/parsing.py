"""Whether Airflow can import every DAG file, soon enough, without a network; asked of MWAA's own version of it."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shipping import tools
from shipping.dag_checks.report import Finding
from shipping.dag_checks.rules import LONGEST_ID
from shipping.dag_sync import shipped_files
from shipping.environments import Refused

INSIDE = tools.ROOT / "src" / "inside_airflow" / "parse_dags.py"  # it alone may import Airflow
FILE_SECONDS = 10.0  # MWAA ends the parse of a file after 30, on machines that are smaller than most
IMPORT_TIMEOUT_SECONDS = 30  # MWAA's own
PROCESS_TIMEOUT_SECONDS = 240


def findings(dags: Path, python: Path, file_seconds: float = FILE_SECONDS) -> list[Finding]:
    """One per DAG file; `python` is an interpreter that has Airflow."""
    return build_findings(dags, parse(dags, python), file_seconds)


def build_findings(dags: Path, parsed: Mapping[str, dict[str, Any]], file_seconds: float) -> list[Finding]:
    """One per file at the top of the folder, which must make a DAG, and per deeper file that makes one or fails."""
    top = {name for name in shipped_files(dags) if name.endswith(".py") and "/" not in name}
    deeper = {name for name, entry in parsed.items() if entry["dags"] or entry["errors"]}
    return [_finding(name, parsed.get(name, {}), file_seconds) for name in sorted(top | deeper)]


def _finding(name: str, entry: Mapping[str, Any], file_seconds: float) -> Finding:
    seconds = float(entry.get("seconds", 0.0))
    faults = [str(error) for error in entry.get("errors", [])]
    if not entry.get("dags") and not faults:
        faults.append(
            "Airflow finds no DAG in it. Call the function that is decorated with @dag, at file level; helpers belong "
            "into a folder, such as wiring/"
        )
    faults += [
        f"{dag_id} has {len(dag_id)} characters; MWAA's REST API takes {LONGEST_ID} at most, so the sync could not be "
        "verified. Shorten it"
        for dag_id in entry.get("dags", [])
        if len(dag_id) > LONGEST_ID
    ]
    if seconds > file_seconds:
        faults.append(
            f"it takes {seconds:.1f} s to parse; {file_seconds:.0f} s are the most, since MWAA parses it again and "
            "again and gives up after 30. Move imports and work into tasks"
        )
    return Finding("parse", name, tuple(faults), f"{seconds:.1f} s", seconds, tuple(entry.get("advice", [])))


def parse(dags: Path, python: Path) -> dict[str, dict[str, Any]]:
    """What Airflow says by file: seconds, ids of DAGs, errors, advice."""
    with tempfile.TemporaryDirectory() as home:
        command = [str(python), str(INSIDE), str(dags)]
        try:
            done = subprocess.run(
                command, env=_environment(dags, home), cwd=home, capture_output=True, text=True,
                timeout=PROCESS_TIMEOUT_SECONDS, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise Refused(
                f"Airflow did not end within {PROCESS_TIMEOUT_SECONDS} s of parsing {dags}; a file there hangs "
                "where not even Airflow's own time limit reaches it. Parse them one by one to see which."
            ) from None
    answer = [line for line in done.stdout.splitlines() if line.startswith("PARSED ")]
    if done.returncode or not answer:
        raise Refused(f"Airflow ended with {done.returncode} while it parsed {dags}:\n{done.stderr[-3000:]}")
    told: dict[str, dict[str, Any]] = json.loads(answer[-1].removeprefix("PARSED "))
    return told


def _environment(dags: Path, home: str) -> dict[str, str]:
    """Nothing of this shell: neither credentials nor an endpoint may help a file that reaches out.

    Bytecode is written, since Airflow takes three times as long to import without it.
    """
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": home,
        "AIRFLOW_HOME": home,
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": str(IMPORT_TIMEOUT_SECONDS),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
