"""Two commands never work on one stack at the same time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.localaws.helpers import REPOSITORY

from localaws import lock
from localaws.progress import StepFailed
from localaws.stack import Choice, Stack

pytestmark = pytest.mark.integration
HOLDS = """
import sys, time
from pathlib import Path
from localaws import lock
from localaws.stack import Choice, Stack
with lock.alone(Stack(Path(sys.argv[1]), Choice())):
    print("holds", flush=True)
    time.sleep(60)
"""


def test_a_lock_held_by_another_command_is_refused_until_that_one_is_gone(tmp_path: Path) -> None:
    """A `make down` during `make up` would leave half a stack; a killed `make up` must not lock it out for good."""
    stack = Stack(tmp_path, Choice())
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY / "src")}
    holder = subprocess.Popen([sys.executable, "-c", HOLDS, str(tmp_path)], env=env, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout and holder.stdout.readline() == "holds\n"
        with pytest.raises(StepFailed, match=f"another command works on this stack: process {holder.pid}\n"):
            lock.alone(stack).__enter__()
    finally:
        holder.kill()
        holder.communicate()

    with lock.alone(stack):
        assert (stack.run / "lock").read_text() == f"process {os.getpid()}"
