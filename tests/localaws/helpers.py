"""A running gateway, and the few lines that its tests share."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import tarfile
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import boto3
from botocore.config import Config

from shipping import tools

T = TypeVar("T")
REPOSITORY = Path(__file__).parents[2]
ACCOUNT, REGION = "123456789012", "us-east-1"
ROOT_SECRET = "test"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
TOY_SERVER = Path(__file__).with_name("toy_server.py")
SESSION = boto3.session.Session()  # one for all clients, because it keeps the descriptions of services that it has read


class Gateway:
    """A running gateway: its address, its folders, its process."""

    def __init__(self, folder: Path, port: int, account_id: str = ACCOUNT) -> None:
        self.folder, self.port, self.account_id = folder, port, account_id
        self.url = f"http://127.0.0.1:{port}"
        self.stack_id = f"test-{port}"
        self.airflow_port = free_port()  # where a test may let an Airflow listen
        config = {
            "port": port,
            "account_id": account_id,
            "region": REGION,
            "state_dir": str(folder / "state"),
            "log_dir": str(folder / "logs"),
            "stack_id": self.stack_id,
            "images": {
                f"{REGISTRY}/toy": {"python": sys.executable, "serve": [str(TOY_SERVER)]},
                f"{REGISTRY}/jobs-only": {"python": sys.executable},
                f"{REGISTRY}/gone": {"python": str(folder / "no-such-python")},
            },
            "airflow": {
                "mirror_to": str(folder / "dags"),
                "webserver_url": f"127.0.0.1:{self.airflow_port}",
                "password_file": str(folder / "airflow-passwords.json"),
                "mirror_every_seconds": 0.2,
            },
            "schedule_seconds": 0.5,
        }
        config["spark"] = {
            "python": str(tools.environment_python("spark")),
            "make": [sys.executable, str(REPOSITORY / "src/shipping/tools.py"), "sync", "spark"],
            "java_home": os.environ.get("JAVA_HOME", ""),
        }
        config["repositories"] = {"local/toys": str(folder / "toys.git"), "local/empty": str(folder / "empty.git")}
        (folder / "gateway.json").write_text(json.dumps(config))
        program = str(REPOSITORY / "src/localaws/serve_gateway.py")
        outside = {**os.environ, "PYTHONPATH": str(REPOSITORY / "src"), "AWS_ACCESS_KEY_ID": "the-shell's-own"}
        self._clients: dict[tuple[str, ...], Any] = {}
        self.process = subprocess.Popen(
            [sys.executable, program, "--config", str(folder / "gateway.json")], env=outside, start_new_session=True
        )

    def await_health(self) -> dict[str, Any]:
        """What the health page says, as soon as it says anything."""
        for _ in range(300):
            try:
                return self.health()
            except OSError:
                assert self.process.poll() is None, "the gateway ended at its start"
                time.sleep(0.1)
        raise AssertionError("the gateway did not come up within 30 s")

    def health(self) -> dict[str, Any]:
        """The health page."""
        with urllib.request.urlopen(f"{self.url}/_localaws/health", timeout=5) as answer:
            page: dict[str, Any] = json.load(answer)
            return page

    def client(self, service: str, key: str = "test", secret: str = ROOT_SECRET, region: str = REGION) -> Any:
        """A boto3 client that signs with these keys, root's by default; the same one each time."""
        asked = (service, key, secret, region)
        if asked not in self._clients:
            self._clients[asked] = SESSION.client(
                service,
                endpoint_url=self.url,
                region_name=region,
                aws_access_key_id=key,
                aws_secret_access_key=secret,
                config=Config(inject_host_prefix=False, retries={"total_max_attempts": 1}),
            )
        return self._clients[asked]


@contextmanager
def running_gateway(folder: Path, account_id: str = ACCOUNT) -> Iterator[Gateway]:
    """A gateway of one's own, healthy, and ended with whoever asked for it."""
    gateway = Gateway(folder, free_port(), account_id)
    try:
        gateway.await_health()
        yield gateway
    finally:
        gateway.process.terminate()
        gateway.process.wait(20)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def role_client(gateway: Gateway, role_arn: str, service: str) -> Any:
    """A client that signs with credentials of a role, as a job has them."""
    keys = gateway.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="test")["Credentials"]
    return SESSION.client(
        service,
        endpoint_url=gateway.url,
        region_name=REGION,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def trust(service: str) -> str:
    """A trust policy for one service."""
    allow = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    return json.dumps({"Version": "2012-10-17", "Statement": [allow]})


def policy(*statements: tuple[str | list[str], str | list[str]]) -> str:
    """A policy that allows actions on resources."""
    allowed = [{"Effect": "Allow", "Action": actions, "Resource": resources} for actions, resources in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": allowed})


def wait_for(describe: Callable[[], dict[str, Any]], key: str, busy: tuple[str, ...]) -> dict[str, Any]:
    """Describe until the status is none of `busy`."""
    return await_until(describe, lambda found: found[key] not in busy, 60)


def await_until(look: Callable[[], T], good: Callable[[T], object], seconds: float = 40) -> T:
    """Look again and again until `good`; the pauses grow to a tenth of a second."""
    deadline, pause = time.monotonic() + seconds, 0.02
    while not good(found := look()):
        assert time.monotonic() < deadline, f"not so after {seconds} s: {found}"
        time.sleep(pause)
        pause = min(1.3 * pause, 0.1)
    return found


def await_refusal(gateway: Gateway, target: str) -> None:
    """Wait until the gateway's log says that an event could not start its target, given by its ARN."""
    log = gateway.folder / "logs/gateway.log"
    await_until(log.read_text, lambda text: f"could not start {target}:" in text, 10)


def archive(**files: str) -> bytes:
    """A tar.gz of small text files; `train_py` names train.py."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as opened:
        for name, text in files.items():
            info = tarfile.TarInfo(name.replace("_py", ".py"))
            info.size = len(text.encode())
            opened.addfile(info, io.BytesIO(text.encode()))
    return out.getvalue()


def zipped(handler: str) -> bytes:
    """A function's package: handler.py and nothing else."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as opened:
        opened.writestr("handler.py", handler)
    return out.getvalue()


def lines_of(logs: Any, group: str, stream_prefix: str) -> list[str]:
    """The log lines of the first stream that begins so."""
    streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=stream_prefix)["logStreams"]
    events = logs.get_log_events(logGroupName=group, logStreamName=streams[0]["logStreamName"], startFromHead=True)
    return [event["message"] for event in events["events"]]
