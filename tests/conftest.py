"""How tests are chosen and spread over workers; docs/tests.md describes the tiers and the make targets.

With `--dist loadgroup` the tests of one file run on one worker, so that each fixture of a module is made once. Tests
that carry `pytest.mark.xdist_group("name")` run on one worker with the others of that name, across files.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

LONG = ("soak", "e2e", "extended")  # what starts first, so that no long test is left for the end


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak-seed", default="", help="text that chooses the faults of soak tests, such as a commit")
    parser.addoption("--soak-one", action="store_true", help="run one soak test only, chosen by --soak-seed")


@pytest.fixture
def soak_random(request: pytest.FixtureRequest) -> random.Random:
    """Chooses the faults of one soak test: the same for the same test and seed."""
    seed = f"{request.config.getoption('--soak-seed')} {request.node.nodeid.split('@')[0]}"
    print(f"seed: {seed}")  # pytest shows it when the test fails
    return random.Random(seed)  # noqa: S311  faults, not secrets


def choose_soak(names: Sequence[str], seed: str) -> str:
    """Return the one of the sorted names that a seed stands for."""
    return random.Random(seed).choice(sorted(names))  # noqa: S311  as above


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--soak-one"):
        names = [item.nodeid for item in items if item.get_closest_marker("soak")]
        chosen = choose_soak(names, config.getoption("--soak-seed")) if names else ""
        excluded = [item for item in items if item.nodeid != chosen]
        items[:] = [item for item in items if item.nodeid == chosen]
        config.hook.pytest_deselected(items=excluded)
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    """Long tests first, then those of a group, then the rest; the order within each stays."""
    for rank, marker in enumerate(LONG):
        if item.get_closest_marker(marker):
            return rank
    return len(LONG) + (item.get_closest_marker("xdist_group") is None)


@pytest.hookimpl(optionalhook=True)  # the environment `check` of the pipelines has no xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Make the scheduler of `--dist loadgroup`, which takes a file for the group of tests that name none."""
    if config.getoption("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadGroupScheduling

    class GroupOrFile(LoadGroupScheduling):
        def _split_scope(self, nodeid: str) -> str:
            group: str = super()._split_scope(nodeid)
            return nodeid.split("::")[0] if group == nodeid else group

    return GroupOrFile(config, log)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Tests in tests/dags/inside need Airflow and run in its environment; tests/dags runs them there."""
    return True if collection_path.name == "inside" and collection_path.parent.name == "dags" else None
