"""The end of the stack, after everything else has used it: pytest takes the files of a folder by name."""

import os
import signal
import time

import pytest
from tests.local.conftest import Running

from localaws import processes, services

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.extended,
    pytest.mark.xdist_group("stack"),
    pytest.mark.timeout(300),
]


def test_down_ends_everything_even_after_the_embedded_aws_was_killed(running: Running) -> None:
    """Whoever kills our process must not be left with its children."""
    stack = running.stack
    health = services.gateway_health(stack)
    assert health is not None
    os.kill(int(health["pid"]), signal.SIGKILL)
    time.sleep(0.5)

    ended = running.make("down")

    ports = stack.choice.ports
    assert ended.returncode == 0, ended.stderr
    assert processes.members(stack.id) == []
    assert [processes.holder(port) for port in (ports.aws, ports.market, ports.airflow)] == [None, None, None]
    assert not (stack.home / "state").exists()
