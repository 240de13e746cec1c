"""`make review`, `make changes` and `make summary` over a saved plan; Terraform's answer is played."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.shipping.review.plans import Shown, change, plan, settings

from shipping import saved_plan, terraform, terraform_root, tools
from shipping.environments import Refused
from shipping.review import commands
from shipping.review import terminal as terminal_form
from shipping.review.report import parse_report
from shipping.saved_plan import SavedPlan


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SavedPlan:
    """A saved plan whose note fits, in a clone of its own."""
    monkeypatch.setenv("STOCKCAST_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(tools, "ROOT", tmp_path)
    monkeypatch.setattr(SavedPlan, "check", lambda self: None)
    found = saved_plan.of("local")
    found.file.parent.mkdir(parents=True)
    found.file.write_bytes(b"a plan")
    return found


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What `terraform show` says, and how often Terraform had to be initialised."""
    played: dict[str, Any] = {"shown": plan(*settings(1)), "inits": 0, "is_initialised": True}

    def plan_json(self: object, file: Path) -> Shown:
        if not played["is_initialised"]:
            raise Refused("`terraform show` ended with 1")
        shown: Shown = played["shown"]
        return shown

    def init(self: object, *, quietly: bool = False) -> None:
        played.update(inits=played["inits"] + 1, is_initialised=True)

    monkeypatch.setattr(terraform_root.TerraformRoot, "plan_json", plan_json)
    monkeypatch.setattr(terraform_root.TerraformRoot, "init", init)
    return played


def test_a_review_is_kept_in_three_forms_and_answers_changes_and_summary(
    saved: SavedPlan, answers: dict[str, Any], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A pipeline skips its approval by one of the answers and shows the other to whom it asks."""
    answers["shown"] = plan(*settings(1), change("aws_kms_key.k", None, {"id": "k"}))

    assert terraform.main(["review", "--env", "local"]) == 0
    assert "Review of the saved plan of local" in capsys.readouterr().out
    assert sorted(file.name for file in (tmp_path / "build/review/local").iterdir()) == [
        "plan.html", "plan.md", "review.json",
    ]  # fmt: skip

    assert terraform.main(["changes", "--env", "local"]) == 0
    assert capsys.readouterr().out == "yes\n"
    assert terraform.main(["summary", "--env", "local"]) == 0
    assert capsys.readouterr().out.startswith("1 to add, 0 to change, 0 to destroy; no dangers; 85 -> 86 USD a month")


@pytest.mark.parametrize("columns", [70, 110])
def test_a_review_is_as_wide_as_the_terminal_and_coloured_only_there(
    saved: SavedPlan, answers: dict[str, Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    columns: int,
) -> None:  # fmt: skip
    """Lines that the terminal breaks by itself, and escape codes in a log, are read by nobody."""
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.delenv("NO_COLOR", raising=False)
    answers["shown"] = plan(*settings(1), change("module.a.aws_kms_key.k", {"id": "k"}))

    commands.review("local")
    piped = capsys.readouterr().out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    commands.review("local")
    coloured = capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    commands.review("local")

    assert capsys.readouterr().out == piped
    assert columns - 25 < max(map(len, piped.splitlines()[:-1])) <= columns
    assert "\033" not in piped
    assert "\033[31mDESTROYED (1)\033[0m\n" in coloured


def test_the_report_is_kept_for_whoever_approves(
    saved: SavedPlan, answers: dict[str, Any], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """`make approve` shows it in a terminal of another width, and has no plan to make it from."""
    answers["shown"] = plan(*settings(1), change("aws_kms_key.k", {"id": "k"}))
    commands.review("local")

    kept = json.loads((tmp_path / "build/review/local/review.json").read_text())

    text = terminal_form.render(parse_report(kept[commands.REPORT]), width=terminal_form.find_width())
    assert capsys.readouterr().out.startswith(text)
    assert "DESTROYED (1)" in text


def test_a_plan_that_changes_nothing_answers_no(
    saved: SavedPlan, answers: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Otherwise every push would ask somebody."""
    commands.review("local")
    capsys.readouterr()

    commands.changes("local")

    assert capsys.readouterr().out == "no\n"


def test_without_a_saved_plan_both_answer_none(saved: SavedPlan, capsys: pytest.CaptureFixture[str]) -> None:
    """The builds that check and verify have none, and ask all the same."""
    saved.file.unlink()

    assert [terraform.main([verb, "--env", "local"]) for verb in ("changes", "summary")] == [0, 0]
    assert capsys.readouterr().out == "none\nnone\n"


def test_a_plan_above_the_ceiling_fails_and_its_review_stays_to_be_read(
    saved: SavedPlan, answers: dict[str, Any], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The build is red, and who looks finds out why."""
    answers["shown"] = plan(*settings(10))

    assert terraform.main(["review", "--env", "local"]) == 1

    told = capsys.readouterr()
    assert "above its ceiling of 500" in told.err
    assert "Forecast endpoint" in told.out
    assert json.loads((tmp_path / "build/review/local/review.json").read_text())["is_above_ceiling"] is True


def test_a_plan_with_a_machine_that_has_no_price_fails(
    saved: SavedPlan, answers: dict[str, Any], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The dearest machine of all would go through the gate as the cheapest."""
    answers["shown"] = plan(*settings(1, "ml.p4d.24xlarge"))

    assert terraform.main(["review", "--env", "local"]) == 1

    told = capsys.readouterr()
    assert "no price for Forecast endpoint: 1 × ml.p4d.24xlarge" in told.err
    assert "not priced, so no pipeline applies this plan" in told.out
    assert "no pipeline applies this plan" in (tmp_path / "build/review/local/plan.html").read_text()
    assert "with parts that have no price" in (tmp_path / "build/review/local/plan.md").read_text()


@pytest.mark.parametrize("verb", ["changes", "summary"])
def test_answers_about_another_plan_are_refused(
    saved: SavedPlan, answers: dict[str, Any], capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    """A `no` left by yesterday's plan would skip the apply of today's."""
    assert terraform.main([verb, "--env", "local"]) == 1
    assert "was not reviewed" in capsys.readouterr().err

    commands.review("local")
    saved.file.write_bytes(b"another plan")
    capsys.readouterr()

    assert terraform.main([verb, "--env", "local"]) == 1
    told = capsys.readouterr()
    assert (told.out, "is of another plan" in told.err) == ("", True)


def test_terraform_is_initialised_only_where_it_is_not(saved: SavedPlan, answers: dict[str, Any]) -> None:
    """After `make plan` it is, and doing it again takes seconds of every push."""
    commands.review("local")
    assert answers["inits"] == 0

    answers["is_initialised"] = False
    commands.review("local")
    assert answers["inits"] == 1


def test_a_plan_that_apply_would_refuse_is_not_reviewed(
    saved: SavedPlan, answers: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who approves a review approves the plan that is applied."""
    monkeypatch.undo()
    monkeypatch.setenv("STOCKCAST_HOME", str(saved.file.parents[1]))

    with pytest.raises(Refused, match="has no note"):
        commands.review("local")
