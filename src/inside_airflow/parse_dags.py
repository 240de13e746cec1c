"""Runs inside Airflow's environment: parse a DAG folder as the DAG processor does; one JSON line tells what came out.

`python src/inside_airflow/parse_dags.py <folder>` prints `PARSED {file: {seconds, dags, errors, advice}}`. Nothing but
Airflow and the standard library is there.
"""

import json
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn

from airflow.exceptions import AirflowDagDuplicatedIdException
from airflow.models.dagbag import DagBag
from airflow.serialization.serialized_objects import SerializedDAG


class StrictDagBag(DagBag):
    """Rejects an id that one file makes twice too: Airflow itself would keep either DAG, by chance."""

    def bag_dag(self, dag: Any) -> None:
        other = self.dags.get(dag.dag_id)
        if other is not None and other is not dag:
            raise AirflowDagDuplicatedIdException(dag_id=dag.dag_id, incoming=dag.fileloc, existing=other.fileloc)
        super().bag_dag(dag)


def no_network(*_: Any, **__: Any) -> NoReturn:
    raise OSError("it reaches for the network while it is parsed; DAG files are parsed without one")


def parsed(folder: Path) -> dict[str, dict[str, Any]]:
    """What is in the folder, by file."""
    sys.path.insert(0, str(folder))  # as Airflow does: helpers are imported from here
    socket.socket.connect = no_network  # type: ignore[method-assign]
    socket.getaddrinfo = no_network
    bag = StrictDagBag(str(folder), include_examples=False)
    told: dict[str, dict[str, Any]] = {}

    def of(path: str) -> dict[str, Any]:
        name = str(Path(path).relative_to(folder))
        return told.setdefault(name, {"seconds": 0.0, "dags": [], "errors": [], "advice": []})

    for stat in bag.dagbag_stats:
        of(str(folder / stat.file.lstrip("/")))["seconds"] = stat.duration.total_seconds()
    for path, error in bag.import_errors.items():
        of(path)["errors"].append(str(error).strip().splitlines()[-1])
    for dag in bag.dags.values():
        entry = of(dag.fileloc)
        entry["dags"].append(dag.dag_id)
        entry["errors"] += faults(dag)
        entry["advice"] += advice(dag)
    return told


def faults(dag: Any) -> list[str]:
    """What the scheduler would miss in a DAG that can be imported."""
    try:
        SerializedDAG.to_dict(dag)
    except Exception as error:  # whatever a task holds: the scheduler could not store it either
        return [f"{dag.dag_id} cannot be stored by Airflow: {error}"]
    return []


def advice(dag: Any) -> list[str]:
    """What an engineer on call would miss; Airflow runs the DAG all the same."""
    return [] if dag.tags else [f"{dag.dag_id} has no tags; Airflow's list is sorted by them. Give it one"]


if __name__ == "__main__":
    print("PARSED " + json.dumps(parsed(Path(sys.argv[1]).resolve())))
