"""Lambda's limits, and what a function needs of its role."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from shipping.doctor.ask import must_be_allowed
from shipping.doctor.findings import Finding
from shipping.doctor.plan import UNKNOWN, Plan, Resource
from shipping.doctor.policies import Request

UPLOAD_BYTES = 50 * 1024 * 1024
ENVIRONMENT_BYTES = 4096
# attribute: (least, most)
LIMITS = {
    "timeout": (1, 900),
    "memory_size": (128, 10240),
    "reserved_concurrent_executions": (-1, 1000),
    "ephemeral_storage.0.size": (512, 10240),
}
RESERVED = re.compile(
    r"_HANDLER|_X_AMZN_TRACE_ID|AWS_(DEFAULT_REGION|REGION|EXECUTION_ENV|ACCESS_KEY(_ID)?|SECRET_ACCESS_KEY|SESSION_TOKEN)"
    r"|AWS_LAMBDA_.*|LAMBDA_(TASK_ROOT|RUNTIME_DIR)"
)


def functions(plan: Plan) -> Iterator[Resource]:
    return plan.of_type("aws_lambda_function")


def stay_within_lambdas_limits(plan: Plan) -> Iterator[Finding]:
    for function in functions(plan):
        for attribute, (least, most) in LIMITS.items():
            value = function.get(attribute)
            if value not in (None, UNKNOWN) and not least <= value <= most:
                yield Finding(
                    f"Lambda's {attribute} is {least} to {most}",
                    function.address,
                    f"made with {value}",
                    "Change the value, or split the work.",
                )


def have_a_short_name(plan: Plan) -> Iterator[Finding]:
    for function in functions(plan):
        name = function.get("function_name")
        if name is not UNKNOWN and not re.fullmatch(r"[a-zA-Z0-9-_]{1,64}", name):
            yield Finding(
                "a function's name has 1 to 64 letters, digits, - and _",
                function.address,
                f"named {name!r}, {len(name)} characters",
                "Choose a shorter `environment`.",
            )


def have_a_small_environment(plan: Plan) -> Iterator[Finding]:
    for function in functions(plan):
        variables = function.get("environment.0.variables")
        if variables in (None, UNKNOWN):
            continue
        if UNKNOWN in variables.values():
            function.unanswered.add((function.address, "environment.0.variables"))
        texts = {key: value for key, value in variables.items() if isinstance(value, str)}
        size = sum(len(key.encode()) + len(value.encode()) for key, value in texts.items())
        if size > ENVIRONMENT_BYTES:
            yield Finding(
                f"a function's environment has at most {ENVIRONMENT_BYTES} bytes",
                function.address,
                f"made with {size} bytes",
                "Hand over a parameter's name, and read it at start.",
            )
        if taken := sorted(key for key in variables if RESERVED.fullmatch(key)):
            yield Finding(
                "Lambda sets some variables itself and refuses them from us",
                function.address,
                f"made with {', '.join(taken)}",
                "Choose other names.",
            )


def have_a_zip_that_can_be_uploaded(plan: Plan) -> Iterator[Finding]:
    for function in functions(plan):
        named = function.get("filename")
        if named in (None, UNKNOWN):
            continue
        file = plan.folder / Path(named)
        if not file.exists():
            yield Finding(
                "the zip of a function is there",
                function.address,
                f"made from {named}, which does not exist",
                "Run `make package`.",
            )
        elif file.stat().st_size > UPLOAD_BYTES:
            yield Finding(
                "a zip of up to 50 MB can be uploaded directly",
                function.address,
                f"made from {named} with {file.stat().st_size} bytes",
                "Take out what Lambda brings itself, or upload it by S3.",
            )


def may_write_their_log(plan: Plan) -> Iterator[Finding]:
    for function in functions(plan):
        name = function.get("function_name")
        stream = f"arn:{plan.partition}:logs:{plan.region}:{plan.account_id}:log-group:/aws/lambda/{name}:log-stream:x"
        requests = [Request(f"logs:{action}", stream) for action in ("CreateLogStream", "PutLogEvents")]
        for role in plan.linked(function, "role", "aws_iam_role"):
            yield from must_be_allowed(plan, role, requests, "a function writes its own log")


def may_hand_on_what_failed(plan: Plan) -> Iterator[Finding]:
    """A dead letter that the role may not send is lost without a word."""
    rule = "a function, and a schedule, may send to the queue of what failed"
    for sender, queue_at, role_at in _senders(plan):
        if sender.get(queue_at) in (None, ""):
            continue
        for queue in plan.linked(sender, queue_at, "aws_sqs_queue"):
            arn = f"arn:{plan.partition}:sqs:{plan.region}:{plan.account_id}:{queue.get('name')}"
            for role in plan.linked(sender, role_at, "aws_iam_role"):
                yield from must_be_allowed(plan, role, _sending(plan, queue, arn), rule)


def _senders(plan: Plan) -> Iterator[tuple[Resource, str, str]]:
    """Who hands on what failed, and where the queue and the role stand."""
    yield from ((function, "dead_letter_config.0.target_arn", "role") for function in functions(plan))
    for schedule in plan.of_type("aws_scheduler_schedule"):
        yield schedule, "target.0.dead_letter_config.0.arn", "target.0.role_arn"


def _sending(plan: Plan, queue: Resource, arn: str) -> list[Request]:
    needed = [Request("sqs:SendMessage", arn)]
    for key in plan.linked(queue, "kms_master_key_id", "aws_kms_key"):
        if (key_arn := key.get("arn")) is not UNKNOWN:
            via = {"kms:ViaService": f"sqs.{plan.region}.amazonaws.com"}
            needed += [Request(f"kms:{action}", key_arn, via) for action in ("Decrypt", "GenerateDataKey")]
    return needed


def may_send_traces(plan: Plan) -> Iterator[Finding]:
    for function in functions(plan):
        if function.get("tracing_config.0.mode") != "Active":
            continue
        requests = [Request("xray:PutTraceSegments"), Request("xray:PutTelemetryRecords")]
        for role in plan.linked(function, "role", "aws_iam_role"):
            yield from must_be_allowed(plan, role, requests, "a traced function may send its traces")


def may_be_called_by_their_schedule(plan: Plan) -> Iterator[Finding]:
    for schedule in plan.of_type("aws_scheduler_schedule"):
        for function in plan.linked(schedule, "target.0.arn", "aws_lambda_function"):
            arn = (
                f"arn:{plan.partition}:lambda:{plan.region}:{plan.account_id}:function:{function.get('function_name')}"
            )
            for role in plan.linked(schedule, "target.0.role_arn", "aws_iam_role"):
                call = [Request("lambda:InvokeFunction", arn)]
                yield from must_be_allowed(plan, role, call, "a schedule may call its function")


RULES = (
    have_a_short_name,
    stay_within_lambdas_limits,
    have_a_small_environment,
    have_a_zip_that_can_be_uploaded,
    may_write_their_log,
    may_hand_on_what_failed,
    may_send_traces,
    may_be_called_by_their_schedule,
)
