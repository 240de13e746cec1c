"""Watch an answer of the emulator pass, and turn its 500 into a 400.

An SDK repeats a 500 for minutes, and Terraform with it. Whatever the emulator cannot do is final, and so is its answer.
"""

from __future__ import annotations

import json
import uuid

from ministack.core.iam_actions import access_denied_response

from localaws.gateway import log
from localaws.gateway.asgi import Message, Send, send_answer
from localaws.gateway.messages import Answer


class Outcome:
    """A `send` that remembers the status, and holds a 500 of a signed request back until it is whole."""

    def __init__(self, send: Send, service: str, headers: dict[str, str]) -> None:
        self._send, self._service, self._headers = send, service, headers
        self.status = 0
        self._failure: bytes | None = None

    async def __call__(self, message: Message) -> None:
        """Pass a message on, or hold it."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self.status == 500 and self._service:
                self.status, self._failure = 400, b""
                return
        if self._failure is None:
            await self._send(message)
            return
        self._failure += message.get("body", b"")
        if not message.get("more_body"):
            await self.fail(self._reason(self._failure))

    async def fail(self, reason: str) -> None:
        """Answer 400 in the protocol of the service, so that the SDK can read it."""
        self.status = 400
        log.logger.error("%s failed inside the embedded AWS: %s", self._service or "a request", reason)
        message = f"The embedded AWS could not serve this request: {reason}"
        service = self._service or "s3"
        _, headers, body = access_denied_response(
            service, "", "", str(uuid.uuid4()), error_code="InternalFailure", message=message, headers=self._headers
        )
        await send_answer(self._send, Answer(body, 400, headers))

    @staticmethod
    def _reason(body: bytes) -> str:
        try:
            return str(json.loads(body)["message"])
        except (ValueError, KeyError, TypeError):
            return body.decode(errors="replace")[:500]
