"""The account and region that names belong to."""

from __future__ import annotations

from dataclasses import dataclass

LOWERED = (
    "endpoint", "endpoint-config", "model", "training-job", "processing-job", "transform-job",
    "hyper-parameter-tuning-job",
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """One account in one region."""

    account: str
    region: str

    def arn(self, kind: str, name: str) -> str:
        """The ARN of a SageMaker resource; AWS writes most names in lower case there."""
        shown = name.lower() if kind in LOWERED else name
        return f"arn:aws:sagemaker:{self.region}:{self.account}:{kind}/{shown}"
