"""A clone of just what shipping reads, where it may write as it likes, and programs that play others on PATH."""

from __future__ import annotations

import functools
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from stat import S_ISDIR
from typing import Any
from unittest.mock import patch

import botocore.loaders
import botocore.session
import pytest
from tests.shipping.stand_in_account import StandInAccount

from shipping import values

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (
    "dags", "envs", "lambda", "modules/deployer", "serving", "src/shipping", "src/stockcast", "terraform", "training",
)  # fmt: skip
LEFTOVERS = shutil.ignore_patterns("__pycache__", ".terraform")
Program = Callable[..., Path]


def copy_clone(root: Path) -> Path:
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, root / folder, ignore=LEFTOVERS)
    for file in ("pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / file, root)
    shutil.rmtree(root / "lambda" / "transform", ignore_errors=True)  # its libraries would have to be fetched
    return root


class SharedClone:
    """One copy for all tests of a process: `restore` copies again only what a test changed."""

    def __init__(self, root: Path) -> None:
        self.root = copy_clone(root)
        self.content = self._stats()

    def restore(self) -> None:
        now = self._stats()
        for path in sorted(now.keys() - self.content.keys(), reverse=True):  # what lies in a folder goes before it
            Path(path).unlink() if now[path] else Path(path).rmdir()
        for path in sorted(path for path, stat in self.content.items() if now.get(path) != stat):
            if self.content[path]:
                Path(path).unlink(missing_ok=True)
                shutil.copy2(ROOT / Path(path).relative_to(self.root), path)
            else:
                Path(path).mkdir()
        if now != self.content:
            self.content = self._stats()

    def _stats(self) -> dict[str, tuple[int, ...]]:
        """Every path below the root, with what a change of a file shows in; nothing for a folder."""
        found: dict[str, tuple[int, ...]] = {}
        for folder, folders, files in os.walk(self.root):
            for path in (f"{folder}/{name}" for name in [*folders, *files]):
                stat = os.lstat(path)
                is_folder = S_ISDIR(stat.st_mode)
                found[path] = () if is_folder else (stat.st_mode, stat.st_ino, stat.st_size, stat.st_mtime_ns)
        return found


@pytest.fixture(scope="session")
def shared_clone(tmp_path_factory: pytest.TempPathFactory) -> SharedClone:
    return SharedClone(tmp_path_factory.mktemp("shared") / "clone")


@pytest.fixture
def clone(shared_clone: SharedClone) -> Iterator[Path]:
    yield shared_clone.root
    shared_clone.restore()


@pytest.fixture(scope="session")
def known_values() -> dict[str, dict[str, Any]]:
    """What Terraform made of values so far, as JSON by their content."""
    return {}


@pytest.fixture(scope="module", autouse=True)
def values_read_once(known_values: dict[str, dict[str, Any]]) -> Iterator[None]:
    """Let the real Terraform read each content once; what it refuses it reads again.

    Its start takes most of the time of a command. The name of a file decides how Terraform reads it, and so may the
    variables that it knows, if they reach it.
    """
    read = values.run_console

    def read_once(files: Sequence[Path], expressions: Mapping[str, str]) -> dict[str, Any]:
        content = [("".join(file.suffixes), file.read_text()) for file in files]
        variables = sorted(item for item in os.environ.items() if item[0].startswith("TF_"))
        key = json.dumps([content, sorted(expressions.items()), variables])
        if key not in known_values:
            known_values[key] = read(files, expressions)
        return dict(known_values[key])

    with patch.object(values, "run_console", read_once):
        yield


@pytest.fixture(scope="module", autouse=True)
def services_read_once() -> Iterator[None]:
    """Let botocore parse its descriptions of services once; every new session begins with none."""
    with patch.object(botocore.session, "create_loader", shared_loader):
        yield


@functools.cache
def shared_loader(search_path: str | None = None) -> botocore.loaders.Loader:
    return botocore.loaders.create_loader(search_path)


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
