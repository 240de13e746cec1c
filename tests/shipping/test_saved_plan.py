"""A saved plan is good for as long as all lies here that it was made from."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipping import environments, planning, saved_plan, tools
from shipping.environments import Refused
from shipping.saved_plan import SavedPlan


@pytest.fixture
def saved(clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SavedPlan:
    """A plan of dev with its note, made from a clone."""
    monkeypatch.setattr(tools, "ROOT", clone)
    monkeypatch.setattr(environments, "ROOT", clone)
    monkeypatch.setenv("STOCKCAST_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("STOCKCAST_VAR_FILE", raising=False)
    made = saved_plan.of("dev")
    made.make_room()
    made.file.write_text("a plan")
    made.write_note()
    return made


def test_a_plan_is_good_while_nothing_changes(saved: SavedPlan) -> None:
    saved.check()


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
    monkeypatch.setattr(planning, "initialised", lambda environment, quietly: Root())
    monkeypatch.setattr(planning, "save_plan", lambda environment, saved, quietly: Root())
    if is_stale:
        (clone / "dags/requirements.txt").write_text("")

    assert planning.as_json("dev") == {"read": read}
    assert ("a plan is made just to be looked at" in capsys.readouterr().err) == is_stale
    assert saved.file.exists()
