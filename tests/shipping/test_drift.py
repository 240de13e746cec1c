"""Who hears of drift, and that looking for it disturbs nobody."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest

from shipping import drift, planning, saved_plan
from shipping.environments import Refused

TOPIC = "arn:aws:sns:us-east-1:111111111111:stockcast-dev-alerts"
GONE = {
    "address": "aws_sns_topic.this", "type": "aws_sns_topic", "mode": "managed",
    "change": {"actions": ["delete"], "before": {}, "after": None},
}  # fmt: skip


class Root:
    """A root whose refresh finds what it is told; it notes how Terraform was asked."""

    def __init__(self, known: dict[str, Any], found: dict[str, Any]) -> None:
        self.known, self.found = known, found
        self.asked: list[Sequence[str]] = []

    def outputs(self) -> dict[str, Any]:
        return self.known

    def run(self, *args: str, capture: bool) -> tuple[str, int]:
        self.asked.append(args)
        saved_plan.for_drift("dev").file.write_text("a plan")
        return "", 0

    def plan_json(self, file: Path) -> dict[str, Any]:
        assert file.exists()
        return self.found


class Values:
    region, asleep = "us-east-1", True


class Sns:
    def __init__(self) -> None:
        self.sent: list[dict[str, str]] = []

    def publish(self, **mail: str) -> None:
        self.sent.append(mail)


@pytest.fixture
def sns(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Sns:
    desk = Sns()
    monkeypatch.setenv("STOCKCAST_HOME", str(tmp_path))
    monkeypatch.setattr(boto3, "client", lambda service, region_name: {"sns": desk}[service])
    monkeypatch.setattr(planning, "checked", lambda environment: Values())
    monkeypatch.setattr(drift, "busy", lambda environment: "")
    return desk


def look(monkeypatch: pytest.MonkeyPatch, found: dict[str, Any], **known: Any) -> Root:
    root = Root({"alerts_topic": TOPIC, "region": "us-east-1", "asleep": True} | known, found)
    monkeypatch.setattr(planning, "prepared", lambda environment, values, quietly: root)
    drift.tell("dev")
    return root


def test_drift_is_told_to_the_environments_topic(
    sns: Sns, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody watches the log of a build at five in the morning."""
    look(monkeypatch, {"resource_drift": [GONE]})

    (mail,) = sns.sent
    assert (mail["TopicArn"], mail["Subject"]) == (TOPIC, "Stockcast dev: 1 resources changed past Terraform")
    assert "aws_sns_topic.this\n  is gone" in mail["Message"]
    assert mail["Message"] in capsys.readouterr().out


def test_without_drift_nobody_is_disturbed(
    sns: Sns, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    look(monkeypatch, {})

    assert sns.sent == []
    assert capsys.readouterr().out == "dev: no drift; AWS is what the state says\n"


def test_looking_takes_no_lock_keeps_nothing_and_lets_sleep(sns: Sns, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment must never wait for a look, and a sleeping environment must not look like a broken one."""
    (asked,) = look(monkeypatch, {}).asked

    assert asked[0] == "plan"
    assert {"-refresh-only", "-lock=false", "-var=asleep=true"} <= set(asked)
    assert not saved_plan.for_drift("dev").file.exists()


def test_an_environment_that_does_not_stand_is_refused(sns: Sns, monkeypatch: pytest.MonkeyPatch) -> None:
    """`No drift` would be read as `all is well`."""
    root = Root({}, {})
    monkeypatch.setattr(planning, "prepared", lambda environment, values, quietly: root)

    with pytest.raises(Refused, match=r"nothing is applied there\. Run `make plan apply ENV=dev`"):
        drift.tell("dev")
