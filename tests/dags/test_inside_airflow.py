"""Runs the tests of tests/dags/inside by the pytest of Airflow's own environment, which this one cannot import."""

import ast
import os
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("airflow")]
ROOT = Path(__file__).resolve().parents[2]
INSIDE = Path(__file__).parent / "inside"
PROBLEMS = ("error", "failure", "skipped")  # in a JUnit report
NAMES = [
    f"{file.stem}::{node.name}"
    for file in sorted(INSIDE.glob("test_*.py"))
    for node in ast.parse(file.read_text()).body
    if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
]


@dataclass
class Results:
    """How the tests of one folder ended, by the name of the test function; one with parameters has several cases."""

    failures: dict[str, list[str]] = field(default_factory=dict)  # empty for a test that passed
    not_imported: list[str] = field(default_factory=list)

    def check(self, name: str) -> None:
        """Raise AssertionError unless all cases of the test were run and passed."""
        assert name in self.failures, f"{name} was not run.\n" + "\n".join(self.not_imported)
        assert self.failures[name] == [], "\n".join(self.failures[name])


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


def run_inside(folder: Path, home: Path) -> Results:
    """Run the tests of `folder` in one process, since Airflow takes seconds to import. It may write to `home`."""
    report = home / "report.xml"
    done = subprocess.run(
        [airflow_python(), "-m", "pytest", folder, f"--junitxml={report}", "--continue-on-collection-errors"],
        env={"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home)},
        cwd=home,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert report.is_file(), f"pytest in {folder} did not end:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return read_report(report)


def read_report(report: Path) -> Results:
    """Read a JUnit report; a skipped test counts as failed, since all of this folder can run anywhere."""
    results = Results()
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314  written by our own pytest
        name = case.get("name", "")
        problems = [f"{name}: {each.get('message')}\n{each.text}" for each in case if each.tag in PROBLEMS]
        if not case.get("classname"):  # a file that could not be imported; its name is the case's
            results.not_imported += problems
        else:
            results.failures.setdefault(f"{case.get('classname')}::{name.partition('[')[0]}", []).extend(problems)
    return results


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Of all tests inside."""
    return run_inside(INSIDE, tmp_path_factory.mktemp("airflow"))


@pytest.mark.parametrize("name", NAMES)
def test_inside_airflow(results, name):
    results.check(name)


def test_every_test_inside_airflow_was_run(results):
    """A renamed file would otherwise be forgotten in silence."""
    assert len(NAMES) > 45
    assert set(results.failures) == set(NAMES)
    assert results.not_imported == []


def test_a_failure_inside_is_a_failure_here(tmp_path):
    """The bridge itself: a test that fails or is skipped, and a file that cannot be imported."""
    for file in ("conftest.py", "pytest.ini", "fakes.py"):
        shutil.copy(INSIDE / file, tmp_path)
    (tmp_path / "test_mixed.py").write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('n', [1, 2])\ndef test_some(n):\n    assert n == 1, 'two is not one'\n"
        "def test_good():\n    pass\n"
        "def test_skipped():\n    pytest.skip('not today')\n"
    )
    (tmp_path / "test_broken.py").write_text("import no_such_module\ndef test_hidden():\n    pass\n")

    results = run_inside(tmp_path, tmp_path)

    results.check("test_mixed::test_good")
    for name, words in (
        ("test_mixed::test_some", "two is not one"),
        ("test_mixed::test_skipped", "not today"),
        ("test_broken::test_hidden", "No module named 'no_such_module'"),
    ):
        with pytest.raises(AssertionError, match=words):
            results.check(name)
