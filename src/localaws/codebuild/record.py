"""A build as BatchGetBuilds tells it, written by the thread that runs it and read by everybody."""

from __future__ import annotations

import copy
import threading
import time
from typing import Any

from localaws.codebuild.place import project_of
from localaws.gateway.actions import Body
from localaws.gateway.events import emit

ENDED = ("SUCCEEDED", "FAILED", "FAULT", "TIMED_OUT", "STOPPED")


class Build:
    """One build; times are seconds since 1970, durations whole seconds as on AWS."""

    def __init__(self, record: Body, request: Body, artifacts: Body) -> None:
        self.request = request  # what StartBuild asked, for RetryBuild
        self.artifacts = artifacts  # where they are to go; the record tells where they went
        self.stop_asked = threading.Event()
        self._record = record | {"phases": [], "buildStatus": "IN_PROGRESS", "buildComplete": False}
        self._lock = threading.RLock()

    @property
    def id(self) -> str:
        """`<project>:<uuid>`."""
        return str(self._record["id"])

    @property
    def uuid(self) -> str:
        """The part of the id that names the log stream."""
        return self.id.rpartition(":")[2]

    @property
    def project(self) -> str:
        """The name of its project."""
        return project_of(self.id)

    @property
    def is_complete(self) -> bool:
        """Whether it has ended, in whatever way."""
        return bool(self._record["buildComplete"])

    def described(self) -> Body:
        """A copy for an answer."""
        with self._lock:
            return copy.deepcopy(self._record)

    def set(self, **values: Any) -> None:
        """Write fields of the record."""
        with self._lock:
            self._record.update(values)

    def begin(self, phase: str) -> None:
        """A phase starts."""
        with self._lock:
            self._record["phases"].append({"phaseType": phase, "startTime": time.time()})
            self._record["currentPhase"] = phase

    def end(self, status: str, code: str = "", message: str = "") -> None:
        """The phase that was begun last ends."""
        with self._lock:
            phase, now = self._record["phases"][-1], time.time()
            contexts = [{"statusCode": code, "message": message}]
            took = int(now - phase["startTime"])
            phase.update(phaseStatus=status, endTime=now, durationInSeconds=took, contexts=contexts)

    def complete(self, status: str) -> None:
        """The build ends; rules hear of it."""
        now = time.time()
        with self._lock:
            self._record["phases"].append({"phaseType": "COMPLETED", "startTime": now})
            self._record.update(currentPhase="COMPLETED", buildStatus=status, endTime=now, buildComplete=True)
        self.tell()

    def tell(self) -> None:
        """Send the event of the present state, in the words that AWS has for it."""
        build = self.described()
        detail = {
            "build-status": build["buildStatus"],
            "project-name": build["projectName"],
            "build-id": build["arn"],
            "additional-information": _additional(build),
            "current-phase": build.get("currentPhase", "SUBMITTED"),
            "version": "1",
        }
        emit("aws.codebuild", "CodeBuild Build State Change", detail, [build["arn"]])


def _additional(build: Body) -> dict[str, Any]:
    logs = build.get("logs", {})
    return {
        "artifact": {"location": build.get("artifacts", {}).get("location", "")},
        "build-complete": build["buildComplete"],
        "build-number": build["buildNumber"],
        "build-start-time": time.strftime("%b %d, %Y %I:%M:%S %p", time.gmtime(build["startTime"])),
        "initiator": build["initiator"],
        "logs": {
            "group-name": logs.get("groupName"),
            "stream-name": logs.get("streamName"),
            "deep-link": logs.get("deepLink"),
        },
        "phases": [_phase(phase) for phase in build["phases"]],
        "source": {"type": build["source"]["type"], "location": build["source"].get("location")},
        "timeout-in-minutes": build["timeoutInMinutes"],
    }


def _phase(phase: Body) -> dict[str, Any]:
    contexts = [f"{context['statusCode']}: {context['message']}" for context in phase.get("contexts", [])]
    return {
        "phase-type": phase["phaseType"],
        "phase-status": phase.get("phaseStatus"),
        "duration-in-seconds": phase.get("durationInSeconds"),
        "phase-context": contexts,
    }
