"""A request sent twice is acted upon once, also while the first attempt is still at work."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from localaws.gateway.replay import REMEMBERED_BYTES, REMEMBERED_CALLS, Replay


class Counting:
    """An application that counts how often it acts."""

    def __init__(self, status: int = 200, body: bytes = b"made") -> None:
        self.acted, self.status, self.body = 0, status, body
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Act, wait, answer."""
        self.acted += 1
        await self.may_answer.wait()
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": self.body})


async def ask(replay: Replay, attempt: int, call: str = "call-1", method: str = "POST") -> list[Any]:
    """One attempt of a call; the messages of its answer."""
    headers = [(b"amz-sdk-invocation-id", call.encode()), (b"amz-sdk-request", f"attempt={attempt}; max=3".encode())]
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    await replay({"type": "http", "method": method, "headers": headers}, receive, send)
    return sent


def test_the_second_attempt_waits_for_the_first() -> None:
    """The connection may break while the server is still creating the thing."""

    async def twice() -> tuple[int, list[Any], list[Any]]:
        app = Counting()
        app.may_answer.clear()
        replay = Replay(app)
        first = asyncio.create_task(ask(replay, 1))
        await asyncio.sleep(0)
        second = asyncio.create_task(ask(replay, 2))
        await asyncio.sleep(0)
        app.may_answer.set()
        return app.acted, await first, await second

    acted, first, second = asyncio.run(twice())

    assert acted == 1
    assert first == second and first[1]["body"] == b"made"


@pytest.mark.parametrize(
    ("status", "body", "method"),
    [(400, b"refused", "POST"), (200, b"x" * (REMEMBERED_BYTES + 1), "POST"), (200, b"read", "GET")],
)
def test_what_changed_nothing_is_asked_again(status: int, body: bytes, method: str) -> None:
    """A refusal may have passed, a long answer is data, and reading twice is harmless."""

    async def twice() -> int:
        app = Counting(status, body)
        replay = Replay(app)
        await ask(replay, 1, method=method)
        await ask(replay, 2, method=method)
        return app.acted

    assert asyncio.run(twice()) == 2


def test_only_so_many_calls_are_remembered() -> None:
    """A gateway that runs for days must not grow with every request."""

    async def many() -> int:
        replay = Replay(Counting())
        for number in range(REMEMBERED_CALLS + 10):
            await ask(replay, 1, call=str(number))
        return len(replay.records)

    assert asyncio.run(many()) == REMEMBERED_CALLS
