"""Training jobs."""

from __future__ import annotations

import time

from localaws.container.platform import Platform
from localaws.container.run import Run
from localaws.container.training import Training
from localaws.gateway.caller import Caller
from localaws.gateway.messages import ServiceError
from localaws.sagemaker import execution_role, keys
from localaws.sagemaker.actions import Body
from localaws.sagemaker.jobs import Jobs
from localaws.sagemaker.records import Records


class TrainingJobs(Jobs):
    """Serves the actions on training jobs."""

    def __init__(self, records: Records, platform: Platform) -> None:
        super().__init__(records)
        self.platform = platform

    def check(self, asked: Body, caller: Caller) -> None:
        """The role must be passable, trust SageMaker and be allowed what the job's keys take."""
        role, arn = asked["RoleArn"], self.records.arn(asked["TrainingJobName"])
        execution_role.check(role, arn, caller)
        keys.check_job_disk(asked["ResourceConfig"], role, arn, caller, self.records.place)
        keys.check_job_output(asked["OutputDataConfig"].get("KmsKeyId"), role, arn, self.records.place)
        _check_waiting(asked)

    def beginning(self, asked: Body) -> Body:
        """A job starts as Starting."""
        step = {"Status": "Starting", "StartTime": time.time(), "StatusMessage": "Preparing the instances for training"}
        return {"SecondaryStatus": "Starting", "SecondaryStatusTransitions": [step]}

    def work(self, asked: Body, arn: str, run: Run) -> Body:
        """Run the container's contract."""
        name = asked["TrainingJobName"]

        def tell(status: str, message: str) -> None:
            is_first = status == "Downloading" and "TrainingStartTime" not in self.records.get(name)
            started = {"TrainingStartTime": time.time()} if is_first else {}
            self.records.change(name, SecondaryStatus=status, **started, **self._step(name, status, message))

        trained = Training(self.platform, asked, arn, run, tell).train()
        changes = self._ended(name, trained.status, trained.secondary_status, trained.reason)
        changes["FinalMetricDataList"] = trained.metrics
        if trained.model_uri:
            changes["ModelArtifacts"] = {"S3ModelArtifacts": trained.model_uri}
        return changes

    def reclaim(self, name: str) -> Body:
        """Take a spot job's machines away, as AWS may at any moment; it begins again."""
        job = self.records.get(name)
        if not job.get("EnableManagedSpotTraining"):
            raise ServiceError("ValidationException", f"{name} is no spot job; only those lose their machines.")
        run = self.run_of(name)
        if run is None or not run.reclaim():
            status = job["SecondaryStatus"]
            raise ServiceError("ValidationException", f"{name} is {status}; it has machines only while Training.")
        return {}

    def failed(self, name: str, reason: str) -> Body:
        """Failed, for this reason."""
        return self._ended(name, "Failed", "Failed", reason)

    def _ended(self, name: str, status: str, secondary: str, reason: str | None) -> Body:
        record, now = self.records.get(name), time.time()
        seconds = max(1, round(now - record.get("TrainingStartTime", now)))
        message = reason or {"Completed": "Training job completed"}.get(status, "Training job stopped")
        return {
            "TrainingJobStatus": status,
            "SecondaryStatus": secondary,
            "FailureReason": reason,
            "TrainingEndTime": now,
            "TrainingTimeInSeconds": seconds,
            "BillableTimeInSeconds": seconds,  # spot machines are billed less; here nothing is saved
            **self._step(name, secondary, message),
        }

    def _step(self, name: str, status: str, message: str) -> Body:
        """The next SecondaryStatusTransitions: the last one ends where this one begins."""
        now, steps = time.time(), self.records.get(name)["SecondaryStatusTransitions"]
        steps[-1]["EndTime"] = now
        return {"SecondaryStatusTransitions": [*steps, {"Status": status, "StartTime": now, "StatusMessage": message}]}


def _check_waiting(asked: Body) -> None:
    """A spot job says how long it may wait for machines, running included; no other job may say it."""
    condition = asked.get("StoppingCondition") or {}
    most, waits = condition.get("MaxRuntimeInSeconds", 86400), condition.get("MaxWaitTimeInSeconds")
    if asked.get("EnableManagedSpotTraining") and (waits is None or waits < most):
        told = f"Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to {most}"
        raise ServiceError("ValidationException", f"{told}, MaxRuntimeInSeconds; it is {waits}.")
    if waits is not None and not asked.get("EnableManagedSpotTraining"):
        told = "MaxWaitTimeInSeconds above 0 is only for jobs with EnableManagedSpotTraining"
        raise ServiceError("ValidationException", f"{told}; it is {waits}.")
