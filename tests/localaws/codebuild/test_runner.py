"""What takes minutes through the API, where the shortest time limit is five, in moments."""

from __future__ import annotations

import dataclasses
import os
import threading
import time
from pathlib import Path

import pytest
from tests.localaws.codebuild.conftest import ENVIRONMENT, message, phases
from tests.localaws.helpers import ACCOUNT, REGION, Gateway

from localaws import processes, roles
from localaws.clients import ROOT
from localaws.codebuild import build_log, builds, record, runner, start
from localaws.codebuild.machine import Machine
from localaws.codebuild.place import Place
from localaws.codebuild.projects import Projects
from localaws.codebuild.report_groups import ReportGroups
from localaws.gateway import config

PLACE = Place(ACCOUNT, REGION)


@pytest.fixture
def machine(gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """The gateway's S3 and logs as root, with short minutes; nobody hears of events."""
    monkeypatch.setattr(roles, "assume", lambda *_: ROOT)
    monkeypatch.setattr(roles, "give_back", lambda _: None)
    monkeypatch.setattr(record, "emit", lambda *_: None)
    monkeypatch.setattr(builds, "MINUTE_SECONDS", 0.2)
    running = config.read(gateway.folder / "gateway.json")
    own = dataclasses.replace(running, log_dir=tmp_path / "logs", builds=config.Builds(tmp_path / "w"))
    return Machine(own, PLACE, ReportGroups(PLACE))


def build_of(machine: Machine, command: str, last: str = "true") -> record.Build:
    """A build with this command, whose time and whose time in the queue are one minute."""
    phase = f"{{commands: [{command}], finally: ['{last}']}}"
    spec = f"version: 0.2\nphases: {{build: {phase}, post_build: {{commands: [echo after]}}}}"
    project = {
        "name": "slow", "source": {"type": "NO_SOURCE", "buildspec": spec}, "artifacts": {"type": "NO_ARTIFACTS"},
        "environment": ENVIRONMENT | {"environmentVariables": []}, "serviceRole": "r", "encryptionKey": "k",
        "timeoutInMinutes": 1, "queuedTimeoutInMinutes": 1, "cache": {"type": "NO_CACHE"},
    }  # fmt: skip
    return record.Build(start.record(project, PLACE, machine.logs, 1, "me"), {}, {"type": "NO_ARTIFACTS"})


def run_until(machine: Machine, build: record.Build, begun: Path, how: str) -> str:
    """Run a build, and let its time be over, or stop it, once its command has made the file `begun`; its status."""
    running = runner.Runner(machine, build)
    assert running.deadline == pytest.approx(time.monotonic() + 60, abs=1)  # timeoutInMinutes is 1

    def interrupt() -> None:
        assert processes.wait_until(begun.exists, 20, poll_seconds=0.05)
        if how == "STOPPED":
            build.stop_asked.set()
        else:
            running.deadline = time.monotonic()

    threading.Thread(target=interrupt, daemon=True).start()
    return running.run()


def test_a_build_that_takes_too_long_is_ended(machine: Machine, tmp_path: Path) -> None:
    """A command that waits for an answer that never comes would hold the pipeline for ever."""
    started, begun = tmp_path / "begun", time.monotonic()
    build = build_of(machine, f"'touch {started}; sleep 60'")

    status = run_until(machine, build, started, "TIMED_OUT")

    assert status == "TIMED_OUT" and time.monotonic() - begun < 30
    assert phases(build.described())["BUILD"] == "TIMED_OUT" and "POST_BUILD" not in phases(build.described())
    assert message(build.described(), "BUILD") == "BUILD_TIMED_OUT: Build has timed out."
    assert not list((machine.config.builds.workspace / "running").iterdir())


@pytest.mark.parametrize("how", ["TIMED_OUT", "STOPPED"])
def test_a_build_that_must_end_does_not_begin_its_last_commands(machine: Machine, tmp_path: Path, how: str) -> None:
    """Whoever stops a build that destroys the wrong thing wants nothing more of it to happen."""
    begun = tmp_path / "begun"
    build = build_of(machine, f"'touch {begun}; sleep 60'", last=f"touch {tmp_path}/last")

    status = run_until(machine, build, begun, how)

    assert status == how and begun.exists()
    assert not (tmp_path / "last").exists()


def test_a_build_above_the_accounts_limit_waits_its_turn(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten pushes at once must not start forty builds on two cores."""
    monkeypatch.setattr(builds, "AT_ONCE", 1)
    monkeypatch.setattr(builds, "MINUTE_SECONDS", 30)
    build, waiting = build_of(machine, "true"), builds.Builds(machine, Projects(PLACE))
    waiting._running += ["another", build.id]

    turn = threading.Thread(target=waiting._queue, args=(build,))
    turn.start()
    time.sleep(0.3)
    before = phases(build.described())
    with waiting._changed:
        waiting._running.remove("another")
        waiting._changed.notify_all()
    turn.join(5)

    assert before == {"QUEUED": None} and phases(build.described()) == {"QUEUED": "SUCCEEDED"}


def test_a_build_that_waits_too_long_is_not_begun(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builds, "AT_ONCE", 1)
    build, waiting = build_of(machine, "true"), builds.Builds(machine, Projects(PLACE))
    waiting._running += ["another", build.id]

    assert waiting._queue(build) == "TIMED_OUT"
    assert phases(build.described()) == {"QUEUED": "TIMED_OUT"}


def test_only_the_newest_logs_of_a_project_stay(machine: Machine) -> None:
    """Somebody who pushes all day must not fill the disk."""
    made = [build_of(machine, "true") for _ in range(build_log.NEWEST_KEPT + 3)]

    for age, build in enumerate(reversed(made)):
        path = machine.logs.path(build.id)
        build_log.BuildLog(path).close()
        os.utime(path, (time.time() - 1000 + age, time.time() - 1000 + age))

    assert len(list((machine.config.log_dir / "builds" / "slow").iterdir())) == build_log.NEWEST_KEPT
    assert machine.logs.path(made[0].id).exists() and not machine.logs.path(made[-1].id).exists()
