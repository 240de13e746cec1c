"""`git push` deploys: bad commits stop at their gate, rejected ones change nothing, a killed apply is finished later.

Each test begins where the one before ended, the first where test_push.py ends: logs are kept for three days, and
Airflow serves the DAG that says hello.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.local.builds import artifact, await_build, free_lock, kill_the_apply
from tests.local.conftest import Running
from tests.local.pushing import DAGS, HELLO, INFRASTRUCTURE, VALUES, Clone, current_clone, deployed, listed, retention

from localaws import airflow, processes, remote

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.extended,
    pytest.mark.xdist_group("stack"),
    pytest.mark.timeout(1800),
]


@pytest.fixture(scope="module")
def clone(running: Running, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone of what test_push.py deployed. Where that did not run, the same is deployed here."""
    folder = tmp_path_factory.mktemp("push") / "clone"
    if listed(running, "watch_pushes"):
        subprocess.run(["git", "clone", "--quiet", str(remote.repository(running.stack)), str(folder)], check=True)
        return Clone(folder, running)
    clone = current_clone(running, folder)
    clone.edit(VALUES, "log_days = 7", "log_days = 3")
    clone.write(*HELLO)
    commit = clone.push("Keep logs for three days, and say hello")
    deployed(clone, commit)
    assert clone.ended(DAGS, commit)["status"] == "Succeeded"
    return clone


@pytest.fixture(scope="module")
def deleted(clone: Clone) -> str:
    """A push that deletes the DAG, leaves Terraform unformatted and hides a failing command behind a pipe."""
    (clone.folder / "dags" / "watch_pushes.py").unlink()
    clone.edit(VALUES, 'environment  = "local"', 'environment = "local"')
    clone.edit("buildspec-infra.yml", "make $TARGETS", "make $TARGETS | cat #")
    return clone.push("Say hello no more")


def test_a_deleted_dag_is_gone_from_airflow(deleted: str, running: Running, clone: Clone) -> None:
    """Airflow would go on running it, by a file that nobody finds in the repository."""
    found = clone.ended(DAGS, deleted)

    assert found["status"] == "Succeeded", clone.why(found)
    assert processes.wait_until(lambda: not listed(running, "watch_pushes"), 180)


def test_a_failing_check_stops_the_infrastructure_pipeline_before_its_plan(deleted: str, clone: Clone) -> None:
    """The build of the same commit runs the buildspec with the pipe, so the check must not be fooled by it."""
    found = clone.ended(INFRASTRUCTURE, deleted)

    assert found["status"] == "Failed"
    assert clone.status(found, "Check") == "Failed", clone.why(found)
    assert clone.status(found, "Plan-local") not in ("Succeeded", "Failed")


@pytest.fixture(scope="module")
def too_costly(deleted: str, clone: Clone) -> str:
    """A DAG with a syntax error, and ten times the endpoint's instances."""
    clone.git("checkout", "--quiet", "HEAD~1", "--", "buildspec-infra.yml", VALUES)
    clone.edit(VALUES, "instance_count = 1, scaling = { max_instances = 2 }", "instance_count = 100")
    clone.edit("dags/train_model.py", "import ", "imp ort ")
    return clone.push("Serve a hundredfold")


def test_a_dag_with_a_syntax_error_stops_at_the_check_and_airflow_keeps_the_old(
    too_costly: str, running: Running, clone: Clone
) -> None:
    """The night's run must not fail because of a typing mistake of the day."""
    found = clone.ended(DAGS, too_costly)

    assert found["status"] == "Failed"
    assert clone.status(found, "Check") == "Failed", clone.why(found)
    assert "train_model.py" in clone.why(found)
    assert listed(running, "train_model")
    assert airflow.Api(running.stack).import_errors() == []


def test_a_plan_above_the_ceiling_is_stopped_before_anybody_is_asked(too_costly: str, clone: Clone) -> None:
    found = clone.ended(INFRASTRUCTURE, too_costly)

    assert found["status"] == "Failed"
    assert clone.status(found, "Plan-local") == "Failed", clone.why(found)
    assert "monthly_limit_usd" in clone.why(found)


@pytest.fixture(scope="module")
def rejected(too_costly: str, clone: Clone, running: Running) -> dict[str, Any]:
    """Two good pushes at once; the first is rejected, and the second waits then."""
    clone.git("checkout", "--quiet", "HEAD~2", "--", VALUES, "dags/train_model.py")
    clone.edit(VALUES, "log_days = 3", "log_days = 7")
    first = clone.push("Keep logs for a week again")
    clone.edit(VALUES, "log_days = 7", "log_days = 5")
    second = clone.push("Keep logs for five days again")
    waiting = clone.waiting(INFRASTRUCTURE, first)
    seen: dict[str, Any] = {"waiting": waiting, "second": second}
    behind = f"behind {waiting['id'][:8]}"  # it plans meanwhile, until it comes to where the first one waits
    seen["queued"] = clone.await_execution(
        INFRASTRUCTURE, second, lambda found: found["status"] != "InProgress" or behind in found["waits"]
    )
    seen["reject"] = running.make("reject")
    seen["rejected"] = clone.ended(INFRASTRUCTURE, first)
    clone.waiting(INFRASTRUCTURE, second)
    seen["days"] = retention(running)
    return seen


def test_a_second_push_is_queued_behind_one_that_waits(rejected: dict[str, Any], clone: Clone) -> None:
    """Two applies at once, or a newer one overtaking an older one, would leave what nobody has planned."""
    first, queued = rejected["waiting"], rejected["queued"]
    assert queued["status"] == "InProgress", clone.why(queued)
    assert queued["waits"] == f"waits before stage Approve-local, behind {first['id'][:8]}"
    assert clone.status(queued, "Apply-local") == "NotStarted"


def test_what_is_rejected_is_not_applied(rejected: dict[str, Any], clone: Clone) -> None:
    assert rejected["reject"].returncode == 0, rejected["reject"].stderr
    assert rejected["rejected"]["status"] == "Failed"
    assert clone.status(rejected["rejected"], "Apply-local") != "Succeeded"
    assert rejected["days"] == 3


@pytest.fixture(scope="module")
def killed(rejected: dict[str, Any], clone: Clone, running: Running) -> dict[str, Any]:
    """The second push, whose build is killed while it applies."""
    approve = running.make("approve")
    assert approve.returncode == 0, approve.stderr
    assert processes.wait_until(lambda: kill_the_apply(running), 600, poll_seconds=0.05)
    found = clone.ended(INFRASTRUCTURE, rejected["second"])
    unlock = running.make("unlock", "ENV=local", "CONFIRM=local")
    return {"commit": rejected["second"], "execution": found, "unlock": unlock}


def test_a_killed_apply_fails_and_its_lock_is_told_with_who_and_how_old(
    killed: dict[str, Any], running: Running, clone: Clone
) -> None:
    """The next push runs into the lock; whoever reads its message must not take it from somebody at work."""
    found, unlock = killed["execution"], killed["unlock"]

    assert found["status"] == "Failed"
    assert clone.status(found, "Apply-local") == "Failed"
    assert unlock.returncode != 0
    assert "locked by" in unlock.stdout + unlock.stderr
    assert re.search(r"\b\d min ago, for apply with Terraform", unlock.stdout)
    assert "is not taken away" in unlock.stderr


def test_after_the_lock_is_freed_the_next_push_finishes_what_was_begun(
    killed: dict[str, Any], running: Running, clone: Clone
) -> None:
    """Half an apply is mended by planning again, not by hand."""
    free_lock(running)  # as if four hours had passed
    clone.edit(VALUES, "log_days = 5", "log_days = 1")

    commit = clone.push("Keep logs for a day")

    clone.waiting(INFRASTRUCTURE, commit)
    assert running.make("approve").returncode == 0
    found = clone.ended(INFRASTRUCTURE, commit)
    assert found["status"] == "Succeeded", clone.why(found)
    assert retention(running) == 1


def test_a_plan_of_another_commit_is_not_applied(killed: dict[str, Any], running: Running, clone: Clone) -> None:
    """An artifact in the wrong place must not bring an older plan over a newer environment."""
    newest = clone.git("rev-parse", "HEAD").strip()
    older = artifact(running, killed["execution"]["id"], "plan_local")
    source = artifact(running, clone.ended(INFRASTRUCTURE, newest)["id"], "source")
    codebuild = running.client("codebuild")

    build = codebuild.start_build(
        projectName="stockcast-delivery-infra-apply-local",
        sourceTypeOverride="S3",
        sourceLocationOverride=source,
        secondarySourcesOverride=[{"type": "S3", "location": older, "sourceIdentifier": "plan_local"}],
        artifactsOverride={"type": "NO_ARTIFACTS"},
        environmentVariablesOverride=[
            {"name": "ENVIRONMENT", "value": "local"},
            {"name": "TARGETS", "value": "apply handover"},
            {"name": "STOCKCAST_COMMIT", "value": newest},
        ],
    )["build"]
    ended = await_build(codebuild, build["id"])

    log = running.stack.logs / "builds" / Path(build["id"].replace(":", "/") + ".log")
    assert ended["buildStatus"] == "FAILED"
    assert killed["commit"][:12] in log.read_text()
    assert "only what somebody has read is applied" in log.read_text()


def test_a_requirement_that_breaks_mwaa_s_constraints_stops_at_both_checks(running: Running, clone: Clone) -> None:
    """MWAA would take half an hour to find out, and then keep the older requirements without saying so loudly."""
    clone.edit("dags/requirements.txt", "\n", "\napache-airflow-providers-amazon==1.0.0\n")

    commit = clone.push("Pin an older provider")

    for pipeline in (DAGS, INFRASTRUCTURE):
        found = clone.ended(pipeline, commit)
        assert found["status"] == "Failed"
        assert "apache-airflow-providers-amazon" in clone.why(found)
        assert clone.status(found, "Apply-local" if pipeline == INFRASTRUCTURE else "Sync-local") != "Succeeded"


def test_watching_ends_with_the_newest_execution_s_verdict(running: Running) -> None:
    """A script has only the exit status; the last push was a bad one."""
    watched = running.make("pipelines", "WATCH=1")

    assert watched.returncode != 0
    assert "failed: " in watched.stdout
