"""Jobs: submitted, run in a thread attempt by attempt, ended by hand, told as Batch tells them."""

from __future__ import annotations

import copy
import threading
import time
import uuid
from functools import partial
from typing import Any

from localaws.batch.attempt import Attempt, Outcome
from localaws.batch.capacity import SPOT, Capacity
from localaws.batch.definitions import Definitions
from localaws.batch.place import Place, refused
from localaws.batch.retry import is_tried_again
from localaws.container.platform import Platform
from localaws.container.run import Run
from localaws.gateway.actions import Actions, Body
from localaws.gateway.caller import Caller
from localaws.gateway.log import logger
from localaws.gateway.messages import ServiceError
from localaws.gateway.tag_store import TagStore

NOT_HERE = ("arrayProperties", "dependsOn", "ecsPropertiesOverride", "eksPropertiesOverride", "nodeOverrides")
OVER = ("SUCCEEDED", "FAILED")
OURS = ("machines",)  # fields of a record that AWS does not tell
SUMMARY = (
    "createdAt",
    "jobArn",
    "jobDefinition",
    "jobId",
    "jobName",
    "startedAt",
    "status",
    "statusReason",
    "stoppedAt",
)


class Jobs:
    """Serves the actions on them."""

    def __init__(
        self, place: Place, platform: Platform, capacity: Capacity, definitions: Definitions, tags: TagStore
    ) -> None:
        self.place, self.platform, self.capacity = place, platform, capacity
        self.definitions, self.tags = definitions, tags
        self._records: dict[str, Body] = {}  # oldest first
        self._runs: dict[str, Run] = {}
        self._why: dict[str, str] = {}  # the words of whoever ended a job
        self._lock = threading.RLock()

    def actions(self) -> Actions:
        """What is served here."""
        return {
            "CancelJob": self.cancel,
            "DescribeJobs": self.describe,
            "ListJobs": self.list_jobs,
            "SubmitJob": self.submit,
            "TerminateJob": self.terminate,
        }

    def submit(self, asked: Body, caller: Caller) -> Body:
        """SubmitJob. It is allowed on the definition and on the queue."""
        given = [name for name in NOT_HERE if asked.get(name)]
        if given:
            raise refused(f"The embedded AWS runs single containers; leave out {', '.join(given)}.")
        queue = self.capacity.open_queue(asked["jobQueue"])
        caller.require("batch:SubmitJob", queue["jobQueueArn"], {})
        definition = self.definitions.find(asked["jobDefinition"])
        machines = self.capacity.machines(queue)["computeResources"]["type"]
        identity = str(uuid.uuid4())
        record: Body = {
            "jobId": identity, "jobArn": self.place.arn(f"job/{identity}"), "jobName": asked["jobName"],
            "jobQueue": queue["jobQueueArn"], "jobDefinition": definition["jobDefinitionArn"], "status": "SUBMITTED",
            "createdAt": _now(), "startedAt": 0, "attempts": [], "dependsOn": [],
            "parameters": {**definition["parameters"], **(asked.get("parameters") or {})},
            "container": overridden(definition["containerProperties"], asked.get("containerOverrides") or {}),
            "retryStrategy": asked.get("retryStrategy") or definition.get("retryStrategy") or {"attempts": 1},
            "timeout": asked.get("timeout") or definition.get("timeout"), "machines": machines,
            "platformCapabilities": definition.get("platformCapabilities") or ["EC2"],
        }  # fmt: skip
        with self._lock:
            self._records[identity], self._runs[identity] = record, Run()
        self.tags.add(record["jobArn"], asked.get("tags") or {})
        threading.Thread(target=self._work, args=(record, self._runs[identity]), name=f"Batch {identity}").start()
        return {key: record[key] for key in ("jobArn", "jobId", "jobName")}

    def describe(self, asked: Body, caller: Caller) -> Body:
        """DescribeJobs: an id that nothing bears is left out."""
        with self._lock:
            found = [self._records[each.rsplit("/", 1)[-1]] for each in asked["jobs"] if self.knows(each)]
            told = [
                {key: value for key, value in each.items() if key not in OURS and value is not None} for each in found
            ]
            return {"jobs": [{**copy.deepcopy(each), "tags": self.tags.of(each["jobArn"])} for each in told]}

    def list_jobs(self, asked: Body, caller: Caller) -> Body:
        """ListJobs of a queue, newest first: by name where filtered, else by state, which is RUNNING unless named."""
        if not asked.get("jobQueue"):
            raise refused("The embedded AWS lists the jobs of a jobQueue; name one.")
        queue, filters = self.capacity.known_queue(asked["jobQueue"])["jobQueueArn"], asked.get("filters") or []
        if any(each["name"] != "JOB_NAME" for each in filters):
            raise refused("The embedded AWS filters jobs by JOB_NAME only.")
        names = [value for each in filters for value in each["values"]]
        with self._lock:
            found = [
                each for each in reversed(self._records.values())
                if each["jobQueue"] == queue and (_named(each, names) if names else each["status"] == _state(asked))
            ]  # fmt: skip
            told = [{key: each[key] for key in SUMMARY if key in each} for each in found]
        return {"jobSummaryList": told}

    def cancel(self, asked: Body, caller: Caller) -> Body:
        """CancelJob: only one that does not run yet; AWS leaves others as they are."""
        with self._lock:
            record = self._records.get(asked["jobId"])
            if record is not None and record["status"] not in (*OVER, "STARTING", "RUNNING"):
                self._end(record, asked["reason"])
        return {}

    def terminate(self, asked: Body, caller: Caller) -> Body:
        """TerminateJob."""
        with self._lock:
            record = self._records.get(asked["jobId"])
            if record is not None and record["status"] not in OVER:
                self._end(record, asked["reason"])
        return {}

    def reclaim(self, identity: str) -> Body:
        """What AWS does with a spot machine that it wants back."""
        with self._lock:
            record, run = self._records.get(identity), self._runs.get(identity)
        if record is None or record["machines"] not in SPOT:
            raise ServiceError("NotFound", f"No job {identity} is on spot machines.", 404)
        if run is None or not run.reclaim():
            raise ServiceError("Conflict", f"The job {identity} does not run; there is nothing to reclaim.", 409)
        return {"jobId": identity}

    def ids(self) -> list[str]:
        """Of jobs that are not over."""
        with self._lock:
            return [identity for identity, record in self._records.items() if record["status"] not in OVER]

    def _end(self, record: Body, why: str) -> None:
        self._why[record["jobId"]] = why
        self._runs[record["jobId"]].stop()

    def _work(self, record: Body, run: Run) -> None:
        began = time.monotonic()
        try:
            outcome = self._attempts(record, run)
        except Exception as error:  # a fault of ours; the job must not seem to run for ever
            logger.exception("Batch %s", record["jobName"])
            outcome = Outcome(None, f"Internal error: {error!r}")
        with self._lock:
            del self._runs[record["jobId"]]
            why = self._why.pop(record["jobId"], None)
            reason = why or outcome.status_reason
            ended_well = outcome.code == 0 and not outcome.is_final
            record.update(status="SUCCEEDED" if ended_well else "FAILED", statusReason=reason, stoppedAt=_now())
        seconds = time.monotonic() - began
        logger.info("Batch %s %s after %.1f s: %s", record["jobName"], record["status"], seconds, reason)

    def _attempts(self, record: Body, run: Run) -> Outcome:
        for made in range(1, 1 + (record["retryStrategy"].get("attempts") or 1)):
            with self._lock:
                record.update(status="STARTING")
            began: list[int] = []
            attempt = Attempt(self.platform, record, made, run, partial(self._runs_now, record, began))
            outcome = attempt.make()
            self._note(record, outcome, began)
            if outcome.code == 0 or not is_tried_again(record["retryStrategy"], made, outcome):
                return outcome
            logger.info("Batch %s is tried again: %s", record["jobName"], outcome.status_reason)
            with self._lock:
                record.update(status="RUNNABLE")
        return outcome

    def _runs_now(self, record: Body, began: list[int]) -> None:
        began.append(_now())
        with self._lock:
            record.update(status="RUNNING", startedAt=began[0])

    def _note(self, record: Body, outcome: Outcome, began: list[int]) -> None:
        """An attempt among the job's, and how it ended in the job's container."""
        told: dict[str, Any] = {"logStreamName": record["container"].get("logStreamName")}
        told |= {"exitCode": outcome.code, "reason": outcome.reason or None}
        told = {key: value for key, value in told.items() if value is not None}
        note = {"container": told, "statusReason": outcome.status_reason, "stoppedAt": _now()}
        with self._lock:
            for key in ("exitCode", "reason"):
                record["container"].pop(key, None)
            record["container"].update(told)
            record["attempts"].append(note | ({"startedAt": began[0]} if began else {}))

    def knows(self, named: str) -> bool:
        """Whether there is a job of this id or ARN."""
        return named.rsplit("/", 1)[-1] in self._records


def overridden(container: Body, overrides: Body) -> Body:
    """A definition's container with what one job has otherwise: variables and requirements by their names."""
    made = copy.deepcopy(container)
    if overrides.get("command"):
        made["command"] = list(overrides["command"])
    for field, key in (("environment", "name"), ("resourceRequirements", "type")):
        every = {each[key]: each for each in [*(made.get(field) or []), *(overrides.get(field) or [])]}
        made[field] = list(every.values())
    return made


def _named(record: Body, names: list[str]) -> bool:
    plain = record["jobName"].lower()
    return any(plain.startswith(n[:-1].lower()) if n.endswith("*") else plain == n.lower() for n in names)


def _state(asked: Body) -> str:
    return str(asked.get("jobStatus") or "RUNNING")


def _now() -> int:
    return int(time.time() * 1000)
