"""CloudWatch over the protocol that Terraform speaks."""

from __future__ import annotations

import http.client
from urllib.parse import urlencode

import botocore.auth
import botocore.awsrequest
import botocore.credentials
from tests.localaws.helpers import Gateway


def query(gateway: Gateway, action: str, **parameters: str) -> str:
    """Speak CloudWatch's Query protocol, as Terraform does; the XML."""
    body = urlencode({"Action": action, "Version": "2010-08-01", **parameters})
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    request = botocore.awsrequest.AWSRequest("POST", f"{gateway.url}/", headers, body)
    keys = botocore.credentials.Credentials("test", "test")
    botocore.auth.SigV4Auth(keys, "monitoring", "us-east-1").add_auth(request)
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)
    connection.request("POST", "/", body, dict(request.headers.items()))
    answer = connection.getresponse()
    text = answer.read().decode()
    assert answer.status == 200, text
    return text


def test_an_alarm_is_described_whole(gateway: Gateway) -> None:
    """Period, statistic, dimensions and actions were left out."""
    query(
        gateway, "PutMetricAlarm", AlarmName="errors", Namespace="AWS/Lambda", MetricName="Errors", Statistic="Sum",
        Period="60", EvaluationPeriods="1", Threshold="0", ComparisonOperator="GreaterThanThreshold",
        **{
            "Dimensions.member.1.Name": "FunctionName", "Dimensions.member.1.Value": "ingest",
            "AlarmActions.member.1": "arn:aws:sns:us-east-1:123456789012:alerts",
        },
    )  # fmt: skip

    described = query(gateway, "DescribeAlarms", **{"AlarmNames.member.1": "errors"})

    for part in (
        "<Period>60</Period>",
        "<Statistic>Sum</Statistic>",
        "<Dimensions><member><Name>FunctionName</Name><Value>ingest</Value></member></Dimensions>",
        "<AlarmActions><member>arn:aws:sns:us-east-1:123456789012:alerts</member></AlarmActions>",
    ):
        assert part in described


def test_an_alarm_keeps_its_metric_math(gateway: Gateway) -> None:
    """Expressions were dropped."""
    metric = "Metrics.member.2.MetricStat"
    query(
        gateway, "PutMetricAlarm", AlarmName="rate", EvaluationPeriods="1", Threshold="5",
        ComparisonOperator="GreaterThanThreshold",
        **{
            "Metrics.member.1.Id": "rate", "Metrics.member.1.Expression": "100 * errors",
            "Metrics.member.1.ReturnData": "true", "Metrics.member.2.Id": "errors",
            "Metrics.member.2.ReturnData": "false", f"{metric}.Stat": "Sum", f"{metric}.Period": "60",
            f"{metric}.Metric.Namespace": "AWS/Lambda", f"{metric}.Metric.MetricName": "Errors",
            f"{metric}.Metric.Dimensions.member.1.Name": "FunctionName",
            f"{metric}.Metric.Dimensions.member.1.Value": "ingest",
        },
    )  # fmt: skip

    described = query(gateway, "DescribeAlarms", **{"AlarmNames.member.1": "rate"})

    assert "<Expression>100 * errors</Expression>" in described
    assert "<MetricName>Errors</MetricName><Dimensions><member><Name>FunctionName</Name>" in described
    assert "<Statistic>" not in described


def test_a_percentile_alarm_has_no_statistic_beside_it(gateway: Gateway) -> None:
    """An average was invented, and what to do with few samples was dropped."""
    query(
        gateway, "PutMetricAlarm", AlarmName="latency", Namespace="AWS/SageMaker", MetricName="ModelLatency",
        ExtendedStatistic="p99", EvaluateLowSampleCountPercentile="ignore", Period="60", EvaluationPeriods="1",
        Threshold="5", ComparisonOperator="GreaterThanThreshold",
        **{"InsufficientDataActions.member.1": "arn:aws:sns:us-east-1:123456789012:alerts"},
    )  # fmt: skip

    described = query(gateway, "DescribeAlarms", **{"AlarmNames.member.1": "latency"})

    assert "<ExtendedStatistic>p99</ExtendedStatistic>" in described and "<Statistic>" not in described
    assert "<EvaluateLowSampleCountPercentile>ignore</EvaluateLowSampleCountPercentile>" in described
    assert "<InsufficientDataActions><member>arn:aws:sns" in described


def test_an_alarm_on_a_band_names_it_instead_of_a_threshold(gateway: Gateway) -> None:
    """The band's id was dropped, and a threshold of 0 stood in for it."""
    query(
        gateway, "PutMetricAlarm", AlarmName="band", EvaluationPeriods="1", ThresholdMetricId="band",
        ComparisonOperator="GreaterThanUpperThreshold",
        **{
            "Metrics.member.1.Id": "band", "Metrics.member.1.Expression": "ANOMALY_DETECTION_BAND(m, 2)",
            "Metrics.member.2.Id": "m", "Metrics.member.2.MetricStat.Stat": "p95",
            "Metrics.member.2.MetricStat.Unit": "Seconds", "Metrics.member.2.MetricStat.Metric.MetricName": "Duration",
            "Metrics.member.3.Id": "q", "Metrics.member.3.Expression": "SELECT SUM(x) FROM y",
            "Metrics.member.3.Period": "300", "Metrics.member.3.ReturnData": "false",
        },
    )  # fmt: skip

    described = query(gateway, "DescribeAlarms", **{"AlarmNames.member.1": "band"})

    assert "<ThresholdMetricId>band</ThresholdMetricId>" in described and "<Threshold>" not in described
    assert "<Unit>Seconds</Unit>" in described and "<Period>300</Period>" in described
    assert described.count("<ReturnData>true</ReturnData>") == 2


def test_an_alarm_by_boto3_keeps_its_metric_math(gateway: Gateway) -> None:
    """Scaling makes its alarms in the newer protocol."""
    metric = {"Namespace": "Toys", "MetricName": "Load", "Dimensions": []}
    queries = [
        {"Id": "twice", "Expression": "2 * load", "ReturnData": True},
        {"Id": "load", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}, "ReturnData": False},
    ]
    alarms = gateway.client("cloudwatch")

    alarms.put_metric_alarm(
        AlarmName="by-boto3", Metrics=queries, EvaluationPeriods=1, Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip

    [found] = alarms.describe_alarms(AlarmNames=["by-boto3"])["MetricAlarms"]
    assert [query["Id"] for query in found["Metrics"]] == ["twice", "load"]
    assert "Statistic" not in found and "MetricName" not in found


def test_a_composite_alarm_keeps_its_suppressor(gateway: Gateway) -> None:
    """One alarm that silences another during a deployment."""
    common = {"Namespace": "N", "MetricName": "M", "Statistic": "Sum", "Period": "60", "EvaluationPeriods": "1"}
    for name in ("loud", "deploying"):
        query(
            gateway,
            "PutMetricAlarm",
            AlarmName=name,
            Threshold="0",
            ComparisonOperator="GreaterThanThreshold",
            **common,
        )
    query(
        gateway, "PutCompositeAlarm", AlarmName="both", AlarmRule="ALARM(loud)", ActionsSuppressor="deploying",
        ActionsSuppressorExtensionPeriod="10", ActionsSuppressorWaitPeriod="20",
    )  # fmt: skip

    described = query(
        gateway, "DescribeAlarms", **{"AlarmNames.member.1": "both", "AlarmTypes.member.1": "CompositeAlarm"}
    )

    assert "<ActionsSuppressor>deploying</ActionsSuppressor>" in described
    assert "<ActionsSuppressorWaitPeriod>20</ActionsSuppressorWaitPeriod>" in described
