"""Real Airflow parses a good folder and bad ones. It takes seconds to start, so all bad files lie in one folder."""

from __future__ import annotations

import pytest
from tests.shipping.dag_checks.conftest import GOOD

from shipping.dag_checks import parsing

BAD = {
    "watch_slowly.py": "import time\ntime.sleep(1.5)\n" + GOOD.replace("watch_market", "watch_slowly"),
    "watch_twice.py": GOOD,  # makes watch_market again
    "watch_nothing.py": '"""An airflow dag that is never made."""\n',
    "watch_network.py": "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:9/')\n" + GOOD,
    "watch_untagged.py": GOOD.replace("watch_market", "watch_untagged").replace(', tags=["data"]', ""),
    "watch_missing.py": GOOD.replace("watch_market", "watch_missing").replace("wiring.words", "wiring.gone"),
}
FILE_SECONDS = 1.2


@pytest.fixture(scope="module")
def faults(tmp_path_factory, airflow_python) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("bad") / "dags"
    (folder / "wiring").mkdir(parents=True)
    (folder / "wiring/words.py").write_text("WORD = 'market'\n")
    (folder / ".airflowignore").write_text("wiring/\n")
    for name, text in {"watch_market.py": GOOD, **BAD}.items():
        (folder / name).write_text(text)
    return {
        finding.file: " | ".join(finding.faults) for finding in parsing.findings(folder, airflow_python, FILE_SECONDS)
    }


def test_a_good_folder_passes_with_its_time(dags, airflow_python):
    """And without a word on it nobody sees a file grow slow."""
    (found,) = parsing.findings(dags, airflow_python, 60)

    assert (found.file, found.faults) == ("watch_market.py", ())
    assert found.seconds > 0


def test_a_slow_file_is_a_fault(faults):
    """MWAA gives up after half a minute, on smaller machines than this."""
    assert "s to parse; 1 s are the most" in faults["watch_slowly.py"]


def test_a_dag_id_that_two_files_make_is_a_fault(faults):
    """Airflow would show the one or the other by chance."""
    assert "watch_market" in faults["watch_twice.py"] + faults["watch_market.py"]
    assert "also found in" in faults["watch_twice.py"] + faults["watch_market.py"]


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("watch_nothing.py", "Airflow finds no DAG in it"),
        ("watch_network.py", "reaches for the network"),
        ("watch_untagged.py", "watch_untagged has no tags"),
        ("watch_missing.py", "No module named 'wiring.gone'"),
    ],
)
def test_what_airflow_could_not_use_is_told_by_file(faults, file, told):
    """Each would be found by a user in Airflow's list instead."""
    assert told in faults[file]
