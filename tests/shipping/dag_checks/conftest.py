"""DAG folders that pass, to be spoilt."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from shipping import tools

GOOD = '''"""Watch the market.

**When.** Daily. **Normal.** Green. **When it is red.** Read the log.
"""

from airflow.sdk import dag, task
from wiring.words import WORD


@dag(schedule=None, doc_md=__doc__, tags=["data"])
def watch_market():
    @task
    def say():
        print(WORD)

    say()


watch_market()
'''
# What a team's own DAG may look like: Airflow runs it, and it keeps none of our conventions.
UNCONVENTIONAL = '''"""Reports."""

from airflow.sdk import DAG, task
from reports.words import WORD

with DAG("Daily-Report", schedule=None):

    @task
    def send():
        print(WORD)

    send()

with DAG(dag_id="weekly.report", schedule=None):
    send()
'''


def fill(folder: Path, files: dict[str, str]) -> Path:
    """A DAG folder with `files`, and with the helper that GOOD imports."""
    for name, text in {"wiring/words.py": "WORD = 'market'\n", ".airflowignore": "wiring/\n", **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def add_requirements(folder: Path) -> Path:
    """With our own requirements, constraints and lock, which a gate needs besides the DAGs."""
    for file in [*(tools.ROOT / "dags").glob("*.txt"), tools.ROOT / "dags/uv.lock"]:
        shutil.copy(file, folder)
    return folder


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    return fill(tmp_path / "dags", {"watch_market.py": GOOD})


@pytest.fixture(scope="session")
def airflow_python() -> Path:
    """The interpreter that has MWAA's Airflow."""
    python = tools.environment_python(tools.AIRFLOW_GROUP)
    if not python.is_file():
        pytest.fail(f"{python} is no file; `make test` makes the Airflow environment first.", pytrace=False)
    return python
