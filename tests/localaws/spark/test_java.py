"""Which Java Spark runs in, and what is said where there is none that fits."""

from __future__ import annotations

from pathlib import Path

import pytest

from localaws.spark import java
from localaws.spark.failure import SparkFailed


def a_java(home: Path, version: str) -> Path:
    """A program that answers as Java of this version."""
    program = home / "bin" / "java"
    program.parent.mkdir(parents=True)
    told = f"    java.home = {home}\\n    java.specification.version = {version}"
    program.write_text(f'#!/bin/sh\nprintf "{told}\\n" >&2\n')
    program.chmod(0o755)
    return home


@pytest.mark.parametrize("version", ["17", "11", "1.8"])
def test_the_java_that_the_user_named_comes_first(tmp_path: Path, version: str) -> None:
    named, other = a_java(tmp_path / "named", version), a_java(tmp_path / "other", "17")

    assert java.find(str(named), {"PATH": str(other / "bin")}) == named
    assert java.find("", {"PATH": str(other / "bin")}) == other


def test_without_java_the_reason_names_the_remedy(tmp_path: Path) -> None:
    """A green run without Java would be a run that was not."""
    with pytest.raises(
        SparkFailed, match=r"there is none: JAVA_HOME is not set and no java is on PATH.*Install Java 17"
    ):
        java.find("", {"PATH": str(tmp_path)})


def test_a_java_that_is_not_where_it_is_said_to_be_is_told(tmp_path: Path) -> None:
    with pytest.raises(SparkFailed, match=r"bin/java does not run.*Install Java 17"):
        java.find(str(tmp_path / "gone"), {})


def test_a_java_that_spark_does_not_know_is_refused(tmp_path: Path) -> None:
    """Spark 3.5 dies on it with a stack trace that names none of the two."""
    with pytest.raises(SparkFailed, match=r"is Java 25; Spark 3.5 runs on 8, 11, 17"):
        java.find(str(a_java(tmp_path / "new", "25")), {})
