"""Our own DAGs keep our conventions. The DAG gate of a push only advises to: anybody else's DAG may do without.

A team that adds a DAG and does not want them names its file in NOT_OURS.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.house.rooms import ROOT

from shipping.dag_checks import rules
from shipping.dag_checks.conventions import find_untagged, find_violations

NOT_OURS: frozenset[str] = frozenset()
DAG_FILES = sorted(file for file in (ROOT / "dags").glob("*.py") if file.name not in NOT_OURS)
PAGE = '"""**When.** **Normal.** **When it is red.**"""\n'
GOOD = f'{PAGE}@dag(doc_md=__doc__, tags=["data"])\ndef train_model(): pass\n'


def violations(file_name: str, source: str) -> list[str]:
    """Every convention that a DAG file breaks, in words."""
    found = find_violations(file_name, source)
    found += [f"{dag_id} has no tags" for dag_id in find_untagged(source)]
    if len(file_name.removesuffix(".py")) > rules.LONGEST_ID:
        found.append(f"{file_name} names an id of more than {rules.LONGEST_ID} characters")
    return found


def test_there_are_dags_to_look_at() -> None:
    """Rules over an empty list would all pass."""
    named = {"build_features.py", "forecast_prices.py", "train_model.py", "tune_model.py"}
    assert {file.name for file in DAG_FILES} >= named


@pytest.mark.parametrize("file", DAG_FILES, ids=lambda file: file.name)
def test_a_dag_file_holds_one_dag_and_its_page_for_the_night_shift(file: Path) -> None:
    assert violations(file.name, file.read_text()) == []


def test_a_good_file_passes() -> None:
    """The known-bad ones below differ from it by one thing each."""
    assert violations("train_model.py", GOOD) == []


@pytest.mark.parametrize(
    ("file_name", "source", "told"),
    [
        ("train_model.py", PAGE, "it makes exactly train_model"),
        ("prices.py", GOOD.replace("train_model", "prices"), "prices is no verb_noun"),
        ("train_model.py", GOOD.replace(PAGE, '"""Trains."""\n'), "the docstring lacks **Normal.**"),
        ("train_model.py", GOOD + "@dag(tags=['data'])\ndef train_again(): pass\n", "['train_model', 'train_again']"),
        ("train_model.py", GOOD.replace("doc_md=__doc__, ", ""), "doc_md=__doc__ is missing"),
        (f"train_{'x' * 47}.py", GOOD.replace("train_model", f"train_{'x' * 47}"), "more than 52 characters"),
        ("train_model.py", GOOD.replace(', tags=["data"]', ""), "train_model has no tags"),
        ("train_model.py", GOOD.replace('["data"]', "[]"), "train_model has no tags"),
        ("train_model.py", GOOD.replace("def train_model", "def train"), "['train']"),
    ],
    ids=[
        "no dag", "no verb", "no page", "two dags", "page not shown", "too long a name", "no tags", "empty tags",
        "another name",
    ],
)  # fmt: skip
def test_a_misshapen_dag_file_is_found(file_name: str, source: str, told: str) -> None:
    (found,) = [one for one in violations(file_name, source) if told in one] or [""]

    assert found, violations(file_name, source)


@pytest.mark.parametrize(
    ("source", "ids"),
    [
        ("@dag\ndef a(): pass", ["a"]),
        ("@dag('b')\ndef a(): pass", ["b"]),
        ("@dag(dag_id='b')\ndef a(): pass", ["b"]),
        ("with DAG('a'): pass\nwith DAG(dag_id='b'): pass", ["a", "b"]),
        ("for name in NAMES:\n    DAG(f'load_{name}')", ["f'load_{name}'"]),
    ],
)
def test_ids_are_read_from_every_way_to_make_a_dag(source: str, ids: list[str]) -> None:
    """Advice about a DAG has to call it as Airflow does."""
    assert rules.dags_in(source) == ids
