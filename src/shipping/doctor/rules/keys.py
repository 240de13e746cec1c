"""Keys: services that encrypt by themselves need a grant in the key's policy, and nobody tells that one is missing."""

from __future__ import annotations

from collections.abc import Iterator

from shipping.doctor import policies
from shipping.doctor.findings import Finding
from shipping.doctor.plan import UNKNOWN, Plan, Resource
from shipping.doctor.policies import Request
from shipping.doctor.rules.topics import TELLS_NO_ACCOUNT, senders

LOGS = ("Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey", "DescribeKey")


def rotate(plan: Plan) -> Iterator[Finding]:
    for key in plan.of_type("aws_kms_key"):
        if key.get("enable_key_rotation") is not True:
            yield Finding(
                "every key is renewed each year",
                key.address,
                "made without rotation",
                "Set enable_key_rotation to true.",
            )


def leave_the_account_in_charge(plan: Plan) -> Iterator[Finding]:
    for key, written in _written(plan):
        root = f"arn:{plan.partition}:iam::{plan.account_id}:root"
        if not any(s.effect == "Allow" and root in s.others and "kms:*" in s.actions for s in written):
            yield Finding(
                "a key's policy leaves its account in charge, or nobody can ever change it again",
                key.address,
                f"made with a policy that does not allow kms:* to {root}",
                "Add the statement that AWS writes by default.",
            )


def let_logs_use_them(plan: Plan) -> Iterator[Finding]:
    """MWAA answers INCORRECT_CONFIGURATION where the grant is missing, since it makes log groups under the key."""
    for key, written in _written(plan):
        for group in _log_groups(plan, key):
            arn = f"arn:{plan.partition}:logs:{plan.region}:{plan.account_id}:log-group:{group}"
            for action in LOGS:
                context = {"kms:EncryptionContext:aws:logs:arn": arn}
                request = Request(f"kms:{action}", "*", context, f"logs.{plan.region}.amazonaws.com")
                if not policies.allows(written, request):
                    yield Finding(
                        "CloudWatch Logs may use the key of a log group, for the log groups of this account",
                        key.address,
                        f"made with a policy that refuses {request} to {request.service}",
                        f"Allow kms:{action} to {request.service} where kms:EncryptionContext:aws:logs:arn is ours.",
                    )


def _log_groups(plan: Plan, key: Resource) -> Iterator[str]:
    for group in plan.of_type("aws_cloudwatch_log_group"):
        if key in plan.linked(group, "kms_key_id", "aws_kms_key"):
            yield group.get("name")
    for environment in plan.of_type("aws_mwaa_environment"):
        if key in plan.linked(environment, "kms_key", "aws_kms_key"):
            yield f"airflow-{environment.get('name')}-Task"


def tie_logs_to_the_account(plan: Plan) -> Iterator[Finding]:
    for key, written in _written(plan):
        strange = f"arn:{plan.partition}:logs:{plan.region}:000000000000:log-group:x"
        request = Request(
            "kms:Decrypt", "*", {"kms:EncryptionContext:aws:logs:arn": strange}, f"logs.{plan.region}.amazonaws.com"
        )
        if policies.allows(written, request):
            yield Finding(
                "CloudWatch Logs may use a key for the log groups of this account only",
                key.address,
                "made with a policy that lets it decrypt for any account",
                "Add the condition ArnLike kms:EncryptionContext:aws:logs:arn.",
            )


def let_alert_senders_use_them(plan: Plan) -> Iterator[Finding]:
    for key, written in _written(plan):
        for topic in plan.of_type("aws_sns_topic"):
            if key not in plan.linked(topic, "kms_master_key_id", "aws_kms_key"):
                continue
            for service in senders(plan):
                for action in ("kms:Decrypt", "kms:GenerateDataKey"):
                    request = Request(action, "*", _context(plan, topic, service), service)
                    if not policies.allows(written, request):
                        yield Finding(
                            "whoever sends to an encrypted topic may use its key, or messages are lost silently",
                            key.address,
                            f"made with a policy that refuses {action} to {service}",
                            f"Name {service} among the alert senders of modules/encryption.",
                        )


def _context(plan: Plan, topic: Resource, service: str) -> dict[str, str]:
    """What KMS tells policies when SNS encrypts a message of this service."""
    name = f"arn:{plan.partition}:sns:{plan.region}:{plan.account_id}:{topic.get('name')}"
    account = {} if service in TELLS_NO_ACCOUNT else {"aws:SourceAccount": plan.account_id}
    return {"kms:EncryptionContext:aws:sns:topicArn": name, **account}


def _written(plan: Plan) -> Iterator[tuple[Resource, tuple[policies.Statement, ...]]]:
    for key in plan.of_type("aws_kms_key"):
        text = key.get("policy")
        if text is not UNKNOWN and text:
            yield key, policies.statements(text)


RULES = (
    rotate,
    leave_the_account_in_charge,
    let_logs_use_them,
    tie_logs_to_the_account,
    let_alert_senders_use_them,
)
