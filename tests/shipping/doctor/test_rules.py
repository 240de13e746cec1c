"""Each rule finds what it is for: a good environment has no finding, and every way of spoiling it has one."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from tests.shipping.doctor import good

from shipping.doctor import rules
from shipping.doctor.findings import Severity
from shipping.doctor.plan import Plan
from shipping.doctor.rules.airflow_network import ENDPOINTS

ENVIRONMENT = "aws_mwaa_environment.this"
AIRFLOW_ROLE, AIRFLOW_POLICY = "aws_iam_role.airflow", "aws_iam_role_policy.airflow"
TRAIN_ROLE, TRAIN_POLICY = "aws_iam_role.train", "aws_iam_role_policy.train"
INGEST = "aws_lambda_function.ingest"
KEY = "aws_kms_key.this"
ALARM = "aws_cloudwatch_metric_alarm.errors"

Shown = dict[str, dict[str, Any]]


def spoil(resources: Shown, address: str, path: str = "", value: Any = None) -> None:
    """Set one value of a resource, or take the whole resource away."""
    if not path:
        del resources[address]
        return
    *way, last = path.split(".")
    place: Any = resources[address]
    for part in way:
        place = place[int(part)] if part.isdigit() else place[part]
    place[int(last) if last.isdigit() else last] = value


def without(resources: Shown, address: str, *actions: str) -> None:
    """Take actions out of a policy, or whole statements where nothing is left of them."""
    document = json.loads(resources[address]["policy"])
    for statement in document["Statement"]:
        given = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        statement["Action"] = [action for action in given if action not in actions]
    document["Statement"] = [statement for statement in document["Statement"] if statement["Action"]]
    resources[address]["policy"] = json.dumps(document)


def also(resources: Shown, address: str, **statement: Any) -> None:
    """Add a statement to a policy."""
    document = json.loads(resources[address]["policy"])
    document["Statement"].append({"Effect": "Allow", "Resource": "*", **statement})
    resources[address]["policy"] = json.dumps(document)


# The way of spoiling, and what a finding must say: where it is, and a part of value or rule.
SET: list[tuple[str, str, Any, str, str]] = [
    (ENVIRONMENT, "name", "1-airflow", ENVIRONMENT, "begins with a letter"),
    (ENVIRONMENT, "airflow_version", "2.10.1", ENVIRONMENT, "MWAA offers Airflow"),
    (ENVIRONMENT, "environment_class", "mw1.tiny", ENVIRONMENT, "an environment's class is one of"),
    (ENVIRONMENT, "schedulers", 2, ENVIRONMENT, "mw1.micro takes 1 to 1 of schedulers"),
    (ENVIRONMENT, "max_workers", 5, ENVIRONMENT, "mw1.micro takes 1 to 1 of max_workers"),
    (ENVIRONMENT, "kms_key", "", ENVIRONMENT, "under the same key"),
    (ENVIRONMENT, "requirements_s3_object_version", "", ENVIRONMENT, "or a new one is ignored"),
    (ENVIRONMENT, "requirements_s3_path", "", ENVIRONMENT, "without requirements_s3_path"),
    (ENVIRONMENT, "endpoint_management", "CUSTOMER", ENVIRONMENT, "waits for ours"),
    (ENVIRONMENT, "endpoint_management", "NOBODY", ENVIRONMENT, "it is one of CUSTOMER, SERVICE"),
    (ENVIRONMENT, "network_configuration.0.subnet_ids", ["subnet-a"], ENVIRONMENT, "exactly two subnets"),
    (ENVIRONMENT, "network_configuration.0.subnet_ids", ["subnet-a", "subnet-p"], ENVIRONMENT, "internet gateway"),
    (ENVIRONMENT, "webserver_access_mode", "OPEN", ENVIRONMENT, "PRIVATE_ONLY"),
    ("aws_cloudwatch_log_group.task", "name", "airflow-other-Task", "aws_cloudwatch_log_group.task", "nobody writes"),
    ("aws_cloudwatch_log_group.task", "retention_in_days", 31, "aws_cloudwatch_log_group.task", "keeps for one of"),
    ("aws_subnet.b", "availability_zone", "us-east-1a", ENVIRONMENT, "in two zones"),
    ("aws_subnet.b", "cidr_block", "10.20.0.0/29", "aws_subnet.b", "between /16 and /28"),
    ("aws_route.a", "nat_gateway_id", "", ENVIRONMENT, "no NAT and no endpoint"),
    ("aws_nat_gateway.this", "subnet_id", "subnet-a", "aws_nat_gateway.this", "a NAT stands in a subnet"),
    ("aws_vpc.this", "enable_dns_hostnames", False, "aws_vpc.this", "DNS"),
    ("aws_vpc_security_group_ingress_rule.own", "ip_protocol", "tcp", "aws_security_group.airflow", "from itself"),
    ("aws_vpc_security_group_egress_rule.out", "cidr_ipv4", "10.0.0.0/8", "aws_security_group.airflow", "outwards"),
    ("aws_vpc_security_group_egress_rule.out", "description", "naïve",
     "aws_vpc_security_group_egress_rule.out", "plain"),
    ("aws_s3_bucket.airflow", "bucket", "Stockcast", "aws_s3_bucket.airflow", "a bucket's name"),
    ("aws_s3_bucket.airflow", "bucket", "stockcast-s3alias", "aws_s3_bucket.airflow", "a bucket's name"),
    ("aws_s3_bucket_versioning.airflow", "versioning_configuration.0.status", "Suspended",
     "aws_s3_bucket.airflow", "is versioned"),
    ("aws_s3_bucket_versioning.airflow", "versioning_configuration.0.status", "On",
     "aws_s3_bucket_versioning.airflow", "it is one of Enabled"),
    ("aws_s3_bucket_server_side_encryption_configuration.airflow",
     "rule.0.apply_server_side_encryption_by_default.0.kms_master_key_id", "", ENVIRONMENT, "under the same key"),
    ("aws_s3_bucket_server_side_encryption_configuration.logs", "rule.0.apply_server_side_encryption_by_default.0",
     {"sse_algorithm": "aws:kms", "kms_master_key_id": good.KEY}, "aws_s3_bucket.logs", "cannot use our key"),
    ("aws_s3_bucket_public_access_block.logs", "block_public_acls", False, "aws_s3_bucket.logs", "all four public"),
    (KEY, "enable_key_rotation", False, KEY, "renewed each year"),
    ("aws_sns_topic.this", "name", "a topic", "aws_sns_topic.this", "a topic's name"),
    ("aws_sns_topic_subscription.mail", "endpoint", "on-call", "aws_sns_topic_subscription.mail", "address that fits"),
    ("aws_sns_topic_subscription.mail", "protocol", "https", "aws_sns_topic_subscription.mail", "address that fits"),
    ("aws_sns_topic_subscription.mail", "protocol", "pigeon", "aws_sns_topic_subscription.mail", "it is one of"),
    (INGEST, "timeout", 901, INGEST, "Lambda's timeout is 1 to 900"),
    (INGEST, "memory_size", 64, INGEST, "Lambda's memory_size"),
    (INGEST, "reserved_concurrent_executions", -2, INGEST, "reserved_concurrent_executions"),
    (INGEST, "function_name", "f" * 65, INGEST, "65 characters"),
    (INGEST, "runtime", "python2.6", INGEST, "it is one of"),
    (INGEST, "environment.0.variables", {"A": "x" * 4096}, INGEST, "4097 bytes"),
    (INGEST, "environment.0.variables", {"AWS_REGION": "us-east-1"}, INGEST, "AWS_REGION"),
    (INGEST, "filename", "absent.zip", INGEST, "does not exist"),
    ("aws_scheduler_schedule.ingest", "state", "ON", "aws_scheduler_schedule.ingest", "it is one of ENABLED, DISABLED"),
    ("aws_scheduler_schedule.ingest", "schedule_expression", "cron(30 22 * * 1-5)", "aws_scheduler_schedule.ingest",
     "six fields"),
    ("aws_ecr_repository.jobs", "name", "Jobs", "aws_ecr_repository.jobs", "it matches"),
    ("aws_ecr_repository.jobs", "image_tag_mutability", "FIXED", "aws_ecr_repository.jobs", "it is one of"),
    ("aws_cloudwatch_metric_alarm.errors", "alarm_name", "other", 'aws_ssm_parameter.this["endpoint_deployment"]',
     "which this plan does not make"),
    (ALARM, "alarm_actions", ["arn:aws:sns:us-east-1:111111111111:other"], ALARM, "no topic of ours"),
    (ALARM, "evaluation_periods", 1441, ALARM, "looks back one day"),
    (ALARM, "period", 90, ALARM, "a multiple of 60"),
    (ALARM, "comparison_operator", "MoreThan", ALARM, "it is one of"),
    (ALARM, "treat_missing_data", "fine", ALARM, "it is one of breaching"),
    ("aws_sagemaker_endpoint_configuration.this", "actions", ["delete", "create"],
     "aws_sagemaker_endpoint_configuration.this", "deleted first"),
    ("aws_sagemaker_endpoint_configuration.this", "name", "stockcast-dev-config",
     "aws_sagemaker_endpoint_configuration.this", "named after its content"),
    ('aws_ssm_parameter.this["endpoint"]', "value", "e" * 64, 'aws_ssm_parameter.this["endpoint"]', "63"),
    ('aws_ssm_parameter.this["endpoint"]', "value", "", 'aws_ssm_parameter.this["endpoint"]', "1 to 4096"),
    ('aws_ssm_parameter.this["job_instance_type"]', "value", "ml.m5.tiny",
     'aws_ssm_parameter.this["job_instance_type"]', "it is one of"),
    ('aws_ssm_parameter.this["endpoint_deployment"]', "value",
     '{"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {"Type": "FAST", "WaitIntervalInSeconds": 1}}}',
     'aws_ssm_parameter.this["endpoint_deployment"]', "Type is FAST; it is one of"),
    ('aws_ssm_parameter.this["endpoint_deployment"]', "value", '{"BlueGreenUpdatePolicy": {"Colour": "red"}}',
     'aws_ssm_parameter.this["endpoint_deployment"]', "Colour is no member"),
    (TRAIN_ROLE, "name", "r" * 65, TRAIN_ROLE, "65"),
    (TRAIN_ROLE, "description", "wide – dash", TRAIN_ROLE, "it matches"),
    (TRAIN_ROLE, "tags_all", {"aws:mine": "x"}, TRAIN_ROLE, "a tag's key"),
    (TRAIN_ROLE, "tags_all", {"Note": "x" * 257}, TRAIN_ROLE, "a tag's value"),
    (TRAIN_ROLE, "assume_role_policy", good.trust("sagemaker.amazonaws.com"), TRAIN_ROLE, "for this account only"),
    (TRAIN_ROLE, "assume_role_policy",
     json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}),
     TRAIN_ROLE, "by no account and no user"),
    (TRAIN_ROLE, "assume_role_policy",
     json.dumps({"Statement": [{
         "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"}, "Action": "sts:AssumeRole",
         "Condition": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/stockcast-*"}}}]}),
     TRAIN_ROLE, "by no account and no user"),
    *(("aws_iam_role.review", "assume_role_policy", good.pull_requests(subject), "aws_iam_role.review", "by no account")
      for subject in ("repo:you/*:pull_request", "repo:you@*/stockcast@456:pull_request", "repo:you@x/stockcast:*")),
    (AIRFLOW_ROLE, "assume_role_policy", good.trust("airflow.amazonaws.com", condition=good.OURS), AIRFLOW_ROLE,
     "by no one else"),
    ("aws_iam_role.ingest", "assume_role_policy", good.trust("lambda.amazonaws.com", condition=good.OURS),
     "aws_iam_role.ingest", "does not send aws:SourceAccount"),
    ("aws_sqs_queue.failed", "arn", "arn:aws:sqs:us-east-1:222222222222:other", "aws_sqs_queue.failed", "ours is"),
    ("aws_sqs_queue.failed", "arn", "arn:aws:sqs:us-east-9:111111111111:other", "aws_sqs_queue.failed", "no region"),
    ("aws_sqs_queue.failed", "arn", "arn:aws:sqs", "aws_sqs_queue.failed", "arn:partition"),
    ("aws_sqs_queue.failed", "arn", "arn:amazon:sqs:us-east-1:111111111111:q", "aws_sqs_queue.failed", "no partition"),
    ("aws_s3_bucket.logs", "arn", "arn:aws:s3:us-east-1:111111111111:logs", "aws_s3_bucket.logs", "neither region"),
    (TRAIN_ROLE, "managed_policy_arns", ["arn:aws:iam::aws:policy/Everything"], TRAIN_ROLE, "no managed policy"),
]  # fmt: skip

GONE: list[tuple[str, str, str]] = [
    ("aws_s3_bucket_versioning.logs", "aws_s3_bucket.logs", "never said"),
    ("aws_s3_bucket_server_side_encryption_configuration.logs", "aws_s3_bucket.logs", "without an encryption rule"),
    ("aws_s3_bucket_public_access_block.airflow", "aws_s3_bucket.airflow", "all four public access blocks"),
    ("aws_s3_bucket_policy.airflow", "aws_s3_bucket.airflow", "lets plain http in"),
    ("aws_sns_topic_policy.this", "aws_sns_topic.this", "without aws_sns_topic_policy"),
    ("aws_route.a", ENVIRONMENT, "no NAT and no endpoint"),
    ("aws_vpc_security_group_ingress_rule.own", "aws_security_group.airflow", "from itself"),
]

# A role's policy, the actions taken out of it, and the role that then lacks them.
LACKING: list[tuple[str, tuple[str, ...], str]] = [
    *((AIRFLOW_POLICY, (action,), AIRFLOW_ROLE) for action in (
        "airflow:PublishMetrics", "s3:GetAccountPublicAccessBlock", "logs:DescribeLogGroups",
        "cloudwatch:PutMetricData", "s3:GetBucket*", "s3:GetObject*", "s3:List*", "kms:Decrypt", "kms:DescribeKey",
        "kms:Encrypt", "kms:GenerateDataKey*", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage",
        "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage", "sqs:SendMessage", "logs:CreateLogGroup",
        "logs:CreateLogStream", "logs:GetLogEvents", "logs:GetLogGroupFields", "logs:GetLogRecord",
        "logs:GetQueryResults", "logs:PutLogEvents", "s3:ListAllMyBuckets",
    )),
    *((TRAIN_POLICY, (action,), TRAIN_ROLE) for action in (
        "cloudwatch:PutMetricData", "ecr:GetAuthorizationToken", "logs:CreateLogGroup", "logs:CreateLogStream",
        "logs:PutLogEvents", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability",
        "kms:Decrypt",
    )),
    *(("aws_iam_role_policy.ingest", (action,), "aws_iam_role.ingest") for action in (
        "logs:CreateLogStream", "logs:PutLogEvents", "xray:PutTraceSegments", "xray:PutTelemetryRecords",
        "sqs:SendMessage", "kms:GenerateDataKey",
    )),
    *(("aws_iam_role_policy.schedule", (action,), "aws_iam_role.schedule") for action in (
        "lambda:InvokeFunction", "sqs:SendMessage", "kms:Decrypt",
    )),
    (KEY, ("kms:*",), KEY),
    *((KEY, (action,), KEY) for action in ("kms:Encrypt*", "kms:ReEncrypt*", "kms:Describe*", "kms:Decrypt")),
    ("aws_sns_topic_policy.this", ("sns:Publish",), "aws_sns_topic_policy.this"),
    ("aws_s3_bucket_policy.logs", ("s3:PutObject",), "aws_s3_bucket.logs"),
    ("aws_s3_bucket_policy.logs", ("s3:GetBucketAcl",), "aws_s3_bucket.logs"),
    *(("aws_iam_policy.state", (action,), "aws_iam_policy.state") for action in (
        "s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "kms:Decrypt", "kms:GenerateDataKey",
    )),
    *(("aws_iam_policy.planning", (action,), "aws_iam_policy.planning") for action in (
        "s3:PutObject", "s3:DeleteObject", "kms:GenerateDataKey",
    )),
    *((f"aws_iam_policy.{topic}", (action,), f"aws_iam_policy.{topic}") for topic in ("reading", "release")
      for action in ("s3:ListBucket", "s3:GetObject", "kms:Decrypt")),
]  # fmt: skip

STATE = good.STATE + "/dev/platform.tfstate"
ADDED: list[tuple[str, dict[str, Any], str]] = [
    (TRAIN_POLICY, {"Action": "*"}, "names the actions that it allows"),
    (TRAIN_POLICY, {"Action": ["s3:*"]}, "names the actions that it allows"),
    (TRAIN_POLICY, {"NotAction": "iam:*"}, "names the actions that it allows"),
    (TRAIN_POLICY, {"Action": ["s3:GetObjekt"]}, "one that IAM knows"),
    (TRAIN_POLICY, {"Action": ["simplestorage:GetObject"]}, "one that IAM knows"),
    (TRAIN_POLICY, {"Action": "iam:PassRole"}, "the service they are passed to"),
    (
        AIRFLOW_POLICY,
        {
            "Action": ["iam:PassRole"],
            "Resource": good.role_arn("stockcast-dev-train"),
            "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
        },
        "services that it trusts",
    ),
    (TRAIN_POLICY, {"Sid": "With-Dash", "Action": ["s3:GetObject"]}, "letters and digits"),
    (TRAIN_POLICY, {"Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::" + "x" * 10300}, "at most 10240"),
    ("aws_iam_policy.state", {"Action": ["s3:GetObject"], "Resource": f"{STATE}-{'x' * 6144}"}, "at most 6144"),
    ("aws_iam_policy.state", {"Action": ["s3:DeleteObject"], "Resource": STATE}, "writes or deletes a state"),
    (
        "aws_iam_policy.planning",
        {"Action": ["s3:PutObject"], "Resource": STATE},
        "s3:PutObject on dev/platform.tfstate",
    ),
    *(
        (
            f"aws_iam_policy.{topic}",
            {"Action": [action], "Resource": f"{STATE}{end}"},
            f"{action} on dev/platform.tfstate{end}",
        )
        for topic in ("reading", "release")
        for action in ("s3:DeleteObject", "s3:PutObject")
        for end in ("", ".tflock")
    ),
    (
        "aws_s3_bucket_policy.airflow",
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:PutObject"],
            "Condition": {"Null": {"s3:x-amz-server-side-encryption": "true"}},
        },
        "carry no encryption header",
    ),
    (
        "aws_sns_topic_policy.this",
        {"Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": ["sns:Publish"]},
        "for this account only",
    ),
    (
        KEY,
        {"Principal": {"Service": "logs.us-east-1.amazonaws.com"}, "Action": ["kms:Decrypt"]},
        "of this account only",
    ),
]


@pytest.fixture
def resources(tmp_path: Path) -> Shown:
    return copy.deepcopy(good.shown(tmp_path))


def found(resources: Shown, folder: Path) -> list[str]:
    return [str(finding) for finding in rules.check_all(good.plan(resources, folder))]


def tells(findings: list[str], address: str, text: str) -> bool:
    return any(f": {address} is " in finding and text in finding for finding in findings)


def test_a_good_environment_has_no_finding(resources: Shown, tmp_path: Path) -> None:
    """A false alarm teaches people to look away."""
    assert rules.check_all(good.plan(resources, tmp_path), strict=True) == []


@pytest.mark.parametrize(("address", "path", "value", "where", "text"), SET)
def test_a_wrong_value_is_found(
    resources: Shown, tmp_path: Path, address: str, path: str, value: Any, where: str, text: str
) -> None:
    """AWS would refuse it in the middle of an apply, or take it and never do its work."""
    spoil(resources, address, path, value)

    findings = found(resources, tmp_path)

    assert tells(findings, where, text), findings


@pytest.mark.parametrize(("address", "where", "text"), GONE)
def test_a_missing_resource_is_found(resources: Shown, tmp_path: Path, address: str, where: str, text: str) -> None:
    """What nobody wrote is the hardest to see in a review."""
    spoil(resources, address)

    findings = found(resources, tmp_path)

    assert tells(findings, where, text), findings


@pytest.mark.parametrize(("policy", "actions", "where"), LACKING)
def test_a_missing_right_is_found(
    resources: Shown, tmp_path: Path, policy: str, actions: tuple[str, ...], where: str
) -> None:
    """One action less, and a service waits half an hour before it says nothing."""
    without(resources, policy, *actions)

    findings = found(resources, tmp_path)

    assert any(f": {where} is " in finding for finding in findings), findings


@pytest.mark.parametrize(("policy", "statement", "text"), ADDED)
def test_a_statement_too_many_is_found(
    resources: Shown, tmp_path: Path, policy: str, statement: dict[str, Any], text: str
) -> None:
    """Rights that nobody needs are used by somebody one day."""
    also(resources, policy, **statement)

    findings = found(resources, tmp_path)

    assert any(text in finding for finding in findings), findings


def test_two_statements_with_one_id_are_found(resources: Shown, tmp_path: Path) -> None:
    """IAM refuses such a policy as malformed, without naming the id."""
    for _ in range(2):
        also(resources, TRAIN_POLICY, Sid="Same", Action=["s3:GetObject"])

    assert any("Same more than once" in finding for finding in found(resources, tmp_path))


def test_a_zip_that_is_too_large_is_found(resources: Shown, tmp_path: Path) -> None:
    """Lambda refuses it only after it was uploaded."""
    with (tmp_path / "ingest.zip").open("wb") as large:
        large.truncate(50 * 1024 * 1024 + 1)

    assert tells(found(resources, tmp_path), INGEST, "can be uploaded directly")


def test_an_environment_that_does_not_wait_for_its_roles_policy_is_found(resources: Shown, tmp_path: Path) -> None:
    """MWAA tries its role while it is made, and the policy would come a second later."""
    shown = good.plan_json(resources)
    shown["configuration"]["root_module"]["resources"][0]["depends_on"] = []

    findings = rules.check_all(Plan.from_json(shown, tmp_path))

    assert [finding.address for finding in findings] == [ENVIRONMENT]


def test_endpoints_take_the_place_of_a_nat(resources: Shown, tmp_path: Path) -> None:
    """The stricter way out must not be found fault with, and one service less must be."""
    del resources["aws_route.a"], resources["aws_route.b"]
    for service in set(ENDPOINTS) - {"s3"}:
        resources[f"aws_vpc_endpoint.{service.replace('.', '_')}"] = {
            "service_name": f"com.amazonaws.us-east-1.{service}", "vpc_endpoint_type": "Interface",
            "private_dns_enabled": True, "subnet_ids": ["subnet-a", "subnet-b"], "security_group_ids": ["sg-1"],
        }  # fmt: skip
    resources["aws_vpc_endpoint.s3"] = {
        "service_name": "com.amazonaws.us-east-1.s3", "vpc_endpoint_type": "Gateway",
        "route_table_ids": ["rtb-a", "rtb-b"],
    }  # fmt: skip

    assert found(resources, tmp_path) == []

    resources["aws_vpc_endpoint.sqs"]["subnet_ids"] = ["subnet-a"]
    assert tells(found(resources, tmp_path), ENVIRONMENT, "aws_subnet.b, which has no NAT and no endpoint of sqs")
    resources["aws_vpc_endpoint.sqs"]["security_group_ids"] = ["sg-2"]
    assert tells(found(resources, tmp_path), "aws_vpc_endpoint.sqs", "lets HTTPS in")


def test_a_boundary_that_shuts_airflow_off_from_its_queue_is_found(resources: Shown, tmp_path: Path) -> None:
    """The role's own policy looks right; it is the boundary that says no."""
    arn = f"arn:aws:iam::{good.ACCOUNT}:policy/stockcast-dev-boundary"
    limits = good.policy(good.allow(["airflow:*", "cloudwatch:*", "kms:*", "logs:*", "s3:*"]))
    resources["aws_iam_policy.boundary"] = {"name": "stockcast-dev-boundary", "arn": arn, "policy": limits}
    resources[AIRFLOW_ROLE]["permissions_boundary"] = arn

    findings = found(resources, tmp_path)

    assert {finding.split("may not do ")[1].split(" on ")[0] for finding in findings} == {
        "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl",
        "sqs:ReceiveMessage", "sqs:SendMessage",
    }  # fmt: skip


def test_what_is_known_only_after_the_apply_is_told_when_asked(resources: Shown, tmp_path: Path) -> None:
    """ "No finding" over a policy that nobody could read would be a lie."""
    resources[TRAIN_POLICY]["policy"] = None
    plan = good.plan(resources, tmp_path)

    assert rules.check_all(plan) == []
    unchecked = [f for f in rules.check_all(plan, strict=True) if f.severity is Severity.UNCHECKED]
    assert [(one.address, one.value) for one in unchecked] == [(TRAIN_POLICY, "known after apply in policy")]
