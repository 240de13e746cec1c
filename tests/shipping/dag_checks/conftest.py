"""A DAG folder that passes, to be spoilt."""

from __future__ import annotations

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


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    folder = tmp_path / "dags"
    (folder / "wiring").mkdir(parents=True)
    (folder / "watch_market.py").write_text(GOOD)
    (folder / "wiring/words.py").write_text("WORD = 'market'\n")
    (folder / ".airflowignore").write_text("wiring/\n")
    return folder


@pytest.fixture(scope="session")
def airflow_python() -> Path:
    """The interpreter that has MWAA's Airflow."""
    python = tools.environment_python(tools.AIRFLOW_GROUP)
    if not python.is_file():
        pytest.fail(f"{python} is no file; `make test` makes the Airflow environment first.", pytrace=False)
    return python
