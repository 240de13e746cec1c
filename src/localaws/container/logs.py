"""The lines of a process, sent to CloudWatch Logs while they are printed."""

from __future__ import annotations

import queue
import threading
import time
from contextlib import suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from localaws.gateway.log import logger

MOST_EVENTS = 500
LONGEST_LINE = 100_000
EVERY_SECONDS = 0.5


class LogStream:
    """A stream with a thread that empties its queue; a line is readable about half a second after it was printed."""

    def __init__(self, logs: Any, group: str, stream: str) -> None:
        self._logs, self.group, self.stream = logs, group, stream
        self._lines: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._create()
        self._thread = threading.Thread(target=self._send_until_closed, name=f"log {stream}", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        """One line; CloudWatch takes no empty message."""
        self._lines.put({"timestamp": int(time.time() * 1000), "message": line[:LONGEST_LINE] or " "})

    def close(self) -> None:
        """Send what is left. Afterwards every line can be read."""
        self._lines.put(None)
        self._thread.join()

    def _create(self) -> None:
        """The stream, and the group only where it is missing: not every role may make one."""
        try:
            self._create_stream()
        except self._logs.exceptions.ResourceNotFoundException:
            with suppress(self._logs.exceptions.ResourceAlreadyExistsException):  # another stream's writer was quicker
                self._logs.create_log_group(logGroupName=self.group)
            self._create_stream()

    def _create_stream(self) -> None:
        with suppress(self._logs.exceptions.ResourceAlreadyExistsException):
            self._logs.create_log_stream(logGroupName=self.group, logStreamName=self.stream)

    def _send_until_closed(self) -> None:
        is_open = True
        while is_open:
            events = self._next_batch()
            is_open = events[-1] is not None
            self._send([event for event in events if event is not None])

    def _next_batch(self) -> list[dict[str, Any] | None]:
        """Wait for a line, and collect what follows within the interval; None, which `close` puts, is the last."""
        events = [self._lines.get()]
        deadline = time.monotonic() + (EVERY_SECONDS if self._lines.empty() else EVERY_SECONDS / 5)
        while events[-1] is not None and len(events) < MOST_EVENTS:
            try:
                events.append(self._lines.get(timeout=max(0.0, deadline - time.monotonic())))
            except queue.Empty:
                break
        return events

    def _send(self, events: list[dict[str, Any]]) -> None:
        if not events:
            return
        try:
            self._logs.put_log_events(logGroupName=self.group, logStreamName=self.stream, logEvents=events)
        except (ClientError, BotoCoreError) as error:
            logger.error("%d lines of %s %s are lost: %s", len(events), self.group, self.stream, error)
