"""What the gateway tells about itself under /_localaws/, and the one click that AWS leaves to its console."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from localaws.gateway.messages import Answer, ServiceError

PREFIX = "/_localaws/"
HANDSHAKE = re.compile(rf"{PREFIX}connections/(?P<arn>arn:.+)/available")
JSON = {"content-type": "application/json"}


class Pages:
    """GET what is told, by path; POST connections/<arn>/available to finish a connection's handshake."""

    def __init__(self, told: Mapping[str, Callable[[], object]], finish_handshake: Callable[[str], Any]) -> None:
        self._told = {f"{PREFIX}{name}": tell for name, tell in told.items()}
        self._finish_handshake = finish_handshake

    def __call__(self, method: str, path: str) -> Answer:
        """Answer one request."""
        handshake = HANDSHAKE.fullmatch(unquote(path))
        try:
            if handshake and method == "POST":
                return Answer(self._finish_handshake(handshake["arn"]), headers=JSON)
            if path in self._told and method == "GET":
                return Answer(self._told[path](), headers=JSON)
        except ServiceError as error:
            return error.answer()
        known = ", ".join(f"GET {page}" for page in self._told)
        message = f"There is no {method} {path}; there is {known} and POST {PREFIX}connections/ARN/available."
        return ServiceError("NotFound", message, 404).answer()
