"""What a state says of itself: which of its versions it is. Terraform counts each change of a state."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from botocore.exceptions import ClientError

from shipping import account
from shipping.environments import Refused
from shipping.values import Backend


@dataclass(frozen=True)
class StateHead:
    """`serial` counts changes, `lineage` tells two states apart that began apart. Before a first apply: 0 and ''."""

    serial: int = 0
    lineage: str = ""
    written: str = "never"  # when, by S3's clock, and by which Terraform

    def noted(self) -> dict[str, Any]:
        return asdict(self)

    def check_unmoved(self, planned_on: StateHead, again: str) -> None:
        """Refuse a plan of another state than this: it may undo what was applied since, or make it twice."""
        if self.lineage != planned_on.lineage and planned_on.lineage:
            raise Refused(
                f"the plan was made on a state with lineage {planned_on.lineage}, the state there now has "
                f"{self.lineage or 'none'}; it was removed or replaced in between. {again}"
            )
        if self.serial != planned_on.serial or self.lineage != planned_on.lineage:
            raise Refused(
                f"the state moved on from serial {planned_on.serial} to {self.serial} after this plan was made "
                f"(written {self.written}; the pipeline's executions and CloudTrail tell by whom); a plan is good for "
                f"the state that it was made on alone. {again}"
            )


def read(s3: Any, backend: Backend) -> StateHead:
    """The head of the state that lies in the backend now."""
    try:
        answer = s3.get_object(
            Bucket=backend.bucket, Key=backend.key, ExpectedBucketOwner=account.owner(backend.bucket)
        )
    except ClientError as problem:
        if problem.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return StateHead()
        raise
    state = json.loads(answer["Body"].read())
    written = f"{answer['LastModified']:%Y-%m-%d %H:%M:%S} UTC with Terraform {state['terraform_version']}"
    return StateHead(int(state["serial"]), str(state["lineage"]), written)
