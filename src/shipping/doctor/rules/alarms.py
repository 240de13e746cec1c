"""Alarms: within CloudWatch's window, and heard by somebody."""

from __future__ import annotations

from collections.abc import Iterator

from shipping.doctor.findings import Finding
from shipping.doctor.plan import UNKNOWN, Plan, Resource

HOUR, DAY = 3600, 86400


def look_back_no_further_than_cloudwatch(plan: Plan) -> Iterator[Finding]:
    for alarm in plan.of_type("aws_cloudwatch_metric_alarm"):
        periods = [alarm.get("period"), *(query.get("metric", [{}])[0].get("period") for query in _queries(alarm))]
        known = [period for period in periods if isinstance(period, int)]
        count = alarm.get("evaluation_periods")
        if not known or count is UNKNOWN:
            continue
        most = 7 * DAY if max(known) >= HOUR else DAY
        if max(known) * count > most:
            yield Finding(
                "an alarm looks back one day, or seven where its period is an hour or more",
                alarm.address,
                f"made with {count} periods of {max(known)} s",
                "Take fewer periods.",
            )


def _queries(alarm: Resource) -> list[dict[str, list[dict[str, int]]]]:
    return [query for query in alarm.get("metric_query") or [] if query.get("metric")]


def are_heard(plan: Plan) -> Iterator[Finding]:
    for alarm in plan.of_type("aws_cloudwatch_metric_alarm"):
        if not plan.linked(alarm, "alarm_actions", "aws_sns_topic") and alarm.known("alarm_actions"):
            yield Finding(
                "an alarm tells the alerts topic",
                alarm.address,
                f"named {alarm.get('alarm_name')}, whose alarm_actions name no topic of ours",
                "Name the topic in alarm_actions.",
            )


RULES = (look_back_no_further_than_cloudwatch, are_heard)
