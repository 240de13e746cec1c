"""Answer a request that an SDK sends again with the answer it should have got.

A few in a thousand requests of the Go SDK are sent a second time after the server had acted, because their connection
broke. A second Create would say "already exists" and Terraform would lose the resource. `amz-sdk-invocation-id` is
unique per call of an SDK and stays the same over its attempts.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from localaws.gateway.asgi import App, Message, Receive, Send, read_body
from localaws.gateway.scope import Scope, headers_of

REMEMBERED_CALLS = 2000
REMEMBERED_BYTES = 32_000  # 64 MB in all at most; a longer answer is data, which can be read again
WAIT_SECONDS = 120.0


@dataclass
class Record:
    """One call: the messages of its answer, and whether it was acted upon."""

    messages: list[Message] = field(default_factory=list)
    size: int = 0
    acted: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, message: Message) -> None:
        """Keep a message of the answer, as long as the answer is short."""
        self.size += len(message.get("body", b""))
        self.messages.append(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self.acted = self.messages[0].get("status", 500) < 300 and self.size <= REMEMBERED_BYTES
            if not self.acted:
                self.messages.clear()


class Replay:
    """An ASGI application around another one."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.records: dict[str, Record] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the first attempt of a call; answer the later ones from memory once the first was acted upon."""
        headers = headers_of(scope)
        call = headers.get("amz-sdk-invocation-id", "")
        if not call or scope["method"] in ("GET", "HEAD"):
            return await self.app(scope, receive, send)
        known = self.records.get(call)
        if known and "attempt=1;" not in headers.get("amz-sdk-request", "") and await self._was_acted_upon(known):
            await read_body(receive)
            for message in known.messages:
                await send(message)
            return None
        return await self._record(call, scope, receive, send)

    async def _was_acted_upon(self, record: Record) -> bool:
        try:
            await asyncio.wait_for(record.ended.wait(), WAIT_SECONDS)
        except TimeoutError:
            return False
        return record.acted

    async def _record(self, call: str, scope: Scope, receive: Receive, send: Send) -> None:
        record = self.records[call] = Record()
        while len(self.records) > REMEMBERED_CALLS:
            self.records.pop(next(iter(self.records)))

        async def keep(message: Message) -> None:
            record.add(dict(message))
            await send(message)

        try:
            await self.app(scope, receive, keep)
        finally:
            record.ended.set()
