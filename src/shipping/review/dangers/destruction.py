"""What goes, and what is made anew in its place: first of all, since nothing brings it back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shipping.review.changes import Action, Change
from shipping.review.dangers.danger import Danger, Kind

# Types whose end takes along what people cannot make again, and what that is.
IRREPLACEABLE = {
    "aws_cloudwatch_log_group": "its logs go with it",
    "aws_db_instance": "its data goes with it",
    "aws_dynamodb_table": "its data goes with it",
    "aws_ecr_repository": "its images go with it",
    "aws_glue_catalog_database": "its tables go with it",
    "aws_kms_alias": "what names the key by it finds none",
    "aws_kms_key": "whatever it encrypted can never be read again once its waiting time is over",
    "aws_mwaa_environment": "the history of all runs goes with it, and a new one takes 20 to 30 minutes",
    "aws_s3_bucket": "its objects go with it",
    "aws_sagemaker_model_package_group": "every registered model goes with it",
    "aws_secretsmanager_secret": "its value goes with it",
    "aws_sns_topic": "its subscribers hear nothing until they are subscribed and confirmed again",
    "aws_sqs_queue": "its messages go with it",
}
WATCHERS = {
    "aws_budgets_budget": "nobody is told of its money any more",
    "aws_ce_anomaly_subscription": "nobody is told of its money any more",
    "aws_cloudwatch_event_rule": "nobody is told of its events any more",
    "aws_cloudwatch_metric_alarm": "nobody is told any more when it would have rung",
    "aws_flow_log": "nobody can read any more who talked to whom",
    "aws_sns_topic_subscription": "that subscriber hears nothing any more",
}
REASONS = {
    "replace_because_tainted": "it is marked as tainted",
    "replace_by_request": "somebody asked for it",
    "replace_by_triggers": "replace_triggered_by asks for it",
}


def find(change: Change, _: Sequence[Change]) -> Iterator[Danger]:
    if change.action is Action.DELETE:
        meaning = IRREPLACEABLE.get(change.type) or WATCHERS.get(change.type) or "what depends on it loses it"
        yield Danger(Kind.DESTROYED, change.address, "is destroyed", meaning, change.type in IRREPLACEABLE)
    elif change.action is Action.FORGET:
        meaning = "it goes on standing and costing, and no plan tells of it any more"
        yield Danger(Kind.DESTROYED, change.address, "is forgotten by the state", meaning)
    elif change.action is Action.REPLACE:
        meaning = IRREPLACEABLE.get(change.type, "it is not there in between, and has a new identity afterwards")
        what = f"is replaced, forced by {_force(change)}"
        yield Danger(Kind.REPLACED, change.address, what, meaning, change.type in IRREPLACEABLE)


def _force(change: Change) -> str:
    return ", ".join(change.forced_by) or REASONS.get(change.reason, "what Terraform does not tell")
