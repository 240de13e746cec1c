"""The Python of Spark: what it holds, and what happens where it cannot be made."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from localaws.spark import libraries
from localaws.spark.failure import SparkFailed


def config(python: str, *make: str) -> Any:
    return SimpleNamespace(spark=SimpleNamespace(python=python, make=make), stack_id="test")


def held(tmp_path: Path, *distributions: str) -> Path:
    """An environment that holds these."""
    for name in distributions:
        (tmp_path / "lib/python3.12/site-packages" / f"{name}.dist-info").mkdir(parents=True)
    return tmp_path / "bin" / "python"


def test_modules_are_compared_by_name_and_version(tmp_path: Path) -> None:
    """On AWS they are installed for the run; here they must be there, or the run would use others."""
    python = held(tmp_path, "polars-2.1.0", "polars_runtime_32-2.1.0")

    assert libraries.missing(python, ["polars==2.1.0", "Polars.Runtime_32", "polars"]) == []
    assert libraries.missing(python, ["polars==1.0.0", "duckdb"]) == [
        "polars==1.0.0 (here 2.1.0)",
        "duckdb (here none)",
    ]


def test_an_environment_is_made_when_a_run_first_wants_it(tmp_path: Path) -> None:
    python = tmp_path / "python"

    made = libraries.interpreter(config(str(python), sys.executable, "-c", f"open({str(python)!r}, 'w')"))

    assert made == python


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (config(""), "has no Spark; name an interpreter"),
        (config("/nowhere/python"), "does not exist. Run `python3 src/shipping/tools.py sync spark`"),
        (
            config("/nowhere/python", sys.executable, "-c", "raise SystemExit('no index')"),
            "could not be made: no index",
        ),
        (config("/nowhere/python", "/nowhere/tool"), "could not be made: .*No such file"),
    ],
)
def test_what_cannot_be_made_is_told_with_its_reason(given: Any, words: str) -> None:
    with pytest.raises(SparkFailed, match=words):
        libraries.interpreter(given)
