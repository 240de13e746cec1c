"""What the planning build leaves is all that the applying one needs, and nothing else is applied."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from localaws.codebuild import junit
from shipping import environments, handover, package, saved_plan, terraform_root, tools
from shipping.environments import Refused
from shipping.state_head import StateHead

Stand = Callable[[Path, str], None]


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stand:
    """Go to stand in a clone, with a home of its own, as a build has them."""

    def go(clone: Path, home: str) -> None:
        monkeypatch.setattr(tools, "ROOT", clone)
        monkeypatch.setattr(environments, "ROOT", clone)
        monkeypatch.setenv("STOCKCAST_HOME", str(tmp_path / home))

    monkeypatch.setenv("STOCKCAST_COMMIT", "f00")
    monkeypatch.setenv("TARGETS", "plan review handover")
    monkeypatch.delenv("STOCKCAST_VAR_FILE", raising=False)
    monkeypatch.delenv("CODEBUILD_SRC_DIR_plan_dev", raising=False)
    monkeypatch.setattr(terraform_root, "version", lambda: "1.11.4")
    return go


@pytest.fixture
def given(clone: Path, tmp_path: Path, stand: Stand, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The artifact of a build that planned dev, as CodeBuild lays it beside another checkout."""
    stand(clone, "home")
    plan_dev(clone)
    handover.give("dev")
    artifact = Path(shutil.copytree(clone / "build/handover", tmp_path / "artifact"))
    no_build = shutil.ignore_patterns("build")
    other = Path(shutil.copytree(clone, tmp_path / "other", ignore=no_build, copy_function=os.link))
    stand(other, "other-home")
    monkeypatch.setenv("CODEBUILD_SRC_DIR_plan_dev", str(artifact))
    return artifact


def plan_dev(clone: Path) -> None:
    package.build(clone, clone / "build")
    saved = saved_plan.of("dev")
    saved.make_room()
    saved.file.write_text("a plan")
    saved.write_note(StateHead(12, "2f1c"))
    (clone / "build/review/dev").mkdir(parents=True)
    (clone / "build/review/dev/review.md").write_text("nothing dangerous")


def test_a_plan_arrives_in_another_checkout_with_all_that_belongs_to_it(given: Path, clone: Path) -> None:
    """An apply that packages anew could upload something that nobody has read."""
    assert handover.take("dev")

    saved = saved_plan.of("dev")
    saved.check()
    saved.check_state(StateHead(12, "2f1c"))
    assert saved.file.read_text() == "a plan"
    assert saved.file.parent.stat().st_mode & 0o777 == 0o700
    for path in ("manifest.json", "ingest.zip", "forecast.zip", "jobs/source.tar.gz", "jobs/files/train.py"):
        assert (tools.ROOT / "build" / path).read_bytes() == (clone / "build" / path).read_bytes()
    assert (given / "review/dev/review.md").exists()


def test_what_is_handed_over_is_for_its_owner_alone_and_says_what_it_is(given: Path, clone: Path) -> None:
    assert (clone / "build/handover").stat().st_mode & 0o777 == 0o700
    made = {"commit": "f00", "environment": "dev", "targets": "plan review handover"}
    assert json.loads((given / "made.json").read_text()) == made


@pytest.mark.parametrize("targets", ["sync-dags handover", "check-infra package handover", "drift handover"])
def test_a_build_that_tests_nothing_still_leaves_a_report(
    clone: Path, stand: Stand, monkeypatch: pytest.MonkeyPatch, targets: str
) -> None:
    """CodeBuild fails the upload of a report without a file, after a deploy that went well."""
    stand(clone, "home")
    monkeypatch.setenv("TARGETS", targets)

    handover.give("dev")

    cases = junit.cases_of(clone / "build/reports/build.xml")
    assert [case["name"] for case in cases] == targets.split()[:-1]
    assert {(case["testSuiteName"], case["status"]) for case in cases} == {("dev", "SUCCEEDED")}
    assert "time" not in (clone / "build/reports/build.xml").read_text()


def test_a_report_of_another_target_stays(clone: Path, stand: Stand) -> None:
    """Which test of a check failed stands in that target's own report."""
    stand(clone, "home")
    (clone / "build/reports").mkdir(parents=True)
    (clone / "build/reports/infra.xml").write_text("<testsuite/>")

    handover.give("dev")

    assert sorted(file.name for file in (clone / "build/reports").iterdir()) == ["build.xml", "infra.xml"]


def test_without_a_plan_the_folder_stands_and_holds_nothing_old(given: Path, clone: Path, stand: Stand) -> None:
    """The build that verifies has no plan; CodeBuild fails without the folder, and an old plan must not travel."""
    stand(clone, "home")
    saved_plan.of("dev").discard()

    handover.give("dev")

    assert [path.name for path in (clone / "build/handover").iterdir()] == ["made.json"]


def test_a_plan_that_could_not_be_applied_is_not_handed_over(clone: Path, stand: Stand) -> None:
    """Somebody would read and approve it, and learn of it only then."""
    stand(clone, "home")
    plan_dev(clone)
    (clone / "dags/requirements.txt").write_text("")

    with pytest.raises(Refused, match="was made with Airflow's requirements"):
        handover.give("dev")


@pytest.mark.parametrize(
    "missing",
    [
        "plan/dev.tfplan",
        "plan/dev.tfplan.json",
        "packages/manifest.json",
        "packages/ingest.zip",
        "packages/jobs/source.tar.gz",
    ],
)
def test_a_missing_part_is_told_and_nothing_is_taken(given: Path, missing: str) -> None:
    """Half of what was planned would be uploaded, the other half be what lay there by chance."""
    (given / missing).unlink()

    with pytest.raises(Refused, match=rf"{missing} is missing from what the planning build handed over"):
        handover.take("dev")
    assert not saved_plan.of("dev").file.exists()


@pytest.mark.parametrize(
    "edited", ["packages/ingest.zip", "packages/jobs/files/train.py", "packages/jobs/source.tar.gz"]
)
def test_a_package_that_was_edited_on_the_way_is_refused(given: Path, edited: str) -> None:
    """Terraform uploads at apply whatever lies there then."""
    with (given / edited).open("ab") as file:
        file.write(b"# evil")

    with pytest.raises(Refused, match="only what somebody has read is applied"):
        handover.take("dev")
    assert not saved_plan.of("dev").file.exists()


def test_a_plan_that_was_edited_on_the_way_is_refused(given: Path) -> None:
    (given / "plan/dev.tfplan").write_text("another plan")

    assert handover.take("dev")
    with pytest.raises(Refused, match="was made with the plan's content"):
        saved_plan.of("dev").check()


def test_outside_a_pipeline_nothing_is_taken(clone: Path, stand: Stand) -> None:
    """`make apply` at a desk applies the plan that lies there."""
    stand(clone, "home")

    assert not handover.take("dev")
