"""Send every request to the service it was signed for: ours first, the emulator's otherwise.

Our services run in threads of their own. They call back into this very port (S3, logs), and from within the event loop
that would wait for itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from ministack.app import SERVICE_HANDLERS, SERVICE_NAME_ALIASES
from ministack.app import app as emulator
from ministack.core.router import SERVICE_PATTERNS

from localaws.gateway import log
from localaws.gateway.asgi import Message, Receive, Send, read_body, send_answer
from localaws.gateway.caller import Caller, in_context_of
from localaws.gateway.messages import Answer, Request, ServiceError
from localaws.gateway.outcome import Outcome
from localaws.gateway.pages import PREFIX, Pages
from localaws.gateway.scope import Scope, headers_of, signer, target_of

# Services that sign with another name than the emulator keeps them under.
OTHER_NAMES = ("geo", "iotdata", "iotdevicegateway", "kinesisanalytics", "s3express", "s3-object-lambda", "s3-outposts")
EMULATED = frozenset([*SERVICE_HANDLERS, *SERVICE_NAME_ALIASES, *SERVICE_PATTERNS, *OTHER_NAMES])
THREADS = 128  # an idle thread costs little, a missing one is a deadlock: a job may wait for another's answer
BODY_START = 300
GLOBAL = {"ce": "us-east-1"}  # signed for this region, wherever the client is


class OwnService(Protocol):
    """One of our services: a request and its caller in, an answer out; a ServiceError is an answer too."""

    def __call__(self, request: Request, caller: Caller) -> Answer: ...


class Dispatch:
    """The ASGI application behind the port."""

    def __init__(self, own: Mapping[str, OwnService], region: str, pages: Pages) -> None:
        self.own, self.region, self.pages = own, region, pages
        self.threads = ThreadPoolExecutor(THREADS, "own-service")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request and log it."""
        headers = headers_of(scope)
        service = signer(headers)[2]
        if scope["path"].startswith(PREFIX):
            await self._page(scope, receive, send)
            return
        outcome, started, start = Outcome(send, service, headers), time.perf_counter(), bytearray()

        async def peek() -> Message:
            message = await receive()
            if len(start) < BODY_START:
                start.extend(message.get("body", b"")[:BODY_START])
            return message

        try:
            await self._serve(scope, headers, peek, outcome)
        except Exception as error:
            log.logger.exception("%s", service)
            if outcome.status == 0:
                await outcome.fail(repr(error))
        action = log.action_of(scope, headers, bytes(start))
        log.request(service, action, outcome.status, (time.perf_counter() - started) * 1000, headers)

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        """In a thread too: a page may call back into this port."""
        body = await read_body(receive)
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self.threads, lambda: self._paged(scope, body))
        await send_answer(send, answer)

    def _paged(self, scope: Scope, body: bytes) -> Answer:
        try:
            return self.pages(scope["method"], scope["path"], body, headers_of(scope).get("content-type", ""))
        except Exception as error:  # a fault of ours: final, and named
            log.logger.exception("%s %s", scope["method"], scope["path"])
            return ServiceError("InternalFailure", repr(error)).answer()

    async def _serve(self, scope: Scope, headers: dict[str, str], receive: Receive, send: Send) -> None:
        service = signer(headers)[2]
        if service in self.own:
            await self._own(scope, headers, receive, send)
        elif service and service not in EMULATED:  # the emulator would read all of AWS's models to say no
            await send_answer(send, _not_provided(service, scope, headers).answer())
        else:
            await emulator(scope, receive, send)

    async def _own(self, scope: Scope, headers: dict[str, str], receive: Receive, send: Send) -> None:
        access_key, region, service = signer(headers)
        body = await read_body(receive)
        action = headers.get("x-amz-target", "").split(".")[-1]
        request = Request(
            service, action, scope["method"], scope["path"], headers, body, region, access_key, target_of(scope)
        )
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(
            self.threads, lambda: in_context_of(request, scope, lambda: self._answer(request))
        )
        await send_answer(send, answer)

    def _answer(self, request: Request) -> Answer:
        region = GLOBAL.get(request.service, self.region)
        if request.region != region:
            message = f"The embedded AWS serves {region}, not {request.region}; set AWS_REGION={self.region}."
            return ServiceError("ValidationException", message).answer()
        try:
            return self.own[request.service](request, Caller(request))
        except ServiceError as error:
            return error.answer()
        except Exception as error:  # a fault of ours: final, and named
            log.logger.exception("%s %s", request.service, request.action or request.path)
            message = f"The embedded AWS could not serve {request.action or request.path}: {error!r}"
            return ServiceError("InternalFailure", message).answer()


def _not_provided(service: str, scope: Scope, headers: dict[str, str]) -> ServiceError:
    action = log.action_of(scope, headers, b"")
    message = f"The embedded AWS has no service {service}, so {action} cannot be answered here."
    return ServiceError("UnsupportedOperationException", message)
