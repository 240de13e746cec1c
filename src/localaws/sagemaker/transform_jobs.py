"""Transform jobs."""

from __future__ import annotations

import time

from localaws.container.platform import Platform
from localaws.container.run import Run
from localaws.container.transform import Transform
from localaws.gateway.caller import Caller
from localaws.sagemaker.actions import Body
from localaws.sagemaker.jobs import Jobs
from localaws.sagemaker.models import Models
from localaws.sagemaker.records import Records


class TransformJobs(Jobs):
    """Serves the actions on transform jobs."""

    def __init__(self, records: Records, models: Models, platform: Platform) -> None:
        super().__init__(records)
        self.models, self.platform = models, platform

    def check(self, asked: Body, caller: Caller) -> None:
        """The model must exist. Its own role was checked when it was made; AWS asks for no other."""
        self.models.to_serve(asked["ModelName"])

    def work(self, asked: Body, arn: str, run: Run) -> Body:
        """Run every object through the model."""
        self.records.change(asked["TransformJobName"], TransformStartTime=time.time())
        model = self.models.to_serve(asked["ModelName"])
        return _ended(Transform(self.platform, asked, arn, run, model).transform(), None)

    def failed(self, name: str, reason: str) -> Body:
        """Failed, for this reason."""
        return _ended("Failed", reason)


def _ended(status: str, reason: str | None) -> Body:
    return {"TransformJobStatus": status, "FailureReason": reason, "TransformEndTime": time.time()}
