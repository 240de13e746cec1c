"""What an apply says went well, looked at: each fault that AWS hides is found, and none is made up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shipping import planning, verify
from shipping.doctor.findings import Finding, Severity
from shipping.environments import Refused

KNOWN = {
    "airflow": {"name": "stockcast-dev-airflow"},
    "alerts_topic": "arn:aws:sns:us-east-1:111111111111:stockcast-dev-alerts",
    "asleep": False,
    "endpoint": "stockcast-dev-forecasts",
    "functions": {"ingest": "stockcast-dev-ingest"},
}
GOOD: dict[str, Any] = {
    "get_environment": {"Environment": {"Status": "AVAILABLE", "LastUpdate": {"Status": "SUCCESS"}}},
    "get_function_configuration": {"State": "Active", "LastUpdateStatus": "Successful"},
    "describe_endpoint": {
        "EndpointName": "stockcast-dev-forecasts",
        "EndpointStatus": "InService",
        "EndpointConfigName": "stockcast-dev-2",
    },
    "list_endpoint_configs": {
        "EndpointConfigs": [{"EndpointConfigName": "stockcast-dev-2"}, {"EndpointConfigName": "stockcast-dev-1"}]
    },
    "describe_alarms": {"MetricAlarms": []},
    "list_subscriptions_by_topic": {"Subscriptions": [{"SubscriptionArn": "arn:aws:sns:x", "Endpoint": "a@b.c"}]},
}  # fmt: skip
NO_ENDPOINT = ClientError({"Error": {"Code": "ValidationException", "Message": "Could not find endpoint"}}, "Describe")
DENIED = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "not authorized"}}, "GetEnvironment")


class Aws:
    """Any client; it answers each operation as told, or raises."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers

    def __getattr__(self, operation: str) -> Any:
        return lambda **asked: self._answer(operation)

    def _answer(self, operation: str) -> Any:
        answer = self.answers[operation]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def get_paginator(self, operation: str) -> Any:
        return SimpleNamespace(paginate=lambda **asked: [self._answer(operation)])


def findings(known: dict[str, Any] | None = None, **answers: Any) -> list[Finding]:
    aws = Aws(GOOD | answers)
    standing = verify.Standing("dev", KNOWN | (known or {}), lambda service: aws)
    return [finding for name, check in verify.CHECKS.items() for finding in verify._asked(name, check, standing)]


def test_a_healthy_environment_has_no_findings() -> None:
    assert findings() == []


@pytest.mark.parametrize(
    ("operation", "answer", "severity", "told"),
    [
        ("get_environment", {"Environment": {"Status": "UPDATE_FAILED"}}, "error", "UPDATE_FAILED"),
        (
            "get_environment",
            {
                "Environment": {
                    "Status": "AVAILABLE",
                    "LastUpdate": {"Status": "FAILED", "Error": {"ErrorMessage": "requirements"}},
                }
            },
            "error",
            "requirements",
        ),
        ("get_environment", DENIED, "could not be checked", "not authorized"),
        (
            "get_function_configuration",
            {"State": "Failed", "StateReason": "key", "LastUpdateStatus": "Successful"},
            "error",
            "Failed (key)",
        ),
        (
            "get_function_configuration",
            {"State": "Active", "LastUpdateStatus": "Failed", "LastUpdateStatusReason": "role"},
            "error",
            "Failed (role)",
        ),
        (
            "describe_endpoint",
            GOOD["describe_endpoint"] | {"EndpointStatus": "Failed", "FailureReason": "ping"},
            "error",
            "Failed (ping)",
        ),
        ("describe_endpoint", GOOD["describe_endpoint"] | {"EndpointStatus": "OutOfService"}, "error", "OutOfService"),
        (
            "describe_endpoint",
            GOOD["describe_endpoint"] | {"EndpointStatus": "RollingBack", "FailureReason": "alarms rang"},
            "error",
            "RollingBack (alarms rang)",
        ),
        ("describe_endpoint", GOOD["describe_endpoint"] | {"EndpointStatus": "Updating"}, "warning", "Updating"),
        (
            "describe_endpoint",
            GOOD["describe_endpoint"] | {"EndpointConfigName": "stockcast-dev-1"},
            "warning",
            "serving stockcast-dev-1, and the newest is stockcast-dev-2",
        ),
        (
            "describe_alarms",
            {"MetricAlarms": [{"AlarmName": "stockcast-dev-ingest-errors", "StateReason": "3 > 0"}]},
            "warning",
            "in ALARM: 3 > 0",
        ),
        (
            "list_subscriptions_by_topic",
            {"Subscriptions": [{"SubscriptionArn": "PendingConfirmation", "Endpoint": "night@example.com"}]},
            "warning",
            "not confirmed by night@example.com",
        ),
    ],
)
def test_what_is_wrong_is_found(operation: str, answer: Any, severity: str, told: str) -> None:
    """Terraform has called all of this a success."""
    (found,) = findings(**{operation: answer})

    assert found.severity == severity
    assert told in found.value + found.remedy


def test_what_is_not_there_yet_is_not_missed() -> None:
    """Before a first model there is no endpoint, asleep no Airflow, and a function that idles is none that failed."""
    assert findings(describe_endpoint=NO_ENDPOINT) == []
    assert findings({"asleep": True}, get_environment=DENIED) == []
    assert findings({"airflow": {"name": None}}, get_environment=DENIED) == []
    assert findings(get_function_configuration={"State": "Inactive", "LastUpdateStatus": "Successful"}) == []


class Root:
    def __init__(self, status: int, *events: dict[str, Any]) -> None:
        self.status, self.events = status, events

    def outputs(self) -> dict[str, Any]:
        return KNOWN

    def run(self, *args: str, capture: bool, may_end_with: Sequence[int]) -> tuple[str, int]:
        assert "-detailed-exitcode" in args
        return "\n".join(["Terraform's own words", *map(json.dumps, self.events)]), self.status


def planned(address: str, action: str) -> dict[str, Any]:
    return {"type": "planned_change", "change": {"action": action, "resource": {"addr": address}}}


def test_what_a_plan_would_change_again_is_found() -> None:
    """Else every later deployment carries a change along that nobody made."""
    root = Root(
        2, planned("aws_s3_bucket.a", "update"), {"type": "outputs", "outputs": {"url": {"action": "create"}, "b": {}}}
    )

    found = list(verify.as_planned(root, []))  # type: ignore[arg-type]

    assert [(one.address, one.value) for one in found] == [
        ("aws_s3_bucket.a", "planned to update again"),
        ("output.url", "planned to create again"),
    ]


def test_a_check_block_is_no_change() -> None:
    """It is read anew at every plan, which makes Terraform say that something changes."""
    root = Root(2, planned("data.aws_caller_identity.here", "read"), planned("aws_s3_bucket.a", "noop"))

    assert list(verify.as_planned(root, [])) == []  # type: ignore[arg-type]


def test_a_plan_that_fails_is_told_in_terraforms_words() -> None:
    error = {"type": "diagnostic", "diagnostic": {"severity": "error", "summary": "No", "detail": "key"}}

    with pytest.raises(Refused, match="ended with 1; it says: No: key"):
        list(verify.as_planned(Root(1, error), []))  # type: ignore[arg-type]


@pytest.fixture
def dev(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The whole command over an AWS and a Terraform that answer as told."""
    told: dict[str, Any] = {"root": Root(0), "aws": {}, "lock": []}
    monkeypatch.setattr(verify.applied, "outputs", lambda environment: KNOWN)
    monkeypatch.setattr(verify.values, "of", lambda environment: SimpleNamespace(region="us-east-1", asleep=False))
    monkeypatch.setattr(verify.handover, "take", lambda environment: told.get("plan") is not None)
    monkeypatch.setattr(verify.saved_plan, "of", lambda environment: told["plan"])
    monkeypatch.setattr(verify.commands, "answer", lambda environment, what: told["changes"])
    monkeypatch.setattr(planning, "state_now", lambda environment, found: told["serial"])
    monkeypatch.setattr(planning, "prepared", lambda environment, found, quietly: told["root"])
    monkeypatch.setattr(verify, "unlocked", lambda environment: told["lock"])
    monkeypatch.setattr(verify, "client_maker", lambda region: lambda service: Aws(GOOD | told["aws"]))
    return told


def test_warnings_do_not_stop_a_deployment(dev: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    dev["aws"] = {"describe_alarms": {"MetricAlarms": [{"AlarmName": "a", "StateReason": "r"}]}}

    verify.verify("dev")

    assert "stands as its code says: 7 checks, 1 warnings" in capsys.readouterr().out


@pytest.mark.parametrize("aws", [{"get_environment": DENIED}, {"get_environment": {"Environment": {"Status": "X"}}}])
def test_what_is_wrong_or_unknown_stops_a_deployment(dev: dict[str, Any], aws: dict[str, Any]) -> None:
    """The next environment must not get what did not work in this one; a gate that cannot see must not open."""
    dev["aws"] = aws

    with pytest.raises(Refused, match="1 of the findings above must be mended"):
        verify.verify("dev")


def test_a_locked_state_is_told_without_waiting_for_its_lock(dev: dict[str, Any]) -> None:
    dev["lock"] = [Finding("unlocked", "state", "locked by jane", "wait", Severity.ERROR)]
    dev["root"] = SimpleNamespace(outputs=lambda: KNOWN)  # a plan would fail here

    with pytest.raises(Refused, match="1 of the findings"):
        verify.verify("dev")


class Planned:
    """A plan that another build has left; made of the state with serial 7."""

    def check(self) -> None:
        """It is of this commit."""

    def check_state(self, now: int) -> None:
        if now != 7:
            raise Refused(f"the state moved on from serial 7 to {now}")


@pytest.mark.parametrize(("serial", "changes"), [(8, "no"), (7, "yes")])
def test_a_plan_that_is_not_of_what_stands_now_is_made_anew(dev: dict[str, Any], serial: int, changes: str) -> None:
    """A push that undoes the one before it plans no change while that one waits: green, it would lie."""
    dev |= {"plan": Planned(), "serial": serial, "changes": changes, "root": Root(2, planned("aws_x.y", "update"))}

    with pytest.raises(Refused, match="1 of the findings"):
        verify.verify("dev")


def test_what_was_planned_a_moment_ago_is_not_planned_again(dev: dict[str, Any]) -> None:
    """A push that changes nothing shall not wait for the same answer twice."""
    dev |= {"plan": Planned(), "serial": 7, "changes": "no", "root": None}

    verify.verify("dev")
