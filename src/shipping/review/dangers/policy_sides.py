"""Where policies stand in a plan, and their text on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from shipping.doctor.plan import UNKNOWN
from shipping.doctor.policies import WRITTEN_IN, Statement
from shipping.review.changes import Change
from shipping.review.dangers import subsumption
from shipping.review.secrets import Hidden

# Beyond what the doctor knows rules for: a review is asked about whatever somebody adds.
ALSO_WRITTEN_IN = {
    "aws_cloudwatch_event_bus_policy": ("policy",),
    "aws_cloudwatch_log_resource_policy": ("policy_document",),
    "aws_ecr_repository_policy": ("policy",),
    "aws_efs_file_system_policy": ("policy",),
    "aws_glue_resource_policy": ("policy",),
    "aws_iam_group_policy": ("policy",),
    "aws_iam_user_policy": ("policy",),
    "aws_kms_key_policy": ("policy",),
    "aws_s3_bucket": ("policy",),
    "aws_sagemaker_model_package_group_policy": ("resource_policy",),
    "aws_secretsmanager_secret": ("policy",),
    "aws_secretsmanager_secret_policy": ("policy",),
    "aws_sns_topic": ("policy",),
    "aws_vpc_endpoint": ("policy",),
}
ATTRIBUTES = {**ALSO_WRITTEN_IN, **WRITTEN_IN}


class Unreadable(Exception):
    """The text is known only after the apply, is hidden, or is no policy; the message says which."""


@dataclass(frozen=True)
class PolicySides:
    """One attribute that holds a policy, before and after."""

    attribute: str
    before: Any
    after: Any

    @property
    def differs(self) -> bool:
        return self.before is not self.after and self.before != self.after

    @property
    def is_filled_in_by_aws(self) -> bool:
        """AWS gives some resources a policy of its own; nobody wrote one, so a first plan does not know it."""
        return not self.before and self.after is UNKNOWN

    def statements(self) -> tuple[list[Statement], list[Statement]]:
        return _read(self.before), _read(self.after)


def of(change: Change) -> Iterator[PolicySides]:
    """A resource's policies; first of all those that another one keeps, such as `aws_sns_topic_policy` a topic's."""
    for attribute in ATTRIBUTES.get(change.type, ()):
        yield PolicySides(attribute, change.before.get(attribute), change.after.get(attribute))


def _read(text: Any) -> list[Statement]:
    if text is UNKNOWN:
        raise Unreadable("is known only after the apply")
    if isinstance(text, Hidden):
        raise Unreadable("is hidden as sensitive")
    if not text:
        return []
    try:
        return subsumption.parsed(text)
    except (ValueError, KeyError, AttributeError, TypeError) as problem:
        raise Unreadable(f"cannot be read as a policy ({type(problem).__name__})") from problem
