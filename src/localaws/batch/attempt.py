"""One attempt of a job: the image's interpreter runs the command under the job's role, and its lines are a log."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from localaws import roles
from localaws.batch.definitions import TASKS
from localaws.clients import ROOT
from localaws.container.failure import JobFailed
from localaws.container.logs import LogStream
from localaws.container.platform import Platform
from localaws.container.process import Ending
from localaws.container.run import Run
from localaws.gateway import environment
from localaws.gateway.actions import Body

LOG_GROUP = "/aws/batch/job"
EXITED = "Essential container in task exited"
NOT_STARTED = "Task failed to start"
TIMED_OUT = "Job attempt duration exceeded timeout"
RECLAIMED = {"FARGATE_SPOT": "Your Spot Task was interrupted.", "SPOT": "Host EC2 (instance i-0local) terminated."}
PARAMETER = re.compile(r"^Ref::(\w[\w-]*)$")


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended. `code` is None where the container never ran."""

    code: int | None
    status_reason: str
    reason: str = ""
    is_final: bool = False  # ended by a person or by the clock: not tried again


class Attempt:
    """One of a job's; `began` is told when its container runs."""

    def __init__(self, platform: Platform, record: Body, number: int, run: Run, began: Callable[[], None]) -> None:
        self.platform, self.record, self.number, self.run, self.began = platform, record, number, run, began
        self.container: Body = record["container"]

    def make(self) -> Outcome:
        """Run it to its end."""
        folder = self.platform.folder("batch", f"{self.record['jobId']}-{self.number}")
        with ExitStack() as stack:
            try:
                argv, variables, log = self._prepared(folder, stack)
            except JobFailed as failed:
                return Outcome(None, NOT_STARTED, str(failed))
            stack.callback(log.close)
            self.began()
            seconds = (self.record.get("timeout") or {}).get("attemptDurationSeconds")
            try:
                finished = self.run.execute(argv, variables, folder, log.write, seconds)
            except OSError as error:
                return Outcome(None, NOT_STARTED, f"CannotStartContainerError: {argv[0]}: {error.strerror}")
        if finished.code == 0:
            shutil.rmtree(folder, ignore_errors=True)  # of one that failed it is kept to be looked at
        if finished.ending is Ending.EXPIRED:
            return Outcome(137, TIMED_OUT, is_final=True)
        if finished.ending is Ending.STOPPED:
            return Outcome(finished.code, "Job was terminated", is_final=True)
        if finished.ending is Ending.RECLAIMED:
            return Outcome(137, RECLAIMED[self.record["machines"]])
        return Outcome(_shell_code(finished.code), EXITED)

    def _prepared(self, folder: Path, stack: ExitStack) -> tuple[list[str], dict[str, str], LogStream]:
        """What the execution role does on AWS - the image, the log -, and the container's own role."""
        try:
            image = self.platform.image(self.container["image"])
        except JobFailed as failed:
            raise JobFailed(f"CannotPullContainerError: {failed}") from failed
        lent = self._credentials("jobRoleArn", stack)
        variables = environment.of_child(
            self.platform.config, image.python, folder, lent.variables() if lent is not None else {}
        )
        variables |= {each["name"]: each["value"] for each in self.container.get("environment") or []}
        variables |= {
            "AWS_BATCH_JOB_ATTEMPT": str(self.number),
            "AWS_BATCH_JOB_ID": self.record["jobId"],
            "AWS_BATCH_JQ_NAME": self.record["jobQueue"].rsplit("/", 1)[-1],
        }
        argv = command(self.container["command"], self.record["parameters"])
        if not argv:
            raise JobFailed("CannotStartContainerError: the definition has no command, and an image here has none.")
        return argv, variables, self._log(stack)

    def _log(self, stack: ExitStack) -> LogStream:
        group, stream = log_of(self.record, self.number)
        self.container["logStreamName"] = stream
        writer = self._credentials("executionRoleArn", stack)
        try:
            return LogStream(self.platform.clients.of("logs", writer or ROOT), group, stream)
        except (ClientError, BotoCoreError) as error:
            raise JobFailed(f"ResourceInitializationError: failed to validate logger args: {error}") from error

    def _credentials(self, which: str, stack: ExitStack) -> roles.Credentials | None:
        role = self.container.get(which)
        if not role:
            return None
        try:
            return stack.enter_context(roles.assumed(role, self.record["jobId"], TASKS, self.record["jobArn"]))
        except roles.RoleRefused as refused:
            raise JobFailed(f"ECS was unable to assume the role '{role}': {refused}") from refused


def log_of(record: Body, number: int) -> tuple[str, str]:
    """Group and stream of an attempt."""
    log = record["container"].get("logConfiguration") or {}
    options = (log.get("options") or {}) if log.get("logDriver") == "awslogs" else {}
    definition = record["jobDefinition"].rsplit("/", 1)[-1].partition(":")[0]
    prefix = options.get("awslogs-stream-prefix") or definition
    task = f"{record['jobId'].replace('-', '')[:30]}{number:02d}"
    return options.get("awslogs-group") or LOG_GROUP, f"{prefix}/default/{task}"


def command(parts: list[str], parameters: Mapping[str, str]) -> list[str]:
    """A command with the parameters that it refers to; AWS leaves an unknown reference as it is."""
    return [parameters.get(found[1], part) if (found := PARAMETER.match(part)) else part for part in parts]


def _shell_code(code: int | None) -> int | None:
    """A signal's number as a container tells it."""
    return 128 - code if code is not None and code < 0 else code
