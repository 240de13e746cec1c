"""SageMaker: what its roles need, and what cannot be changed once it stands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from shipping.doctor import policies
from shipping.doctor.ask import must_be_allowed
from shipping.doctor.findings import Finding
from shipping.doctor.plan import UNKNOWN, Plan, Resource
from shipping.doctor.policies import Request

# Where jobs and models log; SageMaker makes these groups itself where nobody has made them.
LOG_GROUPS = ("/aws/sagemaker/Endpoints/any", "/aws/sagemaker/ProcessingJobs", "/aws/sagemaker/TrainingJobs")
SERVICE = "sagemaker.amazonaws.com"
PULL = ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer")


def roles(plan: Plan) -> list[Resource]:
    return [role for role in plan.of_type("aws_iam_role") if SERVICE in policies.trusted_services(role)]


def may_tell_what_happens(plan: Plan) -> Iterator[Finding]:
    for role in roles(plan):
        requests = [Request("cloudwatch:PutMetricData"), Request("ecr:GetAuthorizationToken")]
        yield from must_be_allowed(plan, role, requests, "a job or model publishes metrics and asks for its image")
        yield from _may_log(plan, role)


def _may_log(plan: Plan, role: Resource) -> Iterator[Finding]:
    """In a group of its own making, or in one of ours, which need not be made then."""
    made = [
        str(g.get("name"))
        for g in plan.of_type("aws_cloudwatch_log_group")
        if str(g.get("name")).startswith("/aws/sage")
    ]
    for group in [*made, *LOG_GROUPS]:
        arn = f"arn:{plan.partition}:logs:{plan.region}:{plan.account_id}:log-group:{group}"
        actions = ["CreateLogStream", "PutLogEvents"] + ([] if group in made else ["CreateLogGroup"])
        answers = {
            action: policies.role_may(plan, role, Request(f"logs:{action}", f"{arn}:log-stream:x"))
            for action in actions
        }
        if None in answers.values() or all(answers.values()):
            return
    yield Finding(
        "a job or model writes its log",
        role.address,
        f"the role {role.get('name')}, which no log group of SageMaker lets in",
        "Allow logs:CreateLogStream and logs:PutLogEvents on its group, and logs:CreateLogGroup where we make none.",
    )


def may_pull_an_image(plan: Plan) -> Iterator[Finding]:
    repositories = [
        f"arn:{plan.partition}:ecr:{plan.region}:{plan.account_id}:repository/{repository.get('name')}"
        for repository in plan.of_type("aws_ecr_repository")
    ]
    for role in roles(plan):
        for action in PULL:
            answers = [policies.role_may(plan, role, Request(f"ecr:{action}", arn)) for arn in repositories]
            if answers and None not in answers and not any(answers):
                yield Finding(
                    "a job or model pulls its image from a repository of ours",
                    role.address,
                    f"the role {role.get('name')}, which may not do ecr:{action} on any of them",
                    f"Allow ecr:{action} on its repository.",
                )


def may_read_what_is_encrypted(plan: Plan) -> Iterator[Finding]:
    for role in roles(plan):
        for key in plan.of_type("aws_kms_key"):
            arn = key.get("arn")
            if arn is not UNKNOWN:
                decrypt = [Request("kms:Decrypt", arn, {"kms:ViaService": f"s3.{plan.region}.amazonaws.com"})]
                yield from must_be_allowed(plan, role, decrypt, "a job or model decrypts its inputs")


def guardrails_have_their_alarms(plan: Plan) -> Iterator[Finding]:
    """An alarm that is not there, or that the role may not look at, lets every deployment roll back."""
    alarms = {alarm.get("alarm_name") for alarm in plan.of_type("aws_cloudwatch_metric_alarm")}
    for parameter in plan.of_type("aws_ssm_parameter"):
        if not str(parameter.get("name")).endswith("/endpoint_deployment"):
            continue
        text = parameter.get("value")
        if text is UNKNOWN:
            continue
        for alarm in json.loads(text).get("AutoRollbackConfiguration", {}).get("Alarms", []):
            if alarm["AlarmName"] not in alarms:
                yield Finding(
                    "an alarm that rolls a deployment back exists before the deployment",
                    parameter.address,
                    f"naming the alarm {alarm['AlarmName']}, which this plan does not make",
                    "Name an alarm of modules/observability.",
                )


def configurations_are_never_changed_in_place(plan: Plan) -> Iterator[Finding]:
    """AWS cannot change a configuration, and an endpoint whose configuration is gone can no longer scale."""
    for configuration in plan.of_type("aws_sagemaker_endpoint_configuration", "aws_sagemaker_model"):
        if configuration.actions == ("delete", "create"):
            yield Finding(
                "a new configuration is made before the old one goes",
                configuration.address,
                "deleted first",
                "Add lifecycle { create_before_destroy = true }.",
            )
        name = configuration.get("name")
        if name is not UNKNOWN and not re.search(r"-[0-9a-f]{8,}$", name or ""):
            yield Finding(
                "a configuration is named after its content, so that another content is another name",
                configuration.address,
                f"named {name!r}",
                "End the name with a hash of what it holds.",
            )


RULES = (
    may_tell_what_happens,
    may_pull_an_image,
    may_read_what_is_encrypted,
    guardrails_have_their_alarms,
    configurations_are_never_changed_in_place,
)
