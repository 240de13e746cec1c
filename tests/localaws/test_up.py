"""What `make up` goes on with, what it starts anew, and what it refuses, at the real command where that is quick."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from tests.localaws.helpers import REPOSITORY, free_port

from localaws import processes, services, up
from localaws.progress import Progress, StepFailed
from localaws.stack import MARKER, Choice, Ports, Stack

STAND_IN = Path(__file__).with_name("stand_in.py")
PlayAws = Callable[[str], subprocess.Popen[str]]


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """A stack as an earlier `make up` left it; embedded AWS and Airflow stand on one port."""
    monkeypatch.setenv("STOCKCAST_HOME", str(tmp_path))
    port = free_port()
    stack = Stack(tmp_path.resolve(), Choice(ports=Ports(port, free_port(), port)))
    stack.write()
    (stack.run / "gateway.fingerprint").write_text(services._fingerprint(stack))
    return stack


@pytest.fixture
def play_aws(stack: Stack) -> Iterator[PlayAws]:
    """Starts a stand-in on the stack's port that carries the given marker."""
    started: list[subprocess.Popen[str]] = []

    def start(marker: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(STAND_IN), str(stack.choice.ports.aws)]
        env = {**os.environ, MARKER: marker}
        process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout and process.stdout.readline() == "up\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(REPOSITORY / "src")}
    return subprocess.run(
        [sys.executable, "-m", "localaws", *arguments], env=env, capture_output=True, text=True, check=False
    )


@pytest.mark.integration
def test_a_whole_stack_of_ours_is_gone_on_with(stack: Stack, play_aws: PlayAws) -> None:
    """A second `make up` would throw a trained model away."""
    ours = play_aws(stack.id)

    assert up._can_go_on(stack, Progress())
    assert ours.poll() is None


@pytest.mark.integration
def test_an_apply_that_was_killed_means_a_fresh_start(stack: Stack, play_aws: PlayAws) -> None:
    """Terraform's state is locked and half true after it; every later `make up` would fail on the lock."""
    ours = play_aws(stack.id)
    up._applying(stack).touch()
    stack.state.mkdir()

    assert not up._can_go_on(stack, Progress())
    assert ours.poll() is not None
    assert not up._applying(stack).exists()
    assert not stack.state.exists()


@pytest.mark.integration
def test_code_that_changed_since_means_a_fresh_start(stack: Stack, play_aws: PlayAws) -> None:
    """After a `git pull` the older embedded AWS would go on answering with its older faults."""
    ours = play_aws(stack.id)
    (stack.run / "gateway.fingerprint").write_text("of an older clone")

    assert not up._can_go_on(stack, Progress())
    assert ours.poll() is not None


@pytest.mark.integration
def test_other_ports_mean_a_fresh_start(stack: Stack, play_aws: PlayAws) -> None:
    """The older stack would stay behind on its ports, and no command would know of it."""
    ours = play_aws(stack.id)
    elsewhere = Stack(stack.home, Choice(ports=Ports(free_port(), free_port(), free_port())))

    assert not up._can_go_on(elsewhere, Progress())
    assert ours.poll() is not None


@pytest.mark.integration
def test_somebody_else_s_embedded_aws_is_not_taken_for_ours(stack: Stack, play_aws: PlayAws) -> None:
    """Another clone's AWS would get this clone's resources, and lose them at its own `make down`."""
    theirs = play_aws("another clone's")

    assert not services.is_current(stack)
    with pytest.raises(StepFailed, match=f"port {stack.choice.ports.aws} is taken by process {theirs.pid} "):
        up._can_go_on(stack, Progress())
    assert theirs.poll() is None


@pytest.mark.integration
def test_a_taken_port_is_refused_with_its_holder_and_free_ones(stack: Stack) -> None:
    """A newcomer with something on 4566 must not have to read our code to get on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        taken = listener.getsockname()[1]

        done = command("up", "--aws-port", str(taken), "--market-port", str(free_port()))

    offered = done.stderr.rsplit("make up AWS_PORT=", 1)[-1].split()[0]
    assert done.returncode == 1
    assert f"port {taken} is taken by process {os.getpid()}" in done.stderr
    assert "remedy: End that process, or choose other ports: make up AWS_PORT=" in done.stderr
    assert processes.holder(int(offered)) is None


def test_offered_ports_differ_from_each_other_and_from_the_wanted_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """A remedy that runs into the next refusal is none."""
    busy = {2566, 4566, 5566}
    monkeypatch.setattr(processes, "holder", lambda port: "somebody" if port in busy else None)
    wanted = {"AWS_PORT": 4566, "MARKET_PORT": 5566, "AIRFLOW_PORT": 3566}

    assert up._free_ports(wanted, ["AWS_PORT", "MARKET_PORT"]) == {"AWS_PORT": 6566, "MARKET_PORT": 7566}


@pytest.mark.integration
def test_a_refused_argument_touches_nothing_and_is_told_in_words(stack: Stack, play_aws: PlayAws) -> None:
    """A typing mistake must not end a stack that runs."""
    ours = play_aws(stack.id)

    done = command("up", "--day", "tomorrow")

    assert done.returncode == 1
    assert "DAY is 'tomorrow'" in done.stderr
    assert "Traceback" not in done.stderr
    assert ours.poll() is None


@pytest.mark.integration
def test_training_without_a_stack_tells_to_bring_one_up(stack: Stack) -> None:
    """`make train` is what one tries first after a reboot."""
    done = command("train")

    assert done.returncode == 1
    assert "remedy: Run `make up` first." in done.stderr
    assert "Traceback" not in done.stderr


def test_pipelines_that_could_not_be_made_do_not_take_the_forecasts_along(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever only wants forecasts has them, and reads below why pushes are not deployed."""

    broken: Future[str | None] = Future()
    broken.set_exception(StepFailed("delivery", "AccessDenied"))
    monkeypatch.setattr(up.arguments, "check", lambda _: None)
    monkeypatch.setattr(up, "_can_go_on", lambda *_: False)
    monkeypatch.setattr(up, "_bring_up", lambda *_: broken)
    monkeypatch.setattr(up, "_forecast", lambda *_: ["gold/key.json"])
    monkeypatch.setattr(up.forecast_table, "records", lambda _, keys: keys)
    monkeypatch.setattr(up.forecast_table, "table", lambda found: f"the table of {found}")
    monkeypatch.setattr(up.challenger_table, "records", lambda s3, found: [])
    monkeypatch.setattr(up.challenger_table, "table", lambda found: "")

    with pytest.raises(StepFailed, match="AccessDenied"):
        up.up(stack.choice)

    assert "the table of ['gold/key.json']" in capsys.readouterr().out
    assert (stack.run / "times.json").exists()


def test_the_pipelines_are_made_beside_the_apply_and_a_failed_one_opens_no_door(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan has fetched the provider by then, for two at once would write one cache; half a stack takes no push."""
    steps: list[str] = []
    making = threading.Event()

    def terraform(_: Stack, verb: str, *__: str) -> None:
        if verb == "apply":
            assert making.wait(10)  # the pipelines are not made after it
            raise StepFailed("terraform apply", "AccessDenied")
        steps.append(verb)

    def make(*_: object) -> str:
        steps.append("pipelines")
        making.set()
        return "made"

    monkeypatch.setattr(up.arguments, "check", lambda _: None)
    monkeypatch.setattr(up, "_can_go_on", lambda *_: False)
    for name in ("_environment", "_market", "_airflow"):
        monkeypatch.setattr(up, name, lambda *_: None)
    monkeypatch.setattr(up.services, "start_gateway", lambda _: steps.append("embedded AWS"))
    monkeypatch.setattr(up.commands, "run_terraform", terraform)
    monkeypatch.setattr(up.delivery, "make", make)
    monkeypatch.setattr(up.delivery, "open_for_pushes", lambda *_: steps.append("door"))

    with pytest.raises(StepFailed, match="AccessDenied"):
        up.up(stack.choice)

    assert steps == ["embedded AWS", "plan", "pipelines"]
