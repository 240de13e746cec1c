"""Runs inside Airflow's environment: parse a DAG folder as the DAG processor does; one JSON line tells what came out.

`python src/inside_airflow/parse_dags.py <folder>` prints `PARSED {file: {seconds, dags, errors}}`. Nothing but Airflow
and the standard library is there.
"""

import json
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn

from airflow.models.dagbag import DagBag
from airflow.serialization.serialized_objects import SerializedDAG


def no_network(*_: Any, **__: Any) -> NoReturn:
    raise OSError("it reaches for the network while it is parsed; DAG files are parsed without one")


def parsed(folder: Path) -> dict[str, dict[str, Any]]:
    """What is in the folder, by file."""
    sys.path.insert(0, str(folder))  # as Airflow does: helpers are imported from here
    socket.socket.connect = no_network  # type: ignore[method-assign]
    socket.getaddrinfo = no_network
    bag = DagBag(str(folder), include_examples=False)
    told: dict[str, dict[str, Any]] = {}

    def of(path: str) -> dict[str, Any]:
        name = str(Path(path).relative_to(folder))
        return told.setdefault(name, {"seconds": 0.0, "dags": [], "errors": []})

    for stat in bag.dagbag_stats:
        of(str(folder / stat.file.lstrip("/")))["seconds"] = stat.duration.total_seconds()
    for path, error in bag.import_errors.items():
        of(path)["errors"].append(str(error).strip().splitlines()[-1])
    for dag in bag.dags.values():
        entry = of(dag.fileloc)
        entry["dags"].append(dag.dag_id)
        entry["errors"] += faults(dag)
    return told


def faults(dag: Any) -> list[str]:
    """What the scheduler or the night shift would miss in a DAG that can be imported."""
    found = []
    if not dag.tags:
        found.append(f"{dag.dag_id} has no tags; Airflow's list is sorted by them. Give it one")
    if not dag.doc_md:
        found.append(f"{dag.dag_id} has no page; pass doc_md=__doc__")
    try:
        SerializedDAG.to_dict(dag)
    except Exception as error:  # whatever a task holds: the scheduler could not store it either
        found.append(f"{dag.dag_id} cannot be stored by Airflow: {error}")
    return found


if __name__ == "__main__":
    print("PARSED " + json.dumps(parsed(Path(sys.argv[1]).resolve())))
