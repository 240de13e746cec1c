"""What training, processing and transform jobs have in common: a record, a thread, a way to stop."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from typing import Any

from localaws.container.failure import JobFailed
from localaws.container.run import Run
from localaws.gateway.caller import Caller
from localaws.gateway.log import logger
from localaws.gateway.messages import ServiceError
from localaws.sagemaker.actions import Actions, Body
from localaws.sagemaker.records import Records


class Jobs(ABC):
    """One kind of job. A subclass says how a record begins and what the work is."""

    def __init__(self, records: Records) -> None:
        self.records, self.kind = records, records.kind
        self._runs: dict[str, Run] = {}
        self._lock = threading.Lock()  # a job either ends or is asked to stop, never both at once

    def actions(self) -> Actions:
        """What is served here."""
        name = self.kind.name
        return {f"Create{name}": self.create, f"Describe{name}": self.describe, f"Stop{name}": self.stop}

    def create(self, asked: Body, caller: Caller) -> Body:
        """Create a job: checked, recorded, begun. It runs on after the answer."""
        self.records.refuse_taken(asked[self.kind.name_key])
        self.check(asked, caller)
        return {self.kind.arn_key: self.begin(asked)}

    def begin(self, asked: Body, **more: Any) -> str:
        """Record a request that is in order and start its work; `more` is kept with it. The job's ARN."""
        name, run = asked[self.kind.name_key], Run()
        with self._lock:
            arn = self.records.add(asked, **{self.kind.status_key: "InProgress"}, **self.beginning(asked), **more)
            self._runs[name] = run
        threading.Thread(target=self._work, args=(asked, arn, run), name=f"{self.kind.name} {name}").start()
        return arn

    def describe(self, asked: Body, caller: Caller) -> Body:
        """Describe a job."""
        return self.records.get(asked[self.kind.name_key])

    def stop(self, asked: Body, caller: Caller) -> Body:
        """Ask a job to stop. AWS refuses for one that has ended."""
        name = asked[self.kind.name_key]
        with self._lock:
            status = self.records.get(name)[self.kind.status_key]
            if status != "InProgress":
                message = f"The request was rejected because {name} is in status {status}, not InProgress."
                raise ServiceError("ValidationException", message)
            self.records.change(name, **{self.kind.status_key: "Stopping"})
            self._runs[name].stop()
        return {}

    def running(self) -> list[str]:
        """The names of the jobs that have not ended."""
        return list(self._runs)

    def run_of(self, name: str) -> Run | None:
        """The work of a job that has not ended."""
        return self._runs.get(name)

    @abstractmethod
    def check(self, asked: Body, caller: Caller) -> None:
        """Raise what AWS answers to a request that cannot become a job."""

    def beginning(self, asked: Body) -> Body:
        """What the record of a new job holds beyond the request."""
        return {}

    @abstractmethod
    def work(self, asked: Body, arn: str, run: Run) -> Body:
        """Do the job; the record's last changes, its status among them."""

    @abstractmethod
    def failed(self, name: str, reason: str) -> Body:
        """The last changes of a job that failed."""

    def _work(self, asked: Body, arn: str, run: Run) -> None:
        name, started = asked[self.kind.name_key], time.monotonic()
        try:
            changes = self.work(asked, arn, run)
        except JobFailed as failed:
            changes = self.failed(name, failed.reason)
        except Exception as error:  # a fault of ours; the job must not seem to run for ever
            logger.exception("%s %s", self.kind.name, name)
            changes = self.failed(name, f"InternalServerError: {error!r}")
        with self._lock:
            self.records.change(name, **changes)
            del self._runs[name]
        self._tell(name, changes, time.monotonic() - started)

    def _tell(self, name: str, changes: dict[str, Any], seconds: float) -> None:
        status, reason = changes[self.kind.status_key], changes.get("FailureReason")
        logger.info("%s %s %s after %.1f s%s", self.kind.name, name, status, seconds, f": {reason}" if reason else "")
