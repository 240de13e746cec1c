"""Cost anomalies: monitors, and who is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import ACCOUNT, Gateway, policy

BY_SERVICE = {"MonitorName": "services", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"}
OF_PROJECT = {
    "MonitorName": "project", "MonitorType": "CUSTOM",
    "MonitorSpecification": {"Tags": {"Key": "user:Project", "Values": ["toys"]}},
}  # fmt: skip
FROM_20_USD = {"Dimensions": {
    "Key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE", "MatchOptions": ["GREATER_THAN_OR_EQUAL"], "Values": ["20"]}}  # fmt: skip
BY_TOPIC = {"Type": "SNS", "Address": f"arn:aws:sns:us-east-1:{ACCOUNT}:alerts"}
BY_MAIL = {"Type": "EMAIL", "Address": "ops@example.com"}


@pytest.fixture
def costs(gateway: Gateway) -> Any:
    """Cost Explorer as root."""
    return gateway.client("ce")


@pytest.fixture
def monitor(costs: Any) -> Iterator[str]:
    """A monitor with a tag; its ARN."""
    tags = [{"Key": "Project", "Value": "toys"}]
    arn = costs.create_anomaly_monitor(AnomalyMonitor=OF_PROJECT, ResourceTags=tags)["MonitorArn"]
    yield arn
    costs.delete_anomaly_monitor(MonitorArn=arn)


def subscription(monitor: str, **changes: Any) -> dict[str, Any]:
    """Tell the topic at once of 20 USD and more."""
    asked = {
        "SubscriptionName": "anomalies", "MonitorArnList": [monitor], "Subscribers": [BY_TOPIC],
        "Frequency": "IMMEDIATE", "ThresholdExpression": FROM_20_USD,
    }  # fmt: skip
    return {key: value for key, value in {**asked, **changes}.items() if value is not None}


def test_a_monitor_is_kept_as_it_was_asked_for(costs: Any, monitor: str) -> None:
    """Terraform reads it back and compares."""
    costs.update_anomaly_monitor(MonitorArn=monitor, MonitorName="renamed")

    [found] = costs.get_anomaly_monitors(MonitorArnList=[monitor])["AnomalyMonitors"]

    assert found["MonitorName"] == "renamed"
    assert found["MonitorSpecification"] == OF_PROJECT["MonitorSpecification"]
    assert costs.list_tags_for_resource(ResourceArn=monitor)["ResourceTags"] == [{"Key": "Project", "Value": "toys"}]


def test_a_subscription_is_kept_and_can_change(costs: Any, monitor: str) -> None:
    """Who is told must be who was named."""
    arn = costs.create_anomaly_subscription(AnomalySubscription=subscription(monitor))["SubscriptionArn"]

    costs.update_anomaly_subscription(SubscriptionArn=arn, Frequency="DAILY", Subscribers=[BY_MAIL])

    [found] = costs.get_anomaly_subscriptions(MonitorArn=monitor)["AnomalySubscriptions"]
    assert found["Subscribers"] == [{**BY_MAIL, "Status": "CONFIRMED"}]
    assert (found["Frequency"], found["ThresholdExpression"], found["AccountId"]) == ("DAILY", FROM_20_USD, ACCOUNT)
    costs.tag_resource(ResourceArn=arn, ResourceTags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    costs.untag_resource(ResourceArn=arn, ResourceTagKeys=["a"])
    assert costs.list_tags_for_resource(ResourceArn=arn)["ResourceTags"] == [{"Key": "b", "Value": "2"}]
    costs.delete_anomaly_subscription(SubscriptionArn=arn)
    assert costs.get_anomaly_subscriptions(MonitorArn=monitor)["AnomalySubscriptions"] == []


def test_an_account_has_one_monitor_of_all_services(costs: Any) -> None:
    """A second environment in the same account fails on AWS, so it has to fail here."""
    arn = costs.create_anomaly_monitor(AnomalyMonitor=BY_SERVICE)["MonitorArn"]

    with pytest.raises(ClientError, match="Limit exceeded on dimensional spend monitor creation"):
        costs.create_anomaly_monitor(AnomalyMonitor={**BY_SERVICE, "MonitorName": "again"})

    costs.delete_anomaly_monitor(MonitorArn=arn)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Frequency": "DAILY"}, "DAILY frequency only supports EMAIL"),
        ({"Subscribers": [BY_MAIL]}, "IMMEDIATE frequency only supports SNS"),
        ({"Threshold": 20.0}, "both Threshold and ThresholdExpression"),
        ({"ThresholdExpression": None}, "One of Threshold and ThresholdExpression"),
        ({"MonitorArnList": [f"arn:aws:ce::{ACCOUNT}:anomalymonitor/none"]}, "UnknownMonitorException"),
    ],
)
def test_a_subscription_that_aws_refuses_is_refused(
    costs: Any, monitor: str, changes: dict[str, Any], words: str
) -> None:
    """Each is a value that looks right."""
    with pytest.raises(ClientError, match=words):
        costs.create_anomaly_subscription(AnomalySubscription=subscription(monitor, **changes))


def test_a_monitor_without_what_it_monitors_is_refused(costs: Any) -> None:
    with pytest.raises(ClientError, match="takes a MonitorDimension"):
        costs.create_anomaly_monitor(AnomalyMonitor={"MonitorName": "m", "MonitorType": "DIMENSIONAL"})


def test_costs_are_closed_to_whoever_has_no_right(monitor: str, make_user: Callable[..., Any]) -> None:
    """One statement in a role opens them."""
    costs = make_user("accountant", policy(("ce:GetAnomalyMonitors", "*")))("ce")

    assert costs.get_anomaly_monitors()["AnomalyMonitors"]
    with pytest.raises(ClientError, match="ce:DeleteAnomalyMonitor"):
        costs.delete_anomaly_monitor(MonitorArn=monitor)
