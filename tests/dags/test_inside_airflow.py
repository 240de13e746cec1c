"""Runs the tests of tests/dags/inside in Airflow's own environment, which this one cannot import."""

import ast
import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INSIDE = Path(__file__).parent / "inside"
MARK = "RESULTS "
NAMES = [
    f"{file.stem}::{node.name}"
    for file in sorted(INSIDE.glob("about_*.py"))
    for node in ast.parse(file.read_text()).body
    if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
]


def airflow_python() -> Path:
    """The interpreter that has MWAA's Airflow, from AIRFLOW_PYTHON or where `make` puts it."""
    python = Path(os.environ.get("AIRFLOW_PYTHON") or ROOT / ".local" / "envs" / "airflow" / "bin" / "python")
    if not python.is_file():
        pytest.fail(
            f"{python} is no file; it must be a Python with the DAGs' Airflow. "
            "Run `make test`, which makes it, or set AIRFLOW_PYTHON.",
            pytrace=False,
        )
    return python


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Failure text by test name, from one process: Airflow takes seconds to import."""
    home = tmp_path_factory.mktemp("airflow")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [airflow_python(), INSIDE / "run.py", ROOT / "dags"],
        env=environment,
        cwd=home,
        capture_output=True,
        text=True,
        timeout=240,
    )
    lines = done.stdout.splitlines()
    print("\n".join(line for line in lines if line.startswith("parsed ")))
    told = [line for line in lines if line.startswith(MARK)]
    assert told, f"the tests inside Airflow did not end:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return json.loads(told[-1].removeprefix(MARK))


@pytest.mark.parametrize("name", NAMES)
def test_inside_airflow(results, name):
    assert results[name] == "", results[name]


def test_every_test_inside_airflow_was_run(results):
    """A renamed file would otherwise be forgotten in silence."""
    assert len(NAMES) > 45
    assert set(results) == set(NAMES)


def test_a_broken_dag_is_noticed(tmp_path):
    """The gate itself: a file that reads a Variable while it is parsed must not import."""
    bad = "from airflow.sdk import Variable\nBUCKET = Variable.get('bronze_bucket')\n"
    (tmp_path / "broken_dag.py").write_text(bad)
    script = (
        "from airflow.models.dagbag import DagBag; "
        f"print(len(DagBag({str(tmp_path)!r}, include_examples=False, safe_mode=False).import_errors))"
    )

    done = subprocess.run(
        [airflow_python(), "-c", script],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "AIRFLOW_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.stdout.strip().splitlines()[-1] == "1", done.stderr[-2000:]
