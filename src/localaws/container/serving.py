"""A model server: one process that answers /ping and /invocations for one variant of an endpoint."""

from __future__ import annotations

import http.client
import shutil
import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localaws.container.failure import JobFailed
from localaws.container.platform import Platform, Session
from localaws.container.process import Process
from localaws.gateway.config import Image
from localaws.gateway.log import logger

PING_SECONDS = 180
PING_EVERY_SECONDS = 0.05
INVOCATION_SECONDS = 60.0  # AWS's own limit
RESTART_SECONDS = 1.0
ON_THEIR_WAY_SECONDS = 0.3


@dataclass(frozen=True)
class Reply:
    """What a model server answered."""

    status: int
    content_type: str
    body: bytes
    custom_attributes: str | None = None


class NoReply(Exception):
    """The server did not answer in time, or is not there."""


class ModelServer:
    """Starts with the model unpacked; `await_ping` tells whether it came up. One that dies is started again."""

    def __init__(self, platform: Platform, session: Session, name: str, group: str, container: dict[str, Any]) -> None:
        self.platform, self.session, self.container = platform, session, container
        self.image = _serving_image(platform, container)
        self.root = platform.folder("endpoints", f"{name}-{time.time_ns()}")
        self.model = self.root / "opt/ml/model"
        self.model.mkdir(parents=True)
        if container.get("ModelDataUrl"):
            session.storage.unpack(container["ModelDataUrl"], self.model)
        self.port = _free_port()
        self.log = platform.log(group, f"{name.rsplit('/', 1)[-1]}/i-{self.port:017x}")
        self._in_flight, self._lock = 0, threading.Lock()
        self._ended = threading.Event()
        self._process = self._start()
        self._keeper = threading.Thread(target=self._keep_alive, name=f"model server {name}", daemon=True)
        self._keeper.start()

    @property
    def pid(self) -> int:
        """The process that serves now."""
        return self._process.pid

    def await_ping(self, seconds: float = PING_SECONDS) -> bool:
        """Wait until /ping answers 200. A server that ends before that has failed."""
        deadline = time.monotonic() + seconds
        first = self._process
        while time.monotonic() < deadline and first.is_running and not self._ended.is_set():
            try:
                if self._ask("GET", "/ping", b"", {}, 2.0).status == 200:
                    return True
            except NoReply:
                pass  # not listening yet
            self._ended.wait(PING_EVERY_SECONDS)
        return False

    def invoke(self, body: bytes, headers: dict[str, str]) -> Reply:
        """Hand one request to the model."""
        with self._lock:
            self._in_flight += 1
        try:
            return self._ask("POST", "/invocations", body, headers, INVOCATION_SECONDS)
        finally:
            with self._lock:
                self._in_flight -= 1

    def drain(self) -> None:
        """Wait for the requests that are on their way, those included whose thread has yet to send them."""
        deadline = time.monotonic() + INVOCATION_SECONDS
        time.sleep(ON_THEIR_WAY_SECONDS)
        while self._in_flight and time.monotonic() < deadline:
            time.sleep(0.05)

    def stop(self, grace_seconds: float = 10.0) -> None:
        """End the server and forget its model."""
        self._ended.set()
        self._process.stop(grace_seconds)
        self._keeper.join()
        self.log.close()
        shutil.rmtree(self.root, ignore_errors=True)

    def _start(self) -> Process:
        variables = {
            **self.platform.variables(self.image, self.root, self.session),
            **(self.container.get("Environment") or {}),
            "SM_MODEL_DIR": str(self.model),
            "SAGEMAKER_BIND_TO_PORT": str(self.port),
            "SERVING_HOST": "127.0.0.1",  # a laptop's model is nobody else's business
        }
        return Process([self.image.python, *self.image.serve], variables, self.root, self.log.write)

    def _keep_alive(self) -> None:
        while True:
            code, _ = self._process.wait()
            if self._ended.wait(RESTART_SECONDS):
                return
            logger.warning("the model server on port %d ended with %d and is started again", self.port, code)
            self._process = self._start()
            if self._ended.is_set():  # `stop` may have seen the process before this one
                self._process.stop(0)

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str], seconds: float) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            kind = answer.getheader("Content-Type") or "application/octet-stream"
            return Reply(answer.status, kind, answer.read(), answer.getheader("X-Amzn-SageMaker-Custom-Attributes"))
        except (OSError, http.client.HTTPException) as error:
            raise NoReply(str(error) or repr(error)) from error
        finally:
            connection.close()


def _serving_image(platform: Platform, container: dict[str, Any]) -> Image:
    image = platform.image(container.get("Image"))
    if not image.serve:
        raise JobFailed(
            f"ClientError: The image {container.get('Image')} cannot serve: it names no `serve` arguments in the "
            f"gateway's config."
        )
    missing = [part for part in image.serve if part.endswith(".py") and not Path(part).is_file()]
    if missing:
        raise JobFailed(f"ClientError: The serving program {missing[0]} of image {container.get('Image')} is missing.")
    return image


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
