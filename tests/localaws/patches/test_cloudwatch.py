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
