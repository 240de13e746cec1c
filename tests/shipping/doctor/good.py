"""A small environment as a plan shows it after an apply, in which no rule finds anything: to be spoilt by tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from shipping.doctor.plan import Plan

ACCOUNT, REGION, PREFIX = "111111111111", "us-east-1", "stockcast-dev"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:{PREFIX}-alerts"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{PREFIX}-ingest-failed"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{PREFIX}-ingest"
STATE = f"arn:aws:s3:::stockcast-{ACCOUNT}-tfstate"
REPOSITORY = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{PREFIX}-jobs"
AIRFLOW = f"{PREFIX}-airflow"
OURS = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
VIA = {"StringLike": {"kms:ViaService": ["s3.us-east-1.amazonaws.com", "sqs.us-east-1.amazonaws.com"]}}

Values = dict[str, Any]
Shown = dict[str, Values]  # by address


def logs(group: str) -> str:
    return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"


def bucket(zone: str) -> str:
    return f"{PREFIX}-{ACCOUNT}-{zone}"


def role_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def policy(*statements: Values) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: list[str], resources: Any = "*", condition: Values | None = None, **more: Any) -> Values:
    body = {"Effect": "Allow", "Action": actions, "Resource": resources, **more}
    return {**body, "Condition": condition} if condition else body


def trust(*services: str, condition: Values | None = None) -> str:
    body: Values = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": list(services)}}
    return policy({**body, "Condition": condition} if condition else body)


PLAIN = {
    "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}  # fmt: skip


def a_role(name: str, trusted: str, *statements: Values) -> Shown:
    return {
        f"aws_iam_role.{name}": {
            "name": f"{PREFIX}-{name}", "arn": role_arn(f"{PREFIX}-{name}"), "assume_role_policy": trusted,
        },
        f"aws_iam_role_policy.{name}": {"name": "grants", "role": f"{PREFIX}-{name}", "policy": policy(*statements)},
    }  # fmt: skip


def a_bucket(zone: str, encryption: Values, *statements: Values) -> Shown:
    name = bucket(zone)
    return {
        f"aws_s3_bucket.{zone}": {"bucket": name, "id": name, "arn": f"arn:aws:s3:::{name}"},
        f"aws_s3_bucket_versioning.{zone}": {"bucket": name, "versioning_configuration": [{"status": "Enabled"}]},
        f"aws_s3_bucket_server_side_encryption_configuration.{zone}": {
            "bucket": name, "rule": [{"apply_server_side_encryption_by_default": [encryption]}],
        },
        f"aws_s3_bucket_public_access_block.{zone}": {
            "bucket": name, "block_public_acls": True, "block_public_policy": True, "ignore_public_acls": True,
            "restrict_public_buckets": True,
        },
        f"aws_s3_bucket_policy.{zone}": {"bucket": name, "policy": policy(PLAIN, *statements)},
    }  # fmt: skip


def lake() -> Shown:
    access = f"arn:aws:s3:::{bucket('logs')}/access/*"
    flows = f"arn:aws:s3:::{bucket('logs')}/flow-logs/AWSLogs/{ACCOUNT}/*"
    delivery = {"Service": "delivery.logs.amazonaws.com"}
    return {
        **a_bucket("airflow", {"sse_algorithm": "aws:kms", "kms_master_key_id": KEY}),
        **a_bucket(
            "logs",
            {"sse_algorithm": "AES256"},
            allow(["s3:PutObject"], access, OURS, Principal={"Service": "logging.s3.amazonaws.com"}),
            allow(["s3:PutObject"], flows, OURS, Principal=delivery),
            allow(["s3:GetBucketAcl"], f"arn:aws:s3:::{bucket('logs')}", OURS, Principal=delivery),
        ),
        "aws_s3_bucket_logging.airflow": {
            "bucket": bucket("airflow"), "target_bucket": bucket("logs"), "target_prefix": "access/airflow/",
        },
        "aws_flow_log.vpc": {
            "log_destination": f"arn:aws:s3:::{bucket('logs')}/flow-logs", "traffic_type": "REJECT", "vpc_id": "vpc-1",
        },
    }  # fmt: skip


def key_and_topic() -> Shown:
    senders = {"Service": ["budgets.amazonaws.com", "cloudwatch.amazonaws.com"]}
    events = {"Service": "events.amazonaws.com"}
    to_us = {"ArnLike": {"kms:EncryptionContext:aws:sns:topicArn": TOPIC}}
    use = ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    ours = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:*"}}
    return {
        "aws_kms_key.this": {
            "arn": KEY, "key_id": "1234", "description": "lake", "enable_key_rotation": True,
            "policy": policy(
                allow(["kms:*"], Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
                allow(use, "*", ours, Principal={"Service": f"logs.{REGION}.amazonaws.com"}),
                allow(["kms:Decrypt", "kms:GenerateDataKey*"], "*", OURS, Principal=senders),
                allow(["kms:Decrypt", "kms:GenerateDataKey*"], "*", to_us, Principal=events),
            ),
        },
        "aws_sns_topic.this": {"arn": TOPIC, "name": f"{PREFIX}-alerts", "kms_master_key_id": KEY},
        "aws_sns_topic_policy.this": {
            "arn": TOPIC, "policy": policy(
                allow(["sns:Publish"], TOPIC, OURS, Principal=senders), allow(["sns:Publish"], TOPIC, Principal=events),
            ),
        },
        "aws_sns_topic_subscription.mail": {
            "topic_arn": TOPIC, "protocol": "email", "endpoint": "on-call@example.com",
        },
        "aws_budgets_budget.this": {"name": f"{PREFIX}-monthly"},
    }  # fmt: skip


def network() -> Shown:
    found: Shown = {
        "aws_vpc.this": {
            "id": "vpc-1", "cidr_block": "10.20.0.0/16", "enable_dns_hostnames": True, "enable_dns_support": True,
        },
        "aws_internet_gateway.this": {"id": "igw-1", "vpc_id": "vpc-1"},
        "aws_subnet.public": {"id": "subnet-p", "availability_zone": "us-east-1a", "cidr_block": "10.20.128.0/20"},
        "aws_route_table_association.public": {"subnet_id": "subnet-p", "route_table_id": "rtb-p"},
        "aws_route_table.public": {"id": "rtb-p"},
        "aws_route.internet": {"route_table_id": "rtb-p", "gateway_id": "igw-1", "destination_cidr_block": "0.0.0.0/0"},
        "aws_nat_gateway.this": {"id": "nat-1", "subnet_id": "subnet-p"},
        "aws_security_group.airflow": {"id": "sg-1", "name": AIRFLOW, "description": "Airflow"},
        "aws_vpc_security_group_ingress_rule.own": {
            "security_group_id": "sg-1", "ip_protocol": "-1", "referenced_security_group_id": "sg-1",
        },
        "aws_vpc_security_group_egress_rule.out": {
            "security_group_id": "sg-1", "ip_protocol": "-1", "cidr_ipv4": "0.0.0.0/0",
        },
    }  # fmt: skip
    for number, letter in enumerate("ab"):
        found |= {
            f"aws_subnet.{letter}": {
                "id": f"subnet-{letter}", "availability_zone": f"us-east-1{letter}",
                "cidr_block": f"10.20.{number * 16}.0/20",
            },
            f"aws_route_table.{letter}": {"id": f"rtb-{letter}"},
            f"aws_route_table_association.{letter}": {
                "subnet_id": f"subnet-{letter}", "route_table_id": f"rtb-{letter}",
            },
            f"aws_route.{letter}": {"route_table_id": f"rtb-{letter}", "nat_gateway_id": "nat-1", "gateway_id": ""},
        }  # fmt: skip
    return found


def airflow() -> Shown:
    write = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:GetLogEvents", "logs:GetLogGroupFields",
             "logs:GetLogRecord", "logs:GetQueryResults", "logs:PutLogEvents"]  # fmt: skip
    queue = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl",
             "sqs:ReceiveMessage", "sqs:SendMessage"]  # fmt: skip
    own = f"arn:aws:s3:::{bucket('airflow')}"
    return {
        "aws_mwaa_environment.this": {
            "name": AIRFLOW, "airflow_version": "3.0.6", "environment_class": "mw1.micro", "kms_key": KEY,
            "schedulers": 1, "min_webservers": 1, "max_webservers": 1, "min_workers": 1, "max_workers": 1,
            "execution_role_arn": role_arn(AIRFLOW), "source_bucket_arn": own, "dag_s3_path": "dags/",
            "requirements_s3_path": "requirements.txt", "requirements_s3_object_version": "v1",
            "endpoint_management": "SERVICE", "webserver_access_mode": "PUBLIC_ONLY",
            "network_configuration": [{"subnet_ids": ["subnet-a", "subnet-b"], "security_group_ids": ["sg-1"]}],
        },
        "aws_cloudwatch_log_group.task": {
            "name": f"airflow-{AIRFLOW}-Task", "kms_key_id": KEY, "retention_in_days": 30,
        },
        **a_role(
            "airflow",
            trust("airflow.amazonaws.com", "airflow-env.amazonaws.com", condition=OURS),
            allow(["airflow:PublishMetrics"], f"arn:aws:airflow:{REGION}:{ACCOUNT}:environment/{AIRFLOW}"),
            allow(["s3:GetAccountPublicAccessBlock", "logs:DescribeLogGroups", "cloudwatch:PutMetricData"]),
            {"Effect": "Deny", "Action": "s3:ListAllMyBuckets", "Resource": "*"},
            allow(["s3:GetBucket*", "s3:GetObject*", "s3:List*"], [own, f"{own}/*"]),
            allow(["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*"], KEY, VIA),
            allow(queue, f"arn:aws:sqs:{REGION}:*:airflow-celery-*"),
            allow(write, logs(f"airflow-{AIRFLOW}-*")),
            allow(["iam:PassRole"], role_arn(f"{PREFIX}-train"),
                  {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}),
        ),
    }  # fmt: skip


def functions(zip_file: str) -> Shown:
    dead = [allow(["sqs:SendMessage"], QUEUE), allow(["kms:Decrypt", "kms:GenerateDataKey"], KEY)]
    return {
        "aws_lambda_function.ingest": {
            "function_name": f"{PREFIX}-ingest", "arn": FUNCTION, "role": role_arn(f"{PREFIX}-ingest"), "timeout": 300,
            "memory_size": 512, "runtime": "python3.12", "handler": "handler.handler", "filename": zip_file,
            "reserved_concurrent_executions": -1, "tracing_config": [{"mode": "Active"}],
            "environment": [{"variables": {"STOCKCAST_SYMBOLS": "AMZN"}}],
            "dead_letter_config": [{"target_arn": QUEUE}],
        },
        "aws_sqs_queue.failed": {"name": f"{PREFIX}-ingest-failed", "arn": QUEUE, "kms_master_key_id": KEY},
        "aws_scheduler_schedule.ingest": {
            "name": f"{PREFIX}-schedule", "schedule_expression": "cron(30 22 ? * MON-FRI *)", "state": "ENABLED",
            "target": [{
                "arn": FUNCTION, "role_arn": role_arn(f"{PREFIX}-schedule"), "dead_letter_config": [{"arn": QUEUE}],
            }],
        },
        **a_role(
            "ingest",
            trust("lambda.amazonaws.com"),
            allow(["logs:CreateLogStream", "logs:PutLogEvents"], logs(f"/aws/lambda/{PREFIX}-ingest") + ":*"),
            allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"]),
            *dead,
        ),
        **a_role(
            "schedule",
            trust("scheduler.amazonaws.com", condition=OURS),
            allow(["lambda:InvokeFunction"], FUNCTION),
            *dead,
        ),
    }  # fmt: skip


def sagemaker() -> Shown:
    pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    rollback = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": f"{PREFIX}-endpoint-5xx"}]}}
    settings = {
        "endpoint": f"{PREFIX}-forecasts", "job_instance_type": "ml.m5.large", "serving_instance_type": "ml.m5.large",
        "endpoint_deployment": json.dumps(rollback),
    }  # fmt: skip
    return {
        "aws_ecr_repository.jobs": {"name": f"{PREFIX}-jobs", "arn": REPOSITORY, "image_tag_mutability": "IMMUTABLE"},
        "aws_cloudwatch_metric_alarm.errors": {
            "alarm_name": f"{PREFIX}-endpoint-5xx",
            "alarm_actions": [TOPIC],
            "period": 60,
            "evaluation_periods": 1,
            "comparison_operator": "GreaterThanThreshold",
            "statistic": "Sum",
            "treat_missing_data": "notBreaching",
        },
        "aws_sagemaker_endpoint_configuration.this": {"name": f"{PREFIX}-0a1b2c3d4e5f"},
        **a_role(
            "train",
            trust("sagemaker.amazonaws.com", condition=OURS),
            allow(["cloudwatch:PutMetricData", "ecr:GetAuthorizationToken"]),
            allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], logs("/aws/sagemaker/*")),
            allow(pull, REPOSITORY),
            allow(["kms:Decrypt"], KEY),
        ),
        **{
            f'aws_ssm_parameter.this["{name}"]': {"name": f"/stockcast/dev/{name}", "type": "String", "value": value}
            for name, value in settings.items()
        },
    }


def state() -> Shown:
    lock = f"{STATE}/dev/platform.tfstate.tflock"
    return {
        "aws_iam_policy.state": {
            "name": f"{PREFIX}-state",
            "policy": policy(
                allow(["s3:ListBucket"], STATE),
                allow(["s3:GetObject", "s3:PutObject"], f"{STATE}/dev/platform.tfstate"),
                allow(["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], lock),
                allow(["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], KEY),
            ),
        }
    }


def pull_requests(subject: str) -> str:
    """The trust of a role that plans for pull requests."""
    issuer = "token.actions.githubusercontent.com"
    told = {f"{issuer}:aud": "sts.amazonaws.com", f"{issuer}:sub": subject}
    return policy({
        "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": told},
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"},
    })  # fmt: skip


def deployers() -> Shown:
    """What modules/deployer grants about the state, and the role of pull requests."""
    state, lock = f"{STATE}/dev/platform.tfstate", f"{STATE}/dev/platform.tfstate.tflock"
    written = {
        "planning": (allow(["s3:DeleteObject", "s3:PutObject"], lock), allow(["kms:GenerateDataKey"], KEY)),
        "reading": (
            allow(["s3:ListBucket"], STATE), allow(["s3:GetObject"], [state, lock]), allow(["kms:Decrypt"], KEY),
        ),
        "release": (allow(["s3:ListBucket"], STATE), allow(["s3:GetObject"], state), allow(["kms:Decrypt"], KEY)),
    }  # fmt: skip
    return {
        "aws_iam_role.review": {
            "name": f"{PREFIX}-review", "arn": role_arn(f"{PREFIX}-review"),
            "assume_role_policy": pull_requests("repo:you@123/stockcast@456:pull_request"),
        },
        **{
            f"aws_iam_policy.{topic}": {"name": f"{PREFIX}-deploy-{topic}", "policy": policy(*statements)}
            for topic, statements in written.items()
        },
    }  # fmt: skip


def shown(folder: Path) -> Shown:
    """Every resource of the environment; the function's zip is written into the folder."""
    (folder / "ingest.zip").write_bytes(b"PK")
    parts = (lake(), key_and_topic(), network(), airflow(), functions("ingest.zip"), sagemaker(), state(), deployers())
    return {address: values for part in parts for address, values in part.items()}


def plan_json(resources: Shown) -> dict[str, Any]:
    """As `terraform show -json` writes it, with the one wait that is written in the configuration."""
    return {
        "variables": {"account_id": {"value": ACCOUNT}, "region": {"value": REGION}},
        "resource_changes": [_change(address, values) for address, values in resources.items()],
        "configuration": {
            "root_module": {
                "resources": [
                    {
                        "type": "aws_mwaa_environment", "name": "this", "depends_on": ["aws_iam_role_policy.airflow"],
                        "expressions": {},
                    }
                ]
            }
        },
    }  # fmt: skip


def _change(address: str, values: Values) -> dict[str, Any]:
    kind, _, name = address.partition(".")
    name, _, index = name.partition("[")
    known = {key: value for key, value in values.items() if value is not None and key != "actions"}
    unknown = {key: True for key, value in values.items() if value is None}
    change = {"actions": values.get("actions", ["no-op"]), "after": known, "after_unknown": unknown}
    place = {"address": address, "mode": "managed", "type": kind, "name": name, "change": change}
    return {**place, "index": json.loads(index[:-1])} if index else place


def plan(resources: Shown, folder: Path) -> Plan:
    return Plan.from_json(plan_json(resources), folder)
