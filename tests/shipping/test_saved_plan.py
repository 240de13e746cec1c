"""A saved plan is good for as long as all lies here that it was made from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shipping import environments, planning, saved_plan, terraform_root, tools
from shipping.environments import Refused
from shipping.saved_plan import SavedPlan
from shipping.state_head import StateHead

PLANNED_ON = StateHead(12, "2f1c", "2026-03-04 06:00:00 UTC with Terraform 1.11.4")


@pytest.fixture
def saved(clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SavedPlan:
    """A plan of dev with its note, made from a clone."""
    monkeypatch.setattr(tools, "ROOT", clone)
    monkeypatch.setattr(environments, "ROOT", clone)
    monkeypatch.setenv("STOCKCAST_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("STOCKCAST_VAR_FILE", raising=False)
    monkeypatch.setenv("STOCKCAST_COMMIT", "f00")
    monkeypatch.setattr(terraform_root, "version", lambda: "1.11.4")
    made = saved_plan.of("dev")
    made.make_room()
    made.file.write_text("a plan")
    made.write_note(PLANNED_ON)
    return made


def test_a_plan_is_good_while_nothing_changes(saved: SavedPlan) -> None:
    saved.check()
    saved.check_state(PLANNED_ON)


def test_a_plan_of_another_commit_is_refused(saved: SavedPlan, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pipeline shows one commit as deployed, and another one's plan would have been applied."""
    monkeypatch.setenv("STOCKCAST_COMMIT", "ba4")

    with pytest.raises(Refused, match="was made with the commit f00, now it is ba4"):
        saved.check()


def test_a_plan_of_another_terraform_is_refused(saved: SavedPlan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terraform_root, "version", lambda: "1.12.0")

    with pytest.raises(Refused, match=r"was made with Terraform 1\.11\.4, now it is 1\.12\.0"):
        saved.check()


def test_a_plan_of_another_environment_is_refused(saved: SavedPlan) -> None:
    """Under staging's name it would make dev's resources in staging's account."""
    other = saved_plan.of("staging")
    saved.file.rename(other.file)
    saved.note.rename(other.note)

    with pytest.raises(Refused, match="was made with the environment dev, now it is staging"):
        other.check()


def test_an_edited_plan_is_refused(saved: SavedPlan) -> None:
    saved.file.write_text("another plan")

    with pytest.raises(Refused, match="was made with the plan's content"):
        saved.check()


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (
            StateHead(13, "2f1c", "2026-03-05 07:00:00 UTC with Terraform 1.11.4"),
            r"moved on from serial 12 to 13 after this plan was made \(written 2026-03-05 07:00:00 .*Run `make plan",
        ),
        (StateHead(12, "77aa"), "on a state with lineage 2f1c, the state there now has 77aa"),
        (StateHead(), "the state there now has none"),
    ],
)
def test_a_plan_of_a_state_that_changed_since_is_refused(saved: SavedPlan, now: StateHead, told: str) -> None:
    """It would undo what was applied in between, or make it twice."""
    with pytest.raises(Refused, match=told):
        saved.check_state(now)


def test_a_first_plan_is_refused_once_something_stands(saved: SavedPlan) -> None:
    """Two people who plan an empty environment must not both make it."""
    saved.write_note(StateHead())
    saved.check_state(StateHead())

    with pytest.raises(Refused, match="moved on from serial 0 to 1"):
        saved.check_state(StateHead(1, "2f1c"))


def test_a_note_without_a_state_is_refused(saved: SavedPlan) -> None:
    """Whoever strikes the state out of the note must not get past the check."""
    noted = json.loads(saved.note.read_text())
    del noted["the state"]
    saved.note.write_text(json.dumps(noted))

    with pytest.raises(Refused, match="does not tell which state"):
        saved.check_state(PLANNED_ON)


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("dags/requirements.txt", "Airflow's requirements"),
        ("dags/constraints-3.0.6-py3.12.txt", "Airflow's requirements"),
        ("envs/dev/platform.tfvars", "the values"),
    ],
)
def test_a_plan_is_refused_once_what_it_was_made_from_changed(
    saved: SavedPlan, clone: Path, file: str, told: str
) -> None:
    """Terraform opens the requirements only at apply: Airflow would install what nobody has read."""
    with (clone / file).open("a") as opened:
        opened.write("# changed\n")

    with pytest.raises(Refused, match=rf"was made with {told} .*Run `make plan ENV=dev` and read it first"):
        saved.check()


def test_values_named_beside_the_environment_count(
    saved: SavedPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They win over the environment's own."""
    (tmp_path / "more.tfvars").write_text("asleep = true\n")
    monkeypatch.setenv("STOCKCAST_VAR_FILE", str(tmp_path / "more.tfvars"))

    with pytest.raises(Refused, match="was made with the values"):
        saved.check()


class Root:
    def plan_json(self, file: Path) -> dict[str, str]:
        return {"read": file.name}


@pytest.mark.parametrize(("is_stale", "read"), [(False, "dev.tfplan"), (True, "dev.look.tfplan")])
def test_only_a_plan_that_could_be_applied_is_looked_at(
    saved: SavedPlan, clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    is_stale: bool, read: str,
) -> None:  # fmt: skip
    """The doctor would call last week's plan healthy, and today's is the one that gets applied."""
    monkeypatch.setattr(planning, "checked", lambda environment: None)
    monkeypatch.setattr(planning, "state_now", lambda environment, found: PLANNED_ON)
    monkeypatch.setattr(planning, "initialised", lambda environment, quietly: Root())
    monkeypatch.setattr(planning, "save_plan", lambda environment, saved, quietly: Root())
    if is_stale:
        (clone / "dags/requirements.txt").write_text("")

    assert planning.as_json("dev") == {"read": read}
    assert ("a plan is made just to be looked at" in capsys.readouterr().err) == is_stale
    assert saved.file.exists()
