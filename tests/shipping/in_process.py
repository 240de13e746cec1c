"""Run a command's `main` here as a process of its own would run it from another clone: it saves a second of imports."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO
from unittest.mock import patch

import boto3
import pytest

from shipping import connections, environments, terraform_root, tools

Main = Callable[[list[str]], int]
CACHED = (connections.wanted, terraform_root.executable, terraform_root.version)  # a process looks them up once


def run_in_process(
    main: Main, arguments: tuple[str, ...], *, root: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run `main` with exactly these variables in the clone `root`; the output holds that of its child processes too."""
    with fresh_process(root, env), redirected("stdout", 1) as out, redirected("stderr", 2) as err:
        try:
            status = main(list(arguments))
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 1
        return subprocess.CompletedProcess(arguments, status, content(out), content(err))


@contextmanager
def fresh_process(root: Path, env: Mapping[str, str]) -> Iterator[None]:
    """What a new process in `root` would begin with: variables, folder, an empty stdin, and nothing looked up yet."""
    with (
        patch.dict(os.environ, env, clear=True),
        pytest.MonkeyPatch.context() as patched,
        Path(os.devnull).open() as nothing,
    ):
        patched.setattr(tools, "ROOT", root)
        patched.setattr(tools, "LOCAL", root / ".local")
        patched.setattr(tools, "ENVIRONMENTS", root / ".local" / "envs")
        patched.setattr(environments, "ROOT", root)
        patched.setattr(boto3, "DEFAULT_SESSION", None)
        patched.setattr(sys, "stdin", nothing)
        patched.chdir(root)
        clear_caches()
        yield
    clear_caches()


def clear_caches() -> None:
    for cached in CACHED:
        cached.cache_clear()


@contextmanager
def redirected(name: str, descriptor: int) -> Iterator[TextIO]:
    """A file that takes what this process and its children write to a stream."""
    before = os.dup(descriptor)
    with tempfile.TemporaryFile("w+", buffering=1) as file, patch.object(sys, name, file):
        os.dup2(file.fileno(), descriptor)
        try:
            yield file
        finally:
            os.dup2(before, descriptor)
            os.close(before)


def content(file: TextIO) -> str:
    file.flush()
    file.seek(0)
    return file.read()
