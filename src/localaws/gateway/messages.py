"""A request to one of our own services, its answer, and the error that AWS would name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """A signed request, read whole. `path` is decoded, `target` is path and query as they were sent."""

    service: str
    action: str
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    region: str
    access_key: str
    target: str = ""

    def parameters(self) -> dict[str, Any]:
        """The JSON body of an AWS JSON 1.1 request."""
        try:
            given = json.loads(self.body or b"{}")
        except ValueError as error:
            raise ServiceError("SerializationException", f"The body of {self.action} is not JSON: {error}.") from error
        if not isinstance(given, dict):
            raise ServiceError("SerializationException", f"The body of {self.action} is not a JSON object.")
        return given


@dataclass(frozen=True)
class Answer:
    """What goes back: bytes as they are, anything else as JSON."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """The bytes of the body."""
        if isinstance(self.body, bytes):
            return self.body
        return json.dumps(self.body if self.body is not None else {}, default=str).encode()


class ServiceError(Exception):
    """An error by the name AWS has for it. Its status is below 500: SDKs would repeat anything above for minutes."""

    def __init__(self, code: str, message: str, status: int = 400, **more: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.status, self.more = code, message, status, more

    def answer(self) -> Answer:
        """The error in the words of the AWS JSON protocol."""
        body = {"__type": self.code, "message": self.message, **self.more}
        return Answer(body, self.status, {"x-amzn-errortype": self.code})
