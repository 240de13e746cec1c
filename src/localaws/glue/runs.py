"""Runs of Glue jobs: started, run in a thread by the local Spark, stopped, and told as Glue tells them."""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Sequence
from typing import Any

from localaws.container.process import Ending
from localaws.container.run import Run
from localaws.gateway.config import Config
from localaws.gateway.log import logger
from localaws.glue import parameters
from localaws.spark.failure import SparkFailed
from localaws.spark.machine import Ended, SparkMachine, Submission

Record = dict[str, Any]
SERVICE = "glue.amazonaws.com"
MINUTE_SECONDS = 60.0
UNFINISHED = ("STARTING", "RUNNING", "STOPPING")
LONGEST_REASON = 1024
OWN_LINE = re.compile(r'^\s*File "[^"]*/script/[^"]+", line (\d+)')


class Runs:
    """All runs of one gateway. The emulator's list of a job holds their records, newest last."""

    def __init__(self, config: Config) -> None:
        self.config, self.spark = config, SparkMachine(config)
        self._runs: dict[str, Run] = {}
        self._lock = threading.RLock()

    def start(self, job: Record, earlier: Sequence[Record], asked: Record) -> Record:
        """A new run's record; it runs on by itself. None where as many run as the job allows."""
        most = int((job.get("ExecutionProperty") or {}).get("MaxConcurrentRuns") or 1)
        if sum(record["JobRunState"] in UNFINISHED for record in earlier) >= most:
            return {}
        record = _record(job, asked)
        run = Run()
        with self._lock:
            self._runs[record["Id"]] = run
        threading.Thread(target=self._work, args=(dict(job), record, run), name=f"Glue {job['Name']}").start()
        return record

    def stop(self, record: Record) -> bool:
        """Ask a run to stop; False where it has ended."""
        with self._lock:
            if record["JobRunState"] not in UNFINISHED[:2]:
                return False
            self._change(record, "STOPPING")
            self._runs[record["Id"]].stop()
        return True

    def _work(self, job: Record, record: Record, run: Run) -> None:
        began = time.monotonic()
        try:
            submission = self._submission(job, record)
            ended = self.spark.run(submission, run, lambda: self._begin(record))
            state, reason = judged(ended)
        except SparkFailed as failed:
            state, reason = "FAILED", f"LAUNCH ERROR | {failed}"
        except Exception as error:  # a fault of ours; the run must not seem to go on for ever
            logger.exception("Glue %s", job["Name"])
            state, reason = "FAILED", f"InternalServiceException: {error!r}"
        seconds = time.monotonic() - began
        with self._lock:
            record.update(CompletedOn=time.time(), ExecutionTime=round(seconds))
            if reason:
                record["ErrorMessage"] = reason[:LONGEST_REASON]
            self._change(record, state)
            del self._runs[record["Id"]]
        logger.info(
            "Glue %s %s %s after %.1f s%s", job["Name"], record["Id"][:11], state, seconds, reason and f": {reason}"
        )

    def _begin(self, record: Record) -> None:
        with self._lock:
            if record["JobRunState"] == "STARTING":
                self._change(record, "RUNNING")

    def _change(self, record: Record, state: str) -> None:
        record.update(JobRunState=state, LastModifiedOn=time.time())

    def _submission(self, job: Record, record: Record) -> Submission:
        command = job.get("Command") or {}
        if command.get("Name") != "glueetl":
            raise SparkFailed(f"The embedded AWS runs jobs of the command glueetl, not {command.get('Name')}.")
        given = {
            **(job.get("DefaultArguments") or {}),
            **record["Arguments"],
            **(job.get("NonOverridableArguments") or {}),
        }
        parameters.refuse_jars(given)
        role, account = str(job["Role"]), self.config.account_id
        names = ["--JOB_ID", f"j_{job['Name']}", "--JOB_RUN_ID", record["Id"], "--JOB_NAME", job["Name"]]
        return Submission(
            name=record["Id"],
            role_arn=role if role.startswith("arn:") else f"arn:aws:iam::{account}:role/{role}",
            service=SERVICE,
            source_arn=f"arn:aws:glue:{self.config.region}:{account}:job/{job['Name']}",
            script=str(command.get("ScriptLocation") or ""),
            log_group=parameters.log_group(given),
            log_stream=record["Id"],
            most_seconds=record["Timeout"] * MINUTE_SECONDS,
            arguments=(*names, *parameters.of_script(given)),
            py_files=tuple(parameters.listed(given, "--extra-py-files")),
            needed=tuple(parameters.listed(given, "--extra-files")),
            modules=tuple(parameters.listed(given, "--additional-python-modules")),
            settings=parameters.settings(given),
        )


def judged(ended: Ended) -> tuple[str, str]:
    """The state that a run ends in, and why."""
    if ended.ending is Ending.EXPIRED:
        return "TIMEOUT", "Job run exceeded its timeout"
    if ended.ending is Ending.STOPPED:
        return "STOPPED", ""
    if ended.code == 0:
        return "SUCCEEDED", ""
    return "FAILED", told(ended)


def told(ended: Ended) -> str:
    """As Glue tells it: a category, the script's own line, the last words of the error."""
    lines = [int(found[1]) for line in ended.last_lines if (found := OWN_LINE.match(line))]
    words = next((line for line in reversed(ended.last_lines) if line.strip()), f"the script ended with {ended.code}")
    where = f"Failed Line Number: {lines[-1]}; " if lines else ""
    return f"Error Category: UNCLASSIFIED_ERROR; {where}{words}"


def _record(job: Record, asked: Record) -> Record:
    now = time.time()
    given = {key: asked.get(key) or job.get(key) for key in ("MaxCapacity", "NumberOfWorkers", "WorkerType")}
    kept = {key: job.get(key) for key in ("ExecutionClass", "GlueVersion", "SecurityConfiguration")}
    record = {
        "Id": f"jr_{secrets.token_hex(32)}", "Attempt": 0, "JobName": job["Name"], "JobRunState": "STARTING",
        "StartedOn": now, "LastModifiedOn": now, "ExecutionTime": 0, "PredecessorRuns": [],
        "Arguments": dict(asked.get("Arguments") or {}), "Timeout": asked.get("Timeout") or job.get("Timeout") or 2880,
        "LogGroupName": "/aws-glue/jobs", **given, **kept,
    }  # fmt: skip
    return {key: value for key, value in record.items() if value is not None}
