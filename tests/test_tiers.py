"""The choice and the spreading of tests: a seed chooses one soak test, and what shares a fixture shares a worker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import choose_soak

pytest_plugins = ["pytester"]

MARKERS = """[pytest]
markers = integration
    extended
    e2e
    soak
"""
SUITE = {
    "test_a": "{note}def test_1(note): pass\ndef test_2(note): pass\ndef test_3(note): pass\n",
    "test_b": "{note}@pytest.mark.e2e\n@pytest.mark.xdist_group('stack')\ndef test_1(note): pass\n",
    "test_c": "{note}@pytest.mark.xdist_group('stack')\n@pytest.mark.e2e\ndef test_1(note): pass\n",
    "test_d": "{note}@pytest.mark.soak\n@pytest.mark.parametrize('case', range(8))\ndef test_1(note, case): pass\n",
}
NOTE = """import os, pathlib, pytest
@pytest.fixture
def note(request, worker_id):
    with pathlib.Path("ran.txt").open("a") as ran:
        print(worker_id, request.node.nodeid.split("@")[0], file=ran)
"""
Run = Callable[..., list[tuple[str, str]]]


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Run a small suite under tests/conftest.py; each test's worker and name, in the order of running."""
    pytester.makeconftest((Path(__file__).parent / "conftest.py").read_text())
    pytester.makeini(MARKERS)
    pytester.makepyfile(**{name: text.format(note=NOTE) for name, text in SUITE.items()})

    def run(*arguments: str) -> list[tuple[str, str]]:
        ran = pytester.path / "ran.txt"
        ran.unlink(missing_ok=True)
        result = pytester.runpytest_inprocess("-p", "no:cacheprovider", *arguments)
        assert result.ret == 0, result.outlines
        return [(line.split(" ", 1)[0], line.split(" ", 1)[1]) for line in ran.read_text().splitlines()]

    return run


def test_a_file_and_a_group_stay_on_one_worker(run: Run) -> None:
    """Otherwise every worker would make a file's fixtures again, and two would drive one local stack."""
    ran = run("-n", "2", "--dist", "loadgroup", "-m", "not soak")

    workers = {kind: {worker for worker, name in ran if name.startswith(kind)} for kind in ("test_a", "test_b")}
    stack = {worker for worker, name in ran if name.startswith(("test_b", "test_c"))}
    assert len(ran) == 5
    assert len(workers["test_a"]) == 1
    assert len(stack) == 1


def test_long_tests_start_first(run: Run) -> None:
    """A main job that starts last is waited for by an idle core."""
    names = [name for _, name in run()]

    assert names[0].startswith("test_d")
    assert [name for name in names if not name.startswith("test_d")][:2] == ["test_b.py::test_1", "test_c.py::test_1"]


def test_a_seed_chooses_one_soak_test_and_the_same_again(run: Run) -> None:
    """CI runs one per commit; a failure must be repeatable from the commit alone."""
    first, again = (
        run("-m", "soak", "--soak-one", "--soak-seed=4a1c"),
        run("-m", "soak", "--soak-one", "--soak-seed=4a1c"),
    )

    assert len(first) == 1
    assert first == again


def test_seeds_reach_every_soak_test() -> None:
    """A case that no commit ever chooses is never run."""
    names = [f"test_{number}" for number in range(5)]

    assert {choose_soak(names, str(seed)) for seed in range(100)} == set(names)
    assert choose_soak(names[::-1], "7") == choose_soak(names, "7")


def test_without_a_choice_every_soak_test_runs(run: Run) -> None:
    assert len(run("-m", "soak")) == 8
