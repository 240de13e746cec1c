"""What the account itself tells, asked of clients that answer as AWS does."""

from __future__ import annotations

import copy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from tests.shipping.doctor import good

from shipping import connections
from shipping.doctor import live, quotas
from shipping.doctor.account_at_hand import Account
from shipping.doctor.findings import Finding, Severity

QUOTAS = {
    "airflow": {"Environments per account per Region": 10},
    "ec2": {"EC2-VPC Elastic IPs": 5},
    "sagemaker": {
        "ml.m5.large for endpoint usage": 4,
        "ml.m5.large for processing job usage": 4,
        "ml.m5.large for training job usage": 4,
    },
    "vpc": {"Internet gateways per Region": 5, "NAT gateways per Availability Zone": 5, "VPCs per Region": 5},
}


def problem(code: str, status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Ask"
    )


class Pages:
    """A paginator over answers that are all there at once."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def paginate(self, **asked: Any) -> list[dict[str, Any]]:
        return [self.answer(**asked)]


class Client:
    """A client whose answers are values, functions, or problems to be raised."""

    class NoSuchEntity(ClientError):
        """What IAM answers for a role that is not there."""

    class NoRepository(ClientError):
        """What ECR answers before the first apply."""

    class NoImage(ClientError):
        """What ECR answers for a tag that is not there."""

    exceptions = SimpleNamespace(
        NoSuchEntityException=NoSuchEntity, RepositoryNotFoundException=NoRepository, ImageNotFoundException=NoImage
    )

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers

    def __getattr__(self, call: str) -> Any:
        def answer(**asked: Any) -> Any:
            found = self.answers[call]
            if isinstance(found, Exception):
                raise found
            return found(**asked) if callable(found) else found

        return answer

    def get_paginator(self, call: str) -> Pages:
        return Pages(getattr(self, call))


def no_role(**_: Any) -> None:
    raise Client.NoSuchEntity({"Error": {"Code": "NoSuchEntity"}}, "GetRole")


def zone(letter: str, state: str = "available", opted: str = "opt-in-not-required") -> dict[str, str]:
    return {"ZoneName": f"us-east-1{letter}", "State": state, "OptInStatus": opted, "ZoneType": "availability-zone"}


def image(media_type: str) -> dict[str, Any]:
    return {"imageDetails": [{"imageManifestMediaType": media_type}]}


DOCKER = "application/vnd.docker.distribution.manifest.v2+json"
NO_IMAGE = Client.NoImage({"Error": {"Code": "ImageNotFoundException"}}, "DescribeImages")
NO_REPOSITORY = Client.NoRepository({"Error": {"Code": "RepositoryNotFoundException"}}, "DescribeImages")
CLOSED = ClientError(
    {"Error": {"Code": "AccessDeniedException", "Message": "User not enabled for cost explorer access"}}, "Ask"
)


def healthy() -> dict[str, dict[str, Any]]:
    """The answers of a new account in which nothing is in the way."""
    tag = {"TagKey": "Environment", "Status": "Active", "Type": "UserDefined"}
    connection = {"ConnectionName": "stockcast-github", "ConnectionArn": "c", "ConnectionStatus": "AVAILABLE"}
    return {
        "ce": {"get_anomaly_monitors": {}, "list_cost_allocation_tags": {"CostAllocationTags": [tag]}},
        "codeconnections": {"list_connections": {"Connections": [connection]}},
        "ec2": {
            "describe_addresses": {"Addresses": []},
            "describe_availability_zones": {"AvailabilityZones": [zone("a"), zone("b")]},
            "describe_internet_gateways": {"InternetGateways": []},
            "describe_nat_gateways": {"NatGateways": []},
            "describe_regions": {"Regions": [{"RegionName": "us-east-1", "OptInStatus": "opt-in-not-required"}]},
            "describe_subnets": {"Subnets": [{"SubnetId": "s", "AvailabilityZone": "us-east-1a"}]},
            "describe_vpcs": {"Vpcs": [{"VpcId": "default"}]},
        },
        "ecr": {"describe_images": image(DOCKER)},
        "iam": {"get_role": lambda RoleName: {} if RoleName.startswith("AWSServiceRole") else no_role()},
        "lambda": {"get_account_settings": {"AccountLimit": {"UnreservedConcurrentExecutions": 10}}},
        "logs": {"describe_log_groups": {"logGroups": []}},
        "mwaa": {"list_environments": {"Environments": []}},
        "s3": {"head_bucket": problem("404", 404)},
        "service-quotas": {
            "list_service_quotas": lambda ServiceCode: {
                "Quotas": [{"QuotaName": name, "Value": value} for name, value in QUOTAS[ServiceCode].items()]
            }
        },
        "sns": {"list_subscriptions_by_topic": {"Subscriptions": []}},
        "sts": {"get_caller_identity": {"Account": good.ACCOUNT, "Arn": "arn:aws:iam::111111111111:user/me"}},
    }  # fmt: skip


@pytest.fixture
def resources(tmp_path: Path) -> dict[str, dict[str, Any]]:
    """The good environment, all of it yet to be made."""
    found = copy.deepcopy(good.shown(tmp_path))
    for values in found.values():
        values.setdefault("actions", ["create"])
    found["aws_eip.nat"] = {"actions": ["create"]}
    found["aws_ce_anomaly_monitor.this"] = {"actions": ["create"]}
    for name in ("jobs", "serving"):
        value = f"111111111111.dkr.ecr.us-east-1.amazonaws.com/stockcast-dev-{name}:0.1.0"
        setting = {"name": f"/stockcast/dev/{name}_image", "value": value, "actions": ["create"]}
        found[f'aws_ssm_parameter.this["{name}_image"]'] = setting
    return found


def findings(resources: dict[str, dict[str, Any]], answers: dict[str, dict[str, Any]]) -> list[Finding]:
    plan = good.plan(resources, Path())
    found = live.check_all(Account(plan, lambda service: Client(answers[service])))
    return [one for one in found if "cannot be asked" not in one.value]  # which nothing in an account can mend


def test_a_new_account_with_nothing_in_the_way_has_no_finding(resources: dict[str, dict[str, Any]]) -> None:
    """A false alarm before the first apply sends people to support for nothing."""
    assert findings(resources, healthy()) == []


@pytest.mark.parametrize(
    ("service", "call", "answer", "severity", "told"),
    [
        ("sts", "get_caller_identity", {"Account": "222222222222", "Arn": "me"}, Severity.ERROR, "222222222222 as me"),
        ("ec2", "describe_vpcs", {"Vpcs": [{}] * 5}, Severity.ERROR, "5 of 5, and the plan makes 1 more"),
        ("ec2", "describe_addresses", {"Addresses": [{}] * 5}, Severity.ERROR, "5 of 5"),
        ("ec2", "describe_nat_gateways", {"NatGateways": [{"SubnetId": "s"}] * 5}, Severity.ERROR, "5 of 5"),
        ("ec2", "describe_internet_gateways", {"InternetGateways": [{}] * 5}, Severity.ERROR, "5 of 5"),
        ("mwaa", "list_environments", {"Environments": ["a"] * 10}, Severity.ERROR, "10 of 10"),
        ("ec2", "describe_regions", {"Regions": [{"OptInStatus": "not-opted-in"}]}, Severity.ERROR, "which is off"),
        ("s3", "head_bucket", {}, Severity.ERROR, "this account, though not in this environment's state"),
        ("s3", "head_bucket", problem("403", 403), Severity.ERROR, "somebody else"),
        ("s3", "head_bucket", problem("301", 301), Severity.UNCHECKED, "HeadBucket answers 301"),
        ("iam", "get_role", {}, Severity.ERROR, "which exists and is not in this environment's state"),
        ("iam", "get_role", no_role, Severity.WARNING, "without AWSServiceRoleForAmazonMWAA"),
        ("logs", "describe_log_groups",
         lambda logGroupNamePrefix: {"logGroups": [{"logGroupName": logGroupNamePrefix}]},
         Severity.ERROR, "airflow-stockcast-dev-airflow-Task"),
        ("codeconnections", "list_connections",
         {"Connections": [{"ConnectionName": "stockcast-github", "ConnectionArn": "c", "ConnectionStatus": "PENDING"}]},
         Severity.WARNING, "PENDING"),
        ("codeconnections", "list_connections", {"Connections": []}, Severity.WARNING, "make bootstrap"),
        ("codeconnections", "list_connections",
         {"Connections": [{"ConnectionName": "stockcast-x", "ConnectionArn": "c", "ConnectionStatus": "AVAILABLE"}]},
         Severity.WARNING, "no connection is named stockcast-github"),
        ("ec2", "describe_availability_zones", {"AvailabilityZones": [zone("b"), zone("c")]},
         Severity.ERROR, "Choose network.zones from b, c."),
        ("ec2", "describe_availability_zones", {"AvailabilityZones": [zone("a", "impaired"), zone("b")]},
         Severity.ERROR, "us-east-1a"),
        ("ec2", "describe_availability_zones", {"AvailabilityZones": [zone("a"), zone("b", opted="not-opted-in")]},
         Severity.ERROR, "us-east-1b"),
        ("ce", "get_anomaly_monitors", CLOSED, Severity.ERROR, "Open Billing > Cost Explorer once"),
        ("ce", "get_anomaly_monitors", problem("DataUnavailableException"), Severity.ERROR, "wait a day"),
        ("ce", "get_anomaly_monitors", problem("AccessDeniedException"), Severity.UNCHECKED, "Cost Explorer"),
        ("ecr", "describe_images", NO_IMAGE, Severity.WARNING, "make images"),
        ("ecr", "describe_images", image("application/vnd.oci.image.index.v1+json"), Severity.ERROR, "oci-mediatypes"),
        ("sns", "list_subscriptions_by_topic",
         {"Subscriptions": [
             {"SubscriptionArn": "PendingConfirmation", "Endpoint": "on-call@example.com", "Protocol": "email"},
         ]},
         Severity.WARNING, "not yet heard by on-call@example.com"),
        ("ce", "list_cost_allocation_tags", {"CostAllocationTags": []}, Severity.WARNING, "unknown to billing"),
    ],
)  # fmt: skip
def test_what_is_in_the_way_is_found(
    resources: dict[str, dict[str, Any]], service: str, call: str, answer: Any, severity: Severity, told: str
) -> None:
    """Otherwise the apply finds it, half way."""
    answers = healthy()
    answers[service][call] = answer

    found = findings(resources, answers)

    assert [one for one in found if one.severity is severity and told in str(one)], found


@pytest.mark.parametrize("refusal", [problem("AccessDenied", 403), EndpointConnectionError(endpoint_url="https://x")])
def test_a_question_that_is_refused_is_told_and_the_others_are_asked(
    resources: dict[str, dict[str, Any]], refusal: Exception
) -> None:
    """A check that could not look must never pass for a good sign."""
    answers = healthy()
    answers["ec2"]["describe_vpcs"] = refusal
    answers["ce"]["list_cost_allocation_tags"] = {"CostAllocationTags": []}

    found = findings(resources, answers)

    assert [one.address for one in found if one.severity is Severity.UNCHECKED] == ["the quota VPCs per Region"]
    assert [one.address for one in found if one.severity is Severity.WARNING] == ["ce"]


@pytest.mark.parametrize("name", sorted(QUOTAS["sagemaker"]))
def test_a_machine_that_the_account_may_not_run_is_found(
    resources: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """New accounts start at 0 for many types, and the first training would fail at night."""
    monkeypatch.setitem(QUOTAS, "sagemaker", {**QUOTAS["sagemaker"], name: 0})

    assert any(f"0 of {name}" in str(one) for one in findings(resources, healthy()))


def test_a_quota_that_nobody_knows_is_told(
    resources: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS renames quotas; then a person has to look."""
    monkeypatch.setitem(QUOTAS, "vpc", {})

    unchecked = [one.rule for one in findings(resources, healthy()) if one.severity is Severity.UNCHECKED]

    assert "the limit VPCs per Region is high enough" in unchecked


def test_a_reservation_that_leaves_too_little_is_found(resources: dict[str, dict[str, Any]]) -> None:
    """A new account has ten executions at once in all, and Lambda keeps ten unreserved."""
    resources["aws_lambda_function.ingest"]["reserved_concurrent_executions"] = 1

    assert any("10 unreserved, and the plan reserves 1" in str(one) for one in findings(resources, healthy()))


def test_a_region_without_airflow_is_found(resources: dict[str, dict[str, Any]]) -> None:
    """Everything else would stand before MWAA's address turns out not to exist."""
    plan = good.plan(resources, Path())
    plan.variables["region"] = "mx-central-1"

    found = list(live.region_offers_the_services(Account(plan, lambda service: Client({}))))

    assert "mwaa" in [one.address for one in found]


def test_what_stands_already_needs_no_more_room(resources: dict[str, dict[str, Any]]) -> None:
    """A full account must be able to change what it has."""
    for values in resources.values():
        values["actions"] = ["no-op"]
    answers = healthy()
    answers["ec2"]["describe_vpcs"] = {"Vpcs": [{}] * 5}
    account = Account(good.plan(resources, Path()), lambda service: Client(answers[service]))

    assert list(quotas.room_for(account, quotas.COUNTED[0])) == []


def test_an_endpoint_needs_room_for_all_it_may_scale_to(resources: dict[str, dict[str, Any]]) -> None:
    """A blue/green update of a scaled endpoint doubles what it scaled to."""
    scaling = {"name": "/stockcast/dev/endpoint_scaling", "value": '{"MaxCapacity": 3}', "actions": ["create"]}
    resources['aws_ssm_parameter.this["endpoint_scaling"]'] = scaling

    assert any("4 of ml.m5.large for endpoint usage" in str(one) for one in findings(resources, healthy()))


def test_what_cannot_be_asked_about_airflow_is_told(resources: dict[str, dict[str, Any]]) -> None:
    """Silence would pass for a region that offers it."""
    account = Account(good.plan(resources, Path()), lambda service: Client({}))

    told = list(live.airflow_version_is_offered(account))

    assert [one.severity for one in told] == [Severity.UNCHECKED]
    assert "whether us-east-1 offers Airflow 3.0.6 cannot be asked" in told[0].value


def test_no_repository_is_nothing_to_tell(resources: dict[str, dict[str, Any]]) -> None:
    """Before the first apply nobody can have pushed."""
    answers = healthy()
    answers["ecr"]["describe_images"] = NO_REPOSITORY

    assert findings(resources, answers) == []


def test_a_connection_on_a_later_page_is_seen(resources: dict[str, dict[str, Any]]) -> None:
    """An account may have many."""
    ours = {"ConnectionName": "stockcast-github", "ConnectionArn": "c", "ConnectionStatus": "AVAILABLE"}
    answers = healthy()
    answers["codeconnections"]["list_connections"] = lambda NextToken="": (
        {"Connections": [ours]} if NextToken else {"Connections": [], "NextToken": "more"}
    )

    assert findings(resources, answers) == []


def test_an_account_without_pipelines_wants_no_connection(tmp_path: Path) -> None:
    """The values say null then."""
    (tmp_path / "bootstrap.tfvars").write_text("connection = null\n")

    assert connections.wanted(connections.values_file("account")) == "stockcast-github"
    assert connections.wanted(tmp_path / "bootstrap.tfvars") is None
