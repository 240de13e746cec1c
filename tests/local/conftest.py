"""A whole stack of its own for these tests: own ports, own folder, the clone's environments.

`make test-all` needs the stack twice, in `make test` and after it: STOCKCAST_TEST_STACK=keep leaves it running at the
end, and a stack that an earlier run left is used again. `make test-all` stops it.
"""

import os
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from localaws import services
from localaws.stack import ACCOUNT_ID, PREFIX, REGION, Choice, Ports, Stack, read

ROOT = Path(__file__).resolve().parents[2]
LONGEST_SECONDS = 1700


@dataclass(frozen=True)
class Running:
    """The running stack, what `make up` printed, and how to command it."""

    stack: Stack
    printed: str

    def make(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return make(self.stack, *arguments)

    def client(self, service: str, **credentials: str) -> Any:
        keys = credentials or {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, endpoint_url=self.stack.endpoint_url, region_name=REGION, **keys)

    def client_as(self, role: str, service: str) -> Any:
        """A client with the rights of one of the stack's roles, such as `airflow`."""
        arn = f"arn:aws:iam::{ACCOUNT_ID}:role/{PREFIX}-{role}"
        given = self.client("sts").assume_role(RoleArn=arn, RoleSessionName="proof")["Credentials"]
        return self.client(
            service,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )


def make(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "STOCKCAST_HOME": str(stack.home)}
    return subprocess.run(
        ["make", *arguments], cwd=ROOT, env=env, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False
    )


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def up_arguments(stack: Stack) -> list[str]:
    ports = stack.choice.ports
    return ["up", f"AWS_PORT={ports.aws}", f"MARKET_PORT={ports.market}", f"AIRFLOW_PORT={ports.airflow}"]


HOME = ROOT / ".local" / "e2e"
PRINTED = HOME / "up.txt"
KEEP = "STOCKCAST_TEST_STACK"


def kept_stack() -> Stack | None:
    """The running stack that an earlier run kept for this one, where there is one."""
    if os.environ.get(KEEP) != "keep" or not PRINTED.exists():
        return None
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STOCKCAST_HOME", str(HOME))
        stack = read()
    return stack if services.is_current(stack) else None


def new_stack() -> Stack:
    """The stack after `make up`, on ports of its own; what it printed is kept beside it."""
    stack = Stack(HOME, Choice(ports=Ports(*free_ports(3))))
    make(stack, "down")
    PRINTED.unlink(missing_ok=True)
    done = make(stack, *up_arguments(stack))
    print(done.stdout, done.stderr)  # pytest shows it when something fails
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    PRINTED.write_text(done.stdout)
    return stack


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    try:
        stack = kept_stack() or new_stack()
        yield Running(stack, PRINTED.read_text())
    finally:
        if os.environ.get(KEEP) != "keep":
            make(Stack(HOME, Choice()), "down")
