"""The repository that stands for GitHub on this machine: `git push local main` starts the pipelines."""

from __future__ import annotations

import itertools
import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from localaws.progress import StepFailed
from localaws.stack import ROOT, Stack
from shipping import tools

REPOSITORY_ID = "local/stockcast"  # as envs/local/delivery.tfvars names it
NAME = "local"
HOOKS = ("pre-receive", "post-receive")
HOOK_PROGRAM = Path(__file__).with_name("push_hook.py")


def repository(stack: Stack) -> Path:
    return stack.home / "git" / "stockcast.git"


def is_possible() -> bool:
    """Whether this folder is a clone with a commit: an unpacked archive has nothing that could be pushed."""
    top = _git("rev-parse", "--show-toplevel", may_fail=True)
    return bool(top) and Path(top).resolve() == ROOT and bool(_git("rev-parse", "--verify", "HEAD", may_fail=True))


def is_dirty() -> bool:
    return bool(_git("status", "--porcelain"))


def make(stack: Stack) -> None:
    """The repository, its main at the clone's commit. It is closed for pushes until `open_for_pushes`.

    A new stack gets a new one. The one before may hold the only copy of a commit that somebody pushed: then it stays
    beside it, as earlier-1.git and so on.
    """
    folder = repository(stack)
    close(stack)
    if not _made(stack).exists() and folder.exists():
        _set_aside(folder)
    if not (folder / "HEAD").exists():
        _git("init", "--quiet", "--bare", str(folder))
        _git("symbolic-ref", "HEAD", "refs/heads/main", folder=folder)
        _git("config", "receive.shallowUpdate", "true", folder=folder)  # the clone may be a shallow one
        _git("push", "--quiet", "--no-verify", str(folder), "HEAD:refs/heads/main")
        stack.run.mkdir(parents=True, exist_ok=True)
        _made(stack).touch()
    _write_hooks(stack)


def _made(stack: Stack) -> Path:
    """Stands once this very stack's repository is whole; a stack that is forgotten takes it along."""
    return stack.run / "repository.made"


def _set_aside(folder: Path) -> None:
    if not _holds_more_than_the_clone(folder):
        shutil.rmtree(folder)
        return
    names = (folder.with_name(f"earlier-{number}.git") for number in itertools.count(1))
    folder.rename(next(name for name in names if not name.exists()))


def _holds_more_than_the_clone(folder: Path) -> bool:
    """Whether a commit would be lost with it. What the clone knows only from there, as local/main, counts as lost."""
    try:
        for tip in _git("for-each-ref", "--format=%(objectname)", folder=folder).split():
            if _git("rev-list", "--max-count=1", tip, "--not", f"--exclude=refs/remotes/{NAME}/*", "--all"):
                return True
    except StepFailed:  # unreadable, or a commit that the clone does not know
        return True
    return False


def open_for_pushes(stack: Stack) -> None:
    _open_marker(stack).touch()


def close(stack: Stack) -> None:
    """Refuse pushes from now on: they would come in without being deployed."""
    _open_marker(stack).unlink(missing_ok=True)


def is_open(stack: Stack) -> bool:
    return _open_marker(stack).exists()


def _open_marker(stack: Stack) -> Path:
    return repository(stack) / "open-for-pushes"


def _write_hooks(stack: Stack) -> None:
    """Both are written anew each time: ports and Python may have changed."""
    python = tools.environment_python("local")
    known = [REPOSITORY_ID, stack.endpoint_url, stack.id, str(_open_marker(stack))]
    for name in HOOKS:
        hook = repository(stack) / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        command = shlex.join([str(python), "-I", "-S", str(HOOK_PROGRAM), name, *known])
        hook.write_text(f"#!/bin/sh\nexec {command}\n")
        hook.chmod(0o755)


def connect(stack: Stack) -> str:
    """Give the clone the remote `local`, where the stack is the clone's own; what is to be told about it."""
    folder, push = repository(stack), f"git push {NAME} HEAD:main"
    if stack.home != tools.LOCAL:
        return f"pushes to {folder} are deployed here: git push {folder} HEAD:main"
    there = _git("remote", "get-url", NAME, may_fail=True)
    if not there:
        _git("remote", "add", NAME, str(folder))
    elif Path(there).resolve() != folder:
        return (
            f"the remote {NAME!r} of this clone is {there}, so it is left alone; pushes to {folder} are deployed: "
            f"git push {folder} HEAD:main"
        )
    return f"commits are deployed here by: {push}"


def _git(*arguments: str, folder: Path | None = None, may_fail: bool = False) -> str:
    """What git prints in `folder`, the clone where none is given, whatever a hook that called us has set."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_") or "SSL" in key}
    done = _run(["git", "-C", str(folder or ROOT), *arguments], env)
    if done.returncode and not may_fail:
        raise StepFailed("git remote", f"`git {arguments[0]}` ended with {done.returncode}: {done.stderr.strip()}")
    return "" if done.returncode else done.stdout.strip()


def _run(command: Sequence[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)
