"""Run every test_* function of this folder in Airflow's environment; print one JSON line with what failed.

`python tests/dags/inside/run.py <dags folder>`. Standard library only: Airflow's environment holds what MWAA holds.
"""

import importlib
import inspect
import json
import socket
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

HERE = Path(__file__).resolve().parent
MARK = "RESULTS "


def no_network(*_: Any, **__: Any) -> NoReturn:
    raise OSError("a test of the DAGs tried to reach the network; DAG files are parsed without one")


def run(module_name: str) -> dict[str, str]:
    """Failures by test name, '' for one that passed."""
    module = importlib.import_module(module_name)
    results = {}
    for name, test in inspect.getmembers(module, inspect.isfunction):
        if name.startswith("test_") and test.__module__ == module_name:
            try:
                test()
                results[f"{module_name}::{name}"] = ""
            except BaseException:
                results[f"{module_name}::{name}"] = traceback.format_exc()
    return results


def main(dags: str) -> None:
    sys.path[:0] = [dags, str(HERE)]
    socket.socket.connect = no_network  # type: ignore[method-assign]
    socket.getaddrinfo = no_network
    results: dict[str, str] = {}
    for file in sorted(HERE.glob("about_*.py")):
        results |= run(file.stem)
    print(MARK + json.dumps(results))


if __name__ == "__main__":
    main(sys.argv[1])
