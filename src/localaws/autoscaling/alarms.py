"""The two alarms that a target-tracking policy makes for itself in CloudWatch."""

from __future__ import annotations

import uuid
from typing import Any

from localaws.autoscaling.variants import split
from localaws.gateway.actions import Body
from localaws.gateway.messages import ServiceError

METRICS = {
    "SageMakerVariantInvocationsPerInstance": ("InvocationsPerInstance", "Sum", 60),
    "SageMakerVariantConcurrentRequestsPerModelHighResolution": ("ConcurrentRequestsPerModel", "Maximum", 10),
}
HIGH_PERIODS, LOW_PERIODS = 3, 15  # out after three periods, in after fifteen: AWS's own caution
LOW_SHARE = 0.9  # of the target, so that capacity does not swing to and fro


def of_policy(policy: Body) -> list[dict[str, Any]]:
    """PutMetricAlarm's parameters for a target-tracking policy."""
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    metric, target = _metric(policy["ResourceId"], tracking), float(tracking["TargetValue"])
    high = _alarm(policy, "AlarmHigh", "GreaterThanThreshold", target, HIGH_PERIODS)
    low = _alarm(policy, "AlarmLow", "LessThanThreshold", target * LOW_SHARE, LOW_PERIODS)
    wanted = [high] if tracking.get("DisableScaleIn") else [high, low]
    return [alarm | metric for alarm in wanted]


def _alarm(policy: Body, kind: str, comparison: str, threshold: float, periods: int) -> dict[str, Any]:
    return {
        "AlarmName": f"TargetTracking-{policy['ResourceId']}-{kind}-{uuid.uuid4()}",
        "AlarmDescription": f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy['PolicyARN']}.",
        "AlarmActions": [policy["PolicyARN"]],
        "ComparisonOperator": comparison,
        "EvaluationPeriods": periods,
        "Threshold": threshold,
    }


def _metric(resource: str, tracking: Body) -> dict[str, Any]:
    """What the alarms look at: a metric AWS has a name for, one of the caller's, or a sum of several."""
    if custom := tracking.get("CustomizedMetricSpecification"):
        return _customized(custom)
    endpoint, variant = split(resource)
    kind = tracking["PredefinedMetricSpecification"]["PredefinedMetricType"]
    if kind not in METRICS:
        raise ServiceError("ValidationException", f"{kind} does not scale variants; use one of {', '.join(METRICS)}.")
    name, statistic, period = METRICS[kind]
    dimensions = [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": variant}]
    named = {"Namespace": "AWS/SageMaker", "MetricName": name, "Dimensions": dimensions}
    return {**named, "Statistic": statistic, "Period": period}


def _customized(custom: Body) -> dict[str, Any]:
    if queries := custom.get("Metrics"):
        return {"Metrics": [_query(query) for query in queries]}
    kept: dict[str, Any] = {
        key: custom[key] for key in ("Namespace", "MetricName", "Statistic", "Unit") if key in custom
    }
    return {**kept, "Dimensions": custom.get("Dimensions") or [], "Period": 60}


def _query(query: Body) -> dict[str, Any]:
    stat = {"MetricStat": {**query["MetricStat"], "Period": 60}} if "MetricStat" in query else {}
    return {**query, **stat, "ReturnData": query.get("ReturnData", True)}
