"""Tests that need Airflow. They run in its own environment, which holds what MWAA holds, and without a network."""

import os
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

pytest.register_assert_rewrite("fakes")

DAGS = Path(__file__).resolve().parents[3] / "dags"
HOME = tempfile.TemporaryDirectory(prefix="airflow-")  # removed when the process ends
# Airflow reads its settings while it is imported, so they are set before any test is.
os.environ.update(
    AIRFLOW_HOME=HOME.name,
    AIRFLOW__CORE__DAGS_FOLDER=str(DAGS),
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED="False",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_EC2_METADATA_DISABLED="true",
)


def pytest_configure(config: pytest.Config) -> None:
    """Close the network before the first import: DAG files are parsed without one."""
    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", refuse_network)
    patch.setattr(socket, "getaddrinfo", refuse_network)
    config.add_cleanup(patch.undo)


def refuse_network(*_: Any, **__: Any) -> NoReturn:
    raise OSError("a test of the DAGs tried to reach the network; DAG files are parsed without one")


@pytest.fixture(scope="session")
def parsed() -> tuple[Any, float]:
    """dags/ as Airflow parses it, and the seconds that it took."""
    from airflow.models.dagbag import DagBag  # Airflow takes seconds to import, and not every test needs it

    started = time.monotonic()
    bag = DagBag(include_examples=False)
    return bag, time.monotonic() - started


@pytest.fixture(scope="session")
def bag(parsed: tuple[Any, float]) -> Any:
    """All DAGs of dags/."""
    return parsed[0]


@pytest.fixture
def rendered(bag: Any) -> Callable[..., Any]:
    """Copy a task of a DAG and fill its templates in."""
    from fakes import Settings, run_context

    def render(dag_id: str, task_id: str, params: dict[str, Any] | None = None, **run: Any) -> Any:
        dag = bag.dags[dag_id]
        context = run_context(**run) | {"var": {"value": Settings()}, "dag": dag}
        context["params"] = dag.params.dump() | context["params"] | (params or {})
        task = dag.get_task(task_id).prepare_for_execution()
        task.render_template_fields(context)
        return task

    return render
