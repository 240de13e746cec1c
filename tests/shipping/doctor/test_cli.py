"""The doctor as people call it: what it prints, and how it ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.shipping.doctor import good

from shipping import planning, saved_plan, terraform_root
from shipping.doctor import cli, live, report
from shipping.doctor.findings import Finding, Severity
from shipping.environments import Refused

WRONG = Finding("a rule", "aws_vpc.this", "a value", "A remedy.")


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """What the doctor is told: a plan, and an account that answers."""
    told: dict[str, Any] = {"plan": good.plan_json(good.shown(tmp_path)), "live": []}
    monkeypatch.setattr(terraform_root, "root_folder", lambda name: tmp_path)
    monkeypatch.setattr(cli, "plan_json", lambda environment: told["plan"])
    monkeypatch.setattr(live, "check_all", lambda account: told["live"])
    return told


def test_a_healthy_environment_ends_well(planned: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """Pipelines go by the exit status."""
    assert cli.main(["--env", "dev"]) == 0
    assert "checks: 0 error, 0 warning, 0 could not be checked." in capsys.readouterr().out


def test_an_error_of_the_plan_ends_badly(planned: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """The value, the rule and the remedy are what people need to go on."""
    for change in planned["plan"]["resource_changes"]:
        if change["address"] == "aws_lambda_function.ingest":
            change["change"]["after"]["timeout"] = 1000

    assert cli.main(["--env", "dev"]) == 1
    printed = capsys.readouterr().out
    assert printed.startswith("ERRORS")
    assert "aws_lambda_function.ingest" in printed
    assert "Lambda's timeout is 1 to 900" in printed


def test_an_error_of_the_account_ends_badly(planned: dict[str, Any]) -> None:
    """The plan alone may look well."""
    planned["live"] = [WRONG]

    assert cli.main(["--env", "dev"]) == 1


@pytest.mark.parametrize("severity", [Severity.WARNING, Severity.UNCHECKED])
def test_what_is_no_error_does_not_hold_anybody_up(
    planned: dict[str, Any], capsys: pytest.CaptureFixture[str], severity: Severity
) -> None:
    """A connection that nobody clicked yet must not keep dev from being made."""
    planned["live"] = [Finding("a rule", "sns", "a value", "A remedy.", severity)]

    assert cli.main(["--env", "dev"]) == 0
    assert "A remedy." in capsys.readouterr().out


def test_an_environment_that_cannot_be_planned_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Expired credentials are what most people meet first."""

    def refuse(environment: str) -> dict[str, Any]:
        raise Refused("the credentials have expired. Run `aws sso login`.")

    monkeypatch.setattr(cli, "plan_json", refuse)

    assert cli.main(["--env", "dev"]) == 1
    assert "aws sso login" in capsys.readouterr().out


def test_an_environment_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt ENV must not look healthy."""
    assert cli.main(["--env", "nowhere"]) == 1
    assert "ENV is 'nowhere'" in capsys.readouterr().err


def test_what_nobody_could_look_at_is_told_once(planned: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """Before a first apply that is most policies; forty lines of it would hide the rest."""
    for change in planned["plan"]["resource_changes"]:
        if change["type"] == "aws_iam_role_policy":
            del change["change"]["after"]["policy"]
            change["change"]["after_unknown"] = {"policy": True}

    assert cli.main(["--env", "dev"]) == 0
    assert capsys.readouterr().out.count("known only after the apply") == 1


def test_errors_stand_before_everything_else() -> None:
    """People read the first lines."""
    warned = Finding("a rule", "sns", "a value", "A remedy.", Severity.WARNING)

    printed = report.shown([warned, WRONG], checks=2)

    assert printed.index("ERRORS") < printed.index("WARNINGS")
    assert printed.endswith("2 checks: 1 error, 1 warning, 0 could not be checked.")


def sleeping(planned: dict[str, Any]) -> None:
    """Airflow is left out of the plan, for no other reason than sleep."""
    changes = planned["plan"]["resource_changes"]
    planned["plan"]["resource_changes"] = [one for one in changes if one["type"] != "aws_mwaa_environment"]
    planned["plan"]["variables"] |= {"asleep": {"value": True}, "airflow": {"value": {"enabled": True}}}


def test_what_sleeps_is_looked_at_as_it_would_wake(
    planned: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Otherwise `make wake` meets what nobody looked at; and what both plans have is told once."""
    sleeping(planned)
    awake = good.shown(tmp_path)
    awake["aws_mwaa_environment.this"]["environment_class"] = "mw1.tiny"
    monkeypatch.setattr(cli, "awake_plan_json", lambda environment: good.plan_json(awake))
    planned["live"] = [WRONG]

    assert cli.main(["--env", "dev"]) == 1
    printed = capsys.readouterr().out
    assert "mw1.tiny" in printed
    assert "Looked at as it sleeps and as it would wake." in printed
    assert printed.count("A remedy.") == 1


def test_what_cannot_be_planned_awake_is_told(
    planned: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half a look must not pass for a whole one."""

    def refuse(environment: str) -> dict[str, Any]:
        raise Refused("no second plan.")

    sleeping(planned)
    monkeypatch.setattr(cli, "awake_plan_json", refuse)

    assert cli.main(["--env", "dev"]) == 0
    printed = capsys.readouterr().out
    assert "not planned awake" in printed
    assert "Looked at as it sleeps only." in printed


def test_the_look_at_waking_leaves_no_plan_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It must never take the place of the plan that somebody has read."""
    monkeypatch.setenv("STOCKCAST_HOME", str(tmp_path))
    asked: list[Any] = []

    class Root:
        """Shows whatever plan it is given."""

        def plan_json(self, file: Path) -> dict[str, Any]:
            return {"shown": file.read_text()}

    def save_plan(environment: str, saved: saved_plan.SavedPlan, **how: Any) -> Root:
        asked.append((environment, saved.file.name, how))
        saved.file.parent.mkdir(parents=True)
        saved.file.write_text("awake")
        return Root()

    monkeypatch.setattr(planning, "save_plan", save_plan)

    assert cli.awake_plan_json("dev") == {"shown": "awake"}
    assert asked == [("dev", saved_plan.for_a_look("dev").file.name, {"asleep": False, "quietly": True})]
    assert not list(tmp_path.rglob("*.tfplan"))


@pytest.mark.parametrize(("asleep", "hidden"), [(True, True), ("true", True), (False, False), ("false", False)])
def test_a_choice_that_was_handed_on_by_word_is_understood(asleep: object, hidden: bool) -> None:
    """After `make sleep` every plan gets the choice on its command line, and keeps it as a word."""
    shown = {"variables": {"asleep": {"value": asleep}, "airflow": {"value": {"enabled": True}}}}

    assert cli._hides_airflow(shown) is hidden
