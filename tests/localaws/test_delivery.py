"""What `make up` does about the pipelines. What they do then, tests/local/test_push.py proves in a whole stack."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from localaws import delivery, processes, remote, services
from localaws.progress import Progress, StepFailed
from localaws.stack import Choice, Stack
from shipping import tools


class Calls:
    """What was run on the stack, in order; `broken` is the step that fails."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.broken = ""

    def run(self, stack: Stack, step: str, module: str, *options: str, **_: Any) -> None:
        self.steps.append(step)
        if step == self.broken:
            raise StepFailed(step, "AccessDenied")


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    stack = Stack(tmp_path, Choice(day="2013-02-01", symbols=("IBM",)))
    stack.write()
    return stack


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone with one commit: pushing the whole history of this one takes longer than all the rest."""
    folder = tmp_path_factory.mktemp("clone")
    author = ("-c", "user.name=tester", "-c", "user.email=tester@example.com")
    for arguments in (("init", "--quiet"), (*author, "commit", "--quiet", "--allow-empty", "--message", "Begin")):
        subprocess.run(["git", "-C", str(folder), *arguments], check=True)
    return folder


@pytest.fixture
def calls(stack: Stack, clone: Path, monkeypatch: pytest.MonkeyPatch) -> Calls:
    calls = Calls()
    monkeypatch.setattr(remote, "ROOT", clone)
    monkeypatch.setattr(delivery.commands, "run", calls.run)
    monkeypatch.setattr(delivery, "_click_the_connection", lambda _: calls.steps.append("click"))
    monkeypatch.setattr(processes, "start", lambda _, __, log, ___: calls.steps.append(log.stem))
    monkeypatch.setattr(remote, "is_possible", lambda: True)
    monkeypatch.setattr(remote, "is_dirty", lambda: True)
    return calls


def up(stack: Stack) -> None:
    """What `make up` does, the platform left out, which is applied beside the first."""
    made = delivery.make(stack, Progress())
    delivery.open_for_pushes(stack, Progress(), made)


def test_roles_and_pipelines_come_in_order_and_pushes_last(
    stack: Stack, calls: Calls, capsys: pytest.CaptureFixture[str]
) -> None:
    """A push before pipelines and platform stand would pass them by."""
    made = delivery.make(stack, Progress())
    before, was_open = list(calls.steps), remote.is_open(stack)
    delivery.open_for_pushes(stack, Progress(), made)

    assert (before, was_open) == (["bootstrap", "click", "delivery"], False)
    assert calls.steps == [*before, "terraform settle"]
    assert remote.is_open(stack)
    assert "what is not committed in this clone is not in the repository" in capsys.readouterr().out


def test_pipelines_that_could_not_be_made_take_no_pushes_and_are_made_again(stack: Stack, calls: Calls) -> None:
    calls.broken = "delivery"
    with pytest.raises(StepFailed, match="AccessDenied"):
        delivery.make(stack, Progress())
    assert not remote.is_open(stack)

    calls.broken = ""
    up(stack)

    assert calls.steps.count("delivery") == 2
    assert remote.is_open(stack)


def test_pipelines_that_stand_are_not_made_again(stack: Stack, calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second `make up` would take half a minute longer for nothing."""
    up(stack)
    calls.steps.clear()

    up(stack)
    again = list(calls.steps)
    monkeypatch.setattr(delivery, "SOURCES", ("terraform/delivery",))  # as if the sources had changed
    delivery.make(stack, Progress())

    assert again == []
    assert "delivery" in calls.steps


def test_pipelines_made_from_what_was_edited_meanwhile_are_made_again(
    stack: Stack, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file saved while the platform is applied must not pass for deployed."""
    made = delivery.make(stack, Progress())
    monkeypatch.setattr(delivery, "SOURCES", ("terraform/delivery",))  # as if the sources had changed
    delivery.open_for_pushes(stack, Progress(), made)

    up(stack)

    assert calls.steps.count("delivery") == 2


def test_pipelines_whose_door_was_never_opened_are_made_again(stack: Stack, calls: Calls) -> None:
    """Something beside them failed, and the state was not settled."""
    delivery.make(stack, Progress())

    up(stack)

    assert calls.steps.count("delivery") == 2
    assert calls.steps[-1] == "terraform settle"


def test_the_first_push_finds_environments_and_a_scan(stack: Stack, calls: Calls) -> None:
    """It shall wait for no download, and for no scan of what has not changed."""
    delivery.work_ahead(stack)

    assert calls.steps == ["environments-ahead", "scan-ahead"]


def test_an_unpacked_archive_gets_no_pipelines(
    stack: Stack, calls: Calls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They would have nothing to deploy, and be red for ever."""
    monkeypatch.setattr(remote, "is_possible", lambda: False)

    up(stack)
    delivery.work_ahead(stack)

    assert calls.steps == []
    assert "pipelines: left out, for this folder is no git clone" in capsys.readouterr().out


def test_builds_get_the_stack_s_values_and_this_clone_s_environments(stack: Stack, calls: Calls) -> None:
    """A build that planned with other symbols than `make up` would change the environment with every push."""
    delivery.make(stack, Progress())

    values = json.loads((stack.run / "delivery.tfvars.json").read_text())["build_variables"]
    assert values["STOCKCAST_SHARED"] == str(tools.LOCAL)
    assert json.loads(Path(values["STOCKCAST_VAR_FILE"]).read_text()) == {"symbols": ["IBM"]}
    assert json.loads(values["RETRAIN_CONF"]) == {"day": "2013-02-01"}


def test_builds_find_the_real_programs(stack: Stack) -> None:
    """A version manager's shim looks into the user's home, and a build has another."""
    builds = services._builds(stack)

    assert builds["workspace"] == str(stack.home / "builds")
    found = {name for folder in builds["path"] for name in ("python3", "make", "git") if (Path(folder) / name).exists()}
    assert found == {"python3", "make", "git"}
    assert "shims" not in str(builds["path"])


def test_another_path_of_the_shell_does_not_make_the_running_stack_an_older_one(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model that took minutes to train would be thrown away because of a new terminal."""
    before = services._fingerprint(stack)

    monkeypatch.setattr(services, "_builds", lambda _: {"path": ["/elsewhere"]})

    assert services._fingerprint(stack) == before
