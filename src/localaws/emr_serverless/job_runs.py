"""Job runs: started, run in a thread by the local Spark, cancelled, and told as EMR Serverless tells them."""

from __future__ import annotations

import copy
import secrets
import string
import threading
import time
from collections.abc import Callable

from localaws.container.process import Ending
from localaws.container.run import Run
from localaws.emr_serverless import submit
from localaws.gateway.actions import Actions, Body
from localaws.gateway.caller import Caller
from localaws.gateway.config import Config
from localaws.gateway.log import logger
from localaws.gateway.messages import ServiceError
from localaws.spark.failure import SparkFailed
from localaws.spark.machine import Ended, SparkMachine, Submission

SERVICE = "emr-serverless.amazonaws.com"
LOG_GROUP = "/aws/emr-serverless"
UNFINISHED = ("SUBMITTED", "PENDING", "SCHEDULED", "RUNNING", "CANCELLING")
ID_LETTERS, ID_LENGTH = string.ascii_lowercase + string.digits, 16
DEFAULT_MINUTES = 720
LAST_WORDS = 400  # characters of the script's last error in a run's details
SUMMARY = (
    "applicationId", "arn", "attempt", "createdAt", "createdBy", "executionRole", "mode", "name", "releaseLabel",
    "state", "stateDetails", "type", "updatedAt",
)  # fmt: skip


class JobRuns:
    """Serves the actions on runs. `take` gives the application and marks it as used, or refuses."""

    def __init__(self, config: Config, take: Callable[[Body], Body], arn: Callable[[str], str]) -> None:
        self.config, self.take, self.arn = config, take, arn
        self.spark = SparkMachine(config)
        self._records: dict[str, Body] = {}  # oldest first
        self._runs: dict[str, Run] = {}
        self._tokens: dict[tuple[str, str], str] = {}
        self._lock = threading.RLock()

    def actions(self) -> Actions:
        """What is served here."""
        return {
            "CancelJobRun": self.cancel,
            "GetJobRun": self.get,
            "ListJobRuns": self.list,
            "StartJobRun": self.start,
        }

    def last_used(self, application: str) -> float | None:
        """When the application's last run ended; None while one goes on, 0 where there was none."""
        with self._lock:
            of_it = [record for record in self._records.values() if record["applicationId"] == application]
            if any(record["state"] in UNFINISHED for record in of_it):
                return None
            return max((record["updatedAt"] for record in of_it), default=0.0)

    def start(self, asked: Body, caller: Caller) -> Body:
        """StartJobRun. The same token starts no second run."""
        role = asked["executionRoleArn"]
        caller.require("iam:PassRole", role, {"iam:PassedToService": SERVICE})
        application = self.take(asked)
        driver = asked.get("jobDriver") or {}
        if "sparkSubmit" not in driver:
            raise ServiceError("ValidationException", "The embedded AWS runs jobDriver.sparkSubmit only.")
        identity, now = "".join(secrets.choice(ID_LETTERS) for _ in range(ID_LENGTH)), time.time()
        token = (application["applicationId"], str(asked.get("clientToken")))
        record: Body = {
            "applicationId": application["applicationId"], "jobRunId": identity, "name": asked.get("name") or identity,
            "arn": f"{self.arn(application['applicationId'])}/jobruns/{identity}", "attempt": 1, "mode": "BATCH",
            "configurationOverrides": copy.deepcopy(asked.get("configurationOverrides") or {}), "createdAt": now,
            "createdBy": f"arn:aws:iam::{self.config.account_id}:root", "executionRole": role,
            "executionTimeoutMinutes": asked.get("executionTimeoutMinutes") or DEFAULT_MINUTES,
            "jobDriver": copy.deepcopy(driver), "releaseLabel": application["releaseLabel"], "state": "SUBMITTED",
            "stateDetails": "", "tags": dict(asked.get("tags") or {}), "type": application["type"], "updatedAt": now,
        }  # fmt: skip
        with self._lock:
            if asked.get("clientToken") and token in self._tokens:
                return self._named(self._records[self._tokens[token]])
            self._tokens[token], self._records[identity], self._runs[identity] = identity, record, Run()
        threading.Thread(target=self._work, args=(record, self._runs[identity]), name=f"EMR {identity}").start()
        return self._named(record)

    def get(self, asked: Body, caller: Caller) -> Body:
        """GetJobRun."""
        with self._lock:
            return {"jobRun": copy.deepcopy(self._find(asked))}

    def list(self, asked: Body, caller: Caller) -> Body:
        """ListJobRuns: newest first, of some states where they are named."""
        self.take({"applicationId": asked["applicationId"], "only_look": True})
        with self._lock:
            found = [
                record for record in reversed(self._records.values())
                if record["applicationId"] == asked["applicationId"]
                and record["state"] in (asked.get("states") or [record["state"]])
            ]  # fmt: skip
            return {"jobRuns": [{"id": one["jobRunId"], **{key: one[key] for key in SUMMARY}} for one in found]}

    def cancel(self, asked: Body, caller: Caller) -> Body:
        """CancelJobRun. One that has ended stays as it is."""
        with self._lock:
            record = self._find(asked)
            if record["state"] not in UNFINISHED:
                message = f"Job run {record['jobRunId']} is in state {record['state']} and cannot be cancelled."
                raise ServiceError("ValidationException", message)
            record.update(state="CANCELLING", updatedAt=time.time())
            self._runs[record["jobRunId"]].stop()
            return {"applicationId": record["applicationId"], "jobRunId": record["jobRunId"]}

    def _work(self, record: Body, run: Run) -> None:
        began = time.monotonic()
        try:
            state, details = judged(self.spark.run(self._submission(record), run, lambda: self._begin(record)))
        except SparkFailed as failed:
            state, details = "FAILED", str(failed)
        except Exception as error:  # a fault of ours; the run must not seem to go on for ever
            logger.exception("EMR Serverless %s", record["jobRunId"])
            state, details = "FAILED", f"Internal error: {error!r}"
        seconds = time.monotonic() - began
        with self._lock:
            record.update(
                state=state, stateDetails=details, updatedAt=time.time(), totalExecutionDurationSeconds=round(seconds)
            )
            del self._runs[record["jobRunId"]]
        told = f": {details}" if details else ""
        logger.info("EMR Serverless %s %s %s after %.1f s%s", record["name"], record["jobRunId"], state, seconds, told)

    def _begin(self, record: Body) -> None:
        with self._lock:
            if record["state"] == "SUBMITTED":
                record.update(state="RUNNING", updatedAt=time.time(), startedAt=time.time())

    def _submission(self, record: Body) -> Submission:
        driver, overrides = record["jobDriver"]["sparkSubmit"], record["configurationOverrides"]
        asked = submit.read(driver.get("sparkSubmitParameters") or "", overrides)
        log = (overrides.get("monitoringConfiguration") or {}).get("cloudWatchLoggingConfiguration") or {}
        ids = f"applications/{record['applicationId']}/jobs/{record['jobRunId']}"
        stream = "/".join(filter(None, [log.get("logStreamNamePrefix"), ids, "SPARK_DRIVER/stdout"]))
        return Submission(
            name=record["jobRunId"],
            role_arn=record["executionRole"],
            service=SERVICE,
            source_arn=record["arn"],
            script=driver["entryPoint"],
            log_group=(log.get("enabled") and log.get("logGroupName")) or LOG_GROUP,
            log_stream=stream,
            most_seconds=record["executionTimeoutMinutes"] * 60.0,
            arguments=tuple(driver.get("entryPointArguments") or ()),
            py_files=asked.py_files,
            needed=asked.needed,
            settings=asked.settings,
            variables=asked.variables,
        )

    def _find(self, asked: Body) -> Body:
        record = self._records.get(asked["jobRunId"])
        if record is None or record["applicationId"] != asked["applicationId"]:
            raise ServiceError("ResourceNotFoundException", f"Job run {asked['jobRunId']} does not exist", 404)
        return record

    def _named(self, record: Body) -> Body:
        return {key: record[key] for key in ("applicationId", "arn", "jobRunId")}


def judged(ended: Ended) -> tuple[str, str]:
    """The state that a run ends in, and its details."""
    if ended.ending is Ending.EXPIRED:
        return "CANCELLED", "Job run cancelled: it ran longer than executionTimeoutMinutes."
    if ended.ending is Ending.STOPPED:
        return "CANCELLED", "Job run cancelled by user."
    if ended.code == 0:
        return "SUCCESS", ""
    words = next((line for line in reversed(ended.last_lines) if line.strip()), "")
    return "FAILED", (
        "Job failed, please check complete logs in configured logging destination. "
        f"ExitCode: {ended.code}. Last few exceptions: {words[:LAST_WORDS]}"
    )
