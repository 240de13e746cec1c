"""What stands is listed from the services' own state, so that a destroy can be held to its word."""

from __future__ import annotations

import importlib
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ministack.core.responses import AccountRegionScopedDict, AccountScopedDict
from tests.localaws.helpers import Gateway, running_gateway, trust

from localaws.gateway.inventory import MADE_BY_AWS, NOT_RESOURCES, _stands

ACCOUNT = "222222222222"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway of its own, for another account: nobody else makes anything in it."""
    folder: Path = tmp_path_factory.mktemp("inventory")
    with running_gateway(folder, ACCOUNT) as running:
        yield running


def inventory(gateway: Gateway) -> dict[str, dict[str, list[str]]]:
    """Service, kind, names."""
    with urllib.request.urlopen(f"{gateway.url}/_localaws/inventory", timeout=5) as answer:
        page: dict[str, dict[str, list[str]]] = json.load(answer)
        return page


def test_an_account_at_its_start_is_empty(empty: Gateway) -> None:
    """The default VPC and the like are no leftovers."""
    empty.client("ec2").describe_vpcs()
    empty.client("events").list_rules()
    empty.client("scheduler").list_schedules()

    assert inventory(empty) == {}


def test_what_is_made_is_listed_and_what_is_deleted_is_not(empty: Gateway) -> None:
    """Of the emulator's services and of ours alike."""
    removers = make_one_of_each(empty)

    found = inventory(empty)

    assert found["s3"]["buckets"] == ["left-behind"]
    assert found["iam"]["roles"] == ["left-behind"]
    assert found["ssm"]["parameters"] == ["/left/behind"]
    assert found["sqs"]["queues"] and found["logs"]["log_groups"] == ["/left/behind"]
    assert found["sagemaker"] == {"ModelPackageGroup": ["left-behind"]}
    assert {"codeconnections", "ce", "emr-serverless", "kms", "sns", "ec2", "glue"} <= found.keys()
    for remove in removers:
        remove()
    assert inventory(empty) == {}


@pytest.mark.parametrize("store", [*NOT_RESOURCES, *MADE_BY_AWS])
def test_what_is_not_counted_is_a_store_of_the_emulator(store: str) -> None:
    """An entry that names nothing any more would sooner or later hide something."""
    module, name = store.split(".")

    found = getattr(importlib.import_module(f"ministack.services.{module}"), name)

    assert isinstance(found, AccountScopedDict | AccountRegionScopedDict)


@pytest.mark.parametrize(
    ("kept", "stands"),
    [
        ({"KeyState": "PendingDeletion"}, False), ({"State": "deleted"}, False), ([], False), ({}, False),
        ({"KeyState": "Enabled"}, True), ({"State": "available"}, True), ([1], True), ("text", True),
    ],
)  # fmt: skip
def test_what_waits_for_its_end_does_not_stand(kept: object, stands: bool) -> None:
    """AWS describes a deleted NAT for an hour, and a key for its whole waiting time."""
    assert _stands(kept) is stands


def make_one_of_each(gateway: Gateway) -> list[Any]:
    """One resource of several services; what removes them, in order."""
    s3, iam, ssm, sqs, logs, kms, sns, ec2, glue, connections, costs, emr, sagemaker = (
        gateway.client(name)
        for name in (
            "s3",
            "iam",
            "ssm",
            "sqs",
            "logs",
            "kms",
            "sns",
            "ec2",
            "glue",
            "codeconnections",
            "ce",
            "emr-serverless",
            "sagemaker",
        )
    )
    s3.create_bucket(Bucket="left-behind")
    s3.put_object(Bucket="left-behind", Key="x", Body=b"x")
    iam.create_role(RoleName="left-behind", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    ssm.put_parameter(Name="/left/behind", Value="1", Type="String")
    queue = sqs.create_queue(QueueName="left-behind")["QueueUrl"]
    logs.create_log_group(logGroupName="/left/behind")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    topic = sns.create_topic(Name="left-behind")["TopicArn"]
    vpc = ec2.create_vpc(CidrBlock="10.3.0.0/16")["Vpc"]["VpcId"]
    glue.create_database(DatabaseInput={"Name": "left_behind"})
    connection = connections.create_connection(ConnectionName="left", ProviderType="GitHub")["ConnectionArn"]
    dimensional = {"MonitorName": "m", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"}
    monitor = costs.create_anomaly_monitor(AnomalyMonitor=dimensional)["MonitorArn"]
    spark = emr.create_application(type="SPARK", releaseLabel="emr-7.5.0")["applicationId"]
    sagemaker.create_model_package_group(ModelPackageGroupName="left-behind")
    return [
        lambda: s3.delete_object(Bucket="left-behind", Key="x"),
        lambda: s3.delete_bucket(Bucket="left-behind"),
        lambda: iam.delete_role(RoleName="left-behind"),
        lambda: ssm.delete_parameter(Name="/left/behind"),
        lambda: sqs.delete_queue(QueueUrl=queue),
        lambda: logs.delete_log_group(logGroupName="/left/behind"),
        lambda: kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7),
        lambda: sns.delete_topic(TopicArn=topic),
        lambda: ec2.delete_vpc(VpcId=vpc),
        lambda: glue.delete_database(Name="left_behind"),
        lambda: connections.delete_connection(ConnectionArn=connection),
        lambda: costs.delete_anomaly_monitor(MonitorArn=monitor),
        lambda: emr.delete_application(applicationId=spark),
        lambda: sagemaker.delete_model_package_group(ModelPackageGroupName="left-behind"),
    ]
