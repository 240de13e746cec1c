"""After an apply: whether an environment stands as its code says, and works. Changes nothing.

Terraform tells what it asked AWS for. An update that AWS rolled back later, or a lock that a killed run left behind,
it does not tell. The plan runs while AWS is asked the rest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from shipping import applied, aws_refusal, handover, planning, saved_plan, state_lock, values
from shipping.doctor.account_at_hand import client_maker
from shipping.doctor.findings import Finding, Severity
from shipping.environments import Refused
from shipping.review import commands
from shipping.terraform_root import TerraformRoot
from shipping.values import Values

IN_MOTION = ("Creating", "SystemUpdating", "Updating")


@dataclass(frozen=True)
class Standing:
    """An environment's name and outputs, and how AWS is asked about it."""

    environment: str
    known: dict[str, Any]
    client: Callable[[str], Any]


Check = Callable[[Standing], Iterable[Finding]]


def verify(environment: str) -> None:
    """Print every finding; refuse where one of them is more than a warning, or something could not be looked at."""
    known = applied.outputs(environment)
    found = values.of(environment)
    standing = Standing(environment, known, client_maker(found.region))
    with ThreadPoolExecutor(len(CHECKS)) as pool:
        asked = [pool.submit(_asked, name, check, standing) for name, check in CHECKS.items()]
        # a plan would wait a minute for somebody's lock, and then tell nothing
        findings = unlocked(environment) or _compared(environment, found)
        findings += [finding for answer in asked for finding in answer.result()]
    _conclude(environment, findings)


def _compared(environment: str, found: Values) -> list[Finding]:
    """Code against what stands, by a plan; one that was made of this very state a moment ago is not made again."""
    if _was_just_planned(environment, found):
        planning.say("the plan of this commit found nothing to change, and the state has not moved since")
        return []
    root = planning.prepared(environment, found, quietly=True)
    options = planning.value_options(environment, planning.rest_option(environment, root, found, None))
    return list(as_planned(root, options))


def _was_just_planned(environment: str, found: Values) -> bool:
    """Whether the plan that was handed over has no changes, and was made of the state that is there now."""
    if not handover.take(environment):
        return False
    saved = saved_plan.of(environment)
    saved.check()
    try:
        saved.check_state(planning.state_now(environment, found))
    except Refused:  # it was applied meanwhile, or another was
        return False
    return commands.answer(environment, "changes") == "no"


def _conclude(environment: str, findings: list[Finding]) -> None:
    for finding in findings:
        print(finding, flush=True)
    bad = [finding for finding in findings if finding.severity is not Severity.WARNING]
    if bad:
        raise Refused(f"{environment} does not stand as it should: {len(bad)} of the findings above must be mended.")
    print(f"{environment} stands as its code says: {len(CHECKS) + 2} checks, {len(findings)} warnings", flush=True)


def _asked(name: str, check: Check, standing: Standing) -> list[Finding]:
    """A question that AWS does not answer is a finding: a gate that cannot see must not open."""
    try:
        return list(check(standing))
    except (BotoCoreError, ClientError) as problem:
        rule = "every check has to get its answer"
        told = f"unknown, since {aws_refusal.told(problem)}"
        return [Finding(rule, name, told, "Allow the reading role to ask, and verify again.", Severity.UNCHECKED)]


def unlocked(environment: str) -> list[Finding]:
    """An apply frees its lock; one that is left holds up every later deployment."""
    backend = values.backend_of(environment)
    lock = state_lock.read(boto3.client("s3", region_name=backend.region), backend.bucket, backend.key)
    if lock is None:
        return []
    rule = "after an apply nobody holds the state's lock, and only an unlocked state can be compared"
    return [Finding(rule, f"s3://{backend.bucket}/{backend.key}", str(lock), state_lock.advice(lock, environment))]


def as_planned(root: TerraformRoot, options: Iterable[str]) -> Iterator[Finding]:
    """What a plan right after the apply would change again. Check blocks are read anew each time and are no change."""
    plan = ("plan", "-json", "-detailed-exitcode", "-input=false", "-lock-timeout=60s", "-parallelism=20")
    lines, status = root.run(*plan, *options, capture=True, may_end_with=(0, 1, 2))
    events = [json.loads(line) for line in lines.splitlines() if line.startswith("{")]
    if status == 1:
        told = [event["diagnostic"] for event in events if event["type"] == "diagnostic"]
        words = " ".join(f"{one['summary']}: {one['detail']}" for one in told if one["severity"] == "error")
        raise Refused(f"`terraform plan` ended with 1; it says: {words}")
    for address, action in _changes(events):
        yield Finding(
            "an applied environment plans no change",
            address,
            f"planned to {action} again",
            "Read `make plan`: AWS did not keep what was asked, or somebody changed it by hand since.",
        )


def _changes(events: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Address and action of what a plan in Terraform's JSON lines would change; reading data is no change."""
    for event in events:
        if event["type"] == "planned_change" and event["change"]["action"] not in ("noop", "read"):
            yield event["change"]["resource"]["addr"], event["change"]["action"]
        if event["type"] == "outputs":
            for name, output in event["outputs"].items():
                if output.get("action", "noop") != "noop":
                    yield f"output.{name}", output["action"]


def airflow_is_available(standing: Standing) -> Iterator[Finding]:
    """An environment that failed its update goes on with the old one, and says AVAILABLE."""
    name = (standing.known.get("airflow") or {}).get("name")
    if standing.known.get("asleep") or not name:
        return
    found = standing.client("mwaa").get_environment(Name=name)["Environment"]
    last = found.get("LastUpdate") or {}
    why = (last.get("Error") or {}).get("ErrorMessage", "no reason given")
    remedy = f"Read the reason ({why}) and `make doctor`; mend the value, then plan and apply again."
    if found["Status"] != "AVAILABLE":
        yield Finding("an awake environment's Airflow is AVAILABLE", name, found["Status"], remedy)
    if last and last.get("Status") != "SUCCESS":
        yield Finding("Airflow's last update was a SUCCESS", name, f"last updated with {last.get('Status')}", remedy)


def functions_are_active(standing: Standing) -> Iterator[Finding]:
    lambdas = standing.client("lambda")
    for name in standing.known.get("functions", {}).values():
        found = lambdas.get_function_configuration(FunctionName=name)
        for key, wanted in (("State", "Active"), ("LastUpdateStatus", "Successful")):
            status = found.get(key, wanted)
            if status == "Inactive" and key == "State":  # idle for weeks; the next call wakes it
                continue
            if status != wanted:
                why = found.get(f"{key}Reason", "no reason given")
                yield Finding(f"a function's {key} is {wanted}", name, f"{status} ({why})", "Mend that, apply again.")


def endpoint_serves(standing: Standing) -> Iterator[Finding]:
    """The DAGs make it, so before a first model, and asleep, there is none.

    One that rolls back, failed or serves nobody is an error, whoever deployed: no further commit should go on over it.
    """
    name, sagemaker = str(standing.known["endpoint"]), standing.client("sagemaker")
    try:
        found = sagemaker.describe_endpoint(EndpointName=name)
    except ClientError as problem:
        if problem.response["Error"]["Message"].startswith("Could not find endpoint"):
            return
        raise
    status, rule = found["EndpointStatus"], "an endpoint that stands is InService"
    if status in IN_MOTION:
        remedy = "A deployment is under way: look again when it has ended."
        yield Finding(rule, name, status, remedy, Severity.WARNING)
    elif status == "RollingBack":
        remedy = "A new model did not hold: see the last run of train_model, and look again once the old one serves."
        yield Finding(rule, name, f"{status} ({found.get('FailureReason', 'no reason given')})", remedy)
    elif status != "InService":
        remedy = "See its log group and the last run of train_model, then train anew: `make retrain`."
        yield Finding(rule, name, f"{status} ({found.get('FailureReason', 'no reason given')})", remedy)
    else:
        yield from _serves_the_newest(standing, found, sagemaker)


def _serves_the_newest(standing: Standing, endpoint: dict[str, Any], sagemaker: Any) -> Iterator[Finding]:
    """A warning only: no apply deploys models, and the deploying DAG has failed already if this was a roll-back."""
    prefix = f"stockcast-{standing.environment}-"
    newest = sagemaker.list_endpoint_configs(NameContains=prefix, SortBy="CreationTime", SortOrder="Descending")
    names = [one["EndpointConfigName"] for one in newest["EndpointConfigs"]]
    wanted = next((name for name in names if name.startswith(prefix)), endpoint["EndpointConfigName"])
    if endpoint["EndpointConfigName"] != wanted:
        yield Finding(
            "the endpoint serves the newest configuration",
            endpoint["EndpointName"],
            f"serving {endpoint['EndpointConfigName']}, and the newest is {wanted}",
            "It was rolled back, or its deployment has not begun: see the last run of train_model.",
            Severity.WARNING,
        )


def alarms_are_silent(standing: Standing) -> Iterator[Finding]:
    pages = standing.client("cloudwatch").get_paginator("describe_alarms")
    for page in pages.paginate(AlarmNamePrefix=f"stockcast-{standing.environment}-", StateValue="ALARM"):
        for alarm in [*page.get("MetricAlarms", []), *page.get("CompositeAlarms", [])]:
            told = f"in ALARM: {alarm.get('StateReason', 'no reason given')}"
            remedy = "Its description tells what to do."
            yield Finding("no alarm rings", alarm["AlarmName"], told, remedy, Severity.WARNING)


def alerts_are_heard(standing: Standing) -> Iterator[Finding]:
    """Somebody who has not confirmed the first mail gets no other."""
    topic = standing.known["alerts_topic"]
    pages = standing.client("sns").get_paginator("list_subscriptions_by_topic")
    for page in pages.paginate(TopicArn=topic):
        for one in page["Subscriptions"]:
            if one["SubscriptionArn"] in ("PendingConfirmation", "pending confirmation"):
                remedy = "Follow the link in AWS's mail to that address."
                rule = "whoever subscribes to alerts has confirmed it"
                yield Finding(rule, topic, f"not confirmed by {one['Endpoint']}", remedy, Severity.WARNING)


CHECKS: dict[str, Check] = {
    "Airflow": airflow_is_available,
    "functions": functions_are_active,
    "endpoint": endpoint_serves,
    "alarms": alarms_are_silent,
    "alert subscriptions": alerts_are_heard,
}
