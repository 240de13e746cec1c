"""Processing jobs."""

from __future__ import annotations

import time

from localaws.container.platform import Platform
from localaws.container.processing import Processing
from localaws.container.run import Run
from localaws.gateway.caller import Caller
from localaws.sagemaker import execution_role, keys
from localaws.sagemaker.actions import Body
from localaws.sagemaker.jobs import Jobs
from localaws.sagemaker.records import Records


class ProcessingJobs(Jobs):
    """Serves the actions on processing jobs."""

    def __init__(self, records: Records, platform: Platform) -> None:
        super().__init__(records)
        self.platform = platform

    def check(self, asked: Body, caller: Caller) -> None:
        """The role must be passable, trust SageMaker and be allowed what the job's keys take."""
        role, arn = asked["RoleArn"], self.records.arn(asked["ProcessingJobName"])
        execution_role.check(role, arn, caller)
        keys.check_job_disk(asked["ProcessingResources"]["ClusterConfig"], role, arn, caller, self.records.place)
        output = asked.get("ProcessingOutputConfig") or {}
        keys.check_job_output(output.get("KmsKeyId"), role, arn, self.records.place)

    def work(self, asked: Body, arn: str, run: Run) -> Body:
        """Run the container's contract."""
        self.records.change(asked["ProcessingJobName"], ProcessingStartTime=time.time())
        processed = Processing(self.platform, asked, arn, run).process()
        return _ended(processed.status, processed.reason)

    def failed(self, name: str, reason: str) -> Body:
        """Failed, for this reason."""
        return _ended("Failed", reason)


def _ended(status: str, reason: str | None) -> Body:
    return {"ProcessingJobStatus": status, "FailureReason": reason, "ProcessingEndTime": time.time()}
