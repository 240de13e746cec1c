"""Real Airflow parses bad DAGs. It takes seconds to start, so all of them lie in one folder.

Good DAGs are parsed in test_command.py.
"""

from __future__ import annotations

import pytest
from tests.shipping.dag_checks.conftest import GOOD, fill

from shipping.dag_checks import parsing
from shipping.dag_checks.report import Finding

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("dag-parsing")]
LONG = f"watch_{'x' * 47}"
UNKNOWN_TIMETABLE = (
    "from airflow.sdk import DAG\nfrom airflow.timetables.simple import NullTimetable\n"
    "class Own(NullTimetable):\n    pass\nwith DAG('watch_object', schedule=Own()):\n    pass\n"
)
BAD = {
    "watch_slowly.py": "import time\ntime.sleep(1.5)\n" + GOOD.replace("watch_market", "watch_slowly"),
    "watch_twice.py": GOOD,  # makes watch_market again
    "watch_again.py": (
        "from airflow.sdk import DAG\nwith DAG('watch_again', schedule=None) as first:\n    pass\n"
        "with DAG('watch_again', schedule='@daily') as second:\n    pass\n"
    ),
    "watch_nothing.py": '"""An airflow dag that is never made."""\n',
    "watch_network.py": "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:9/')\n" + GOOD,
    "watch_untagged.py": GOOD.replace("watch_market", "watch_untagged").replace(', tags=["data"]', ""),
    "watch_missing.py": GOOD.replace("watch_market", "watch_missing").replace("wiring.words", "wiring.gone"),
    "watch_object.py": UNKNOWN_TIMETABLE,
    f"{LONG}.py": GOOD.replace("watch_market", LONG),
    "team/watch_deeper.py": GOOD.replace("watch_market", "watch_deeper").replace("wiring.words", "wiring.lost"),
}
FILE_SECONDS = 1.2


@pytest.fixture(scope="module")
def found(tmp_path_factory, airflow_python) -> dict[str, Finding]:
    folder = fill(tmp_path_factory.mktemp("bad") / "dags", {"watch_market.py": GOOD, **BAD})
    return {finding.file: finding for finding in parsing.findings(folder, airflow_python, FILE_SECONDS)}


@pytest.fixture(scope="module")
def faults(found) -> dict[str, str]:
    return {file: " | ".join(finding.faults) for file, finding in found.items()}


def test_a_slow_file_is_a_fault(faults):
    """MWAA gives up after half a minute, on smaller machines than this."""
    assert "s to parse; 1 s are the most" in faults["watch_slowly.py"]


def test_a_dag_id_that_two_files_make_is_a_fault(faults):
    """Airflow would show the one or the other by chance."""
    assert "watch_market" in faults["watch_twice.py"] + faults["watch_market.py"]
    assert "also found in" in faults["watch_twice.py"] + faults["watch_market.py"]


def test_a_dag_id_that_one_file_makes_twice_is_a_fault(faults):
    """Airflow itself drops one of the two without a word."""
    assert "watch_again" in faults["watch_again.py"]
    assert "also found in" in faults["watch_again.py"]


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("watch_nothing.py", "Airflow finds no DAG in it"),
        ("watch_network.py", "reaches for the network"),
        ("watch_missing.py", "No module named 'wiring.gone'"),
        ("watch_object.py", "watch_object cannot be stored by Airflow"),
        (f"{LONG}.py", f"{LONG} has 53 characters"),
        ("team/watch_deeper.py", "No module named 'wiring.lost'"),
    ],
)
def test_what_airflow_could_not_use_is_told_by_file(faults, file, told):
    """Each would be found by a user in Airflow's list instead."""
    assert told in faults[file]


def test_a_dag_without_tags_is_advised_to_have_some(found):
    """Airflow runs it, so it is no fault."""
    assert "watch_untagged has no tags" in " | ".join(found["watch_untagged.py"].advice)
    assert "tags" not in " | ".join(found["watch_untagged.py"].faults)
