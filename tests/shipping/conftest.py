"""A clone of just what shipping reads, where it may write as it likes, and programs that play others on PATH."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.shipping.stand_in_account import StandInAccount

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (
    "dags", "envs", "lambda", "modules/deployer", "serving", "src/shipping", "src/stockcast", "terraform", "training",
)  # fmt: skip
LEFTOVERS = shutil.ignore_patterns("__pycache__", ".terraform")
Program = Callable[..., Path]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    return copy_clone(tmp_path / "clone")


def copy_clone(root: Path) -> Path:
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, root / folder, ignore=LEFTOVERS)
    for file in ("pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / file, root)
    shutil.rmtree(root / "lambda" / "transform", ignore_errors=True)  # its libraries would have to be fetched
    return root


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder to be all of PATH, so that nothing of this machine is found beside it."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("env", "git", "ln", "mkdir", "sleep"):
        (folder / name).symlink_to(shutil.which(name) or f"/missing/{name}")
    return folder


@pytest.fixture
def program(programs: Path) -> Program:
    """Writes a shell script into the folder of programs."""

    def write(name: str, *lines: str) -> Path:
        path = programs / name
        path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
        path.chmod(0o755)
        return path

    return write


@pytest.fixture
def account() -> Iterator[StandInAccount]:
    """An AWS that knows whose the credentials are, and which buckets there are."""
    with StandInAccount.running() as running:
        yield running
