"""What a stack keeps for the commands after it, and what its processes are told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from localaws import stack as stacks
from localaws.stack import Choice, Ports, Stack

ELSEWHERE = Choice("live", ("AMZN", "^GSPC"), "2026-03-03", Ports(14566, 14567, 14568))


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STOCKCAST_HOME", str(tmp_path))


def test_later_commands_speak_of_the_stack_that_was_chosen(tmp_path: Path) -> None:
    """`make status` of a user with other ports would look at somebody else's stack."""
    Stack(tmp_path, ELSEWHERE).write()

    assert stacks.read() == Stack(tmp_path.resolve(), ELSEWHERE)


@pytest.mark.parametrize(
    "kept",
    [
        "",
        '{"source": "sam',
        "[]",
        "null",
        '{"source": "sample"}',
        '{"source": "sample", "symbols": null, "day": "2013-03-01", "ports": {}}',
        '{"source": "sample", "symbols": [], "day": "2013-03-01", "ports": {"aws": 1, "database": 2}}',
        '{"source": "sample", "symbols": [], "day": "2013-03-01", "ports": {}, "of_an_older_version": 1}',
    ],
)
def test_a_stale_or_damaged_file_means_the_defaults(tmp_path: Path, kept: str) -> None:
    """`make down` must end what runs whatever a crash or an older version left behind."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "stack.json").write_text(kept)

    assert stacks.read() == Stack(tmp_path.resolve(), Choice())


def test_a_write_that_fails_half_way_keeps_the_older_choice(tmp_path: Path) -> None:
    """A full disk must not make a running stack unknown."""
    Stack(tmp_path, ELSEWHERE).write()
    (tmp_path / "run" / "stack.json.new").mkdir()  # so that the new text cannot be written

    with pytest.raises(OSError):
        Stack(tmp_path, Choice()).write()

    assert stacks.read().choice == ELSEWHERE


def test_two_clones_have_different_stacks_and_one_always_the_same(tmp_path: Path) -> None:
    """`make down` in one clone would end the other's processes."""
    here = Stack(tmp_path / "one", Choice())

    assert here.id == Stack(tmp_path / "one" / ".." / "one", ELSEWHERE).id
    assert here.id != Stack(tmp_path / "two", Choice()).id


def test_nothing_of_the_shell_s_aws_python_or_terraform_reaches_a_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A developer's own profile would make a local job talk to a real account."""
    theirs = ("AWS_PROFILE", "AWS_ENDPOINT_URL_S3", "TF_VAR_symbols", "PYTHONPATH", "AIRFLOW_HOME", "VIRTUAL_ENV")
    for name in theirs:
        monkeypatch.setenv(name, "theirs")
    monkeypatch.setenv("LANG", "C.UTF-8")
    stack = Stack(tmp_path, Choice())

    env = stack.clean_environment()

    assert not set(theirs) & set(env)
    assert env["LANG"] == "C.UTF-8"
    assert env["STOCKCAST_STACK"] == stack.id


@pytest.mark.parametrize(
    ("choice", "values"),
    [
        (Choice(), None),
        (Choice(ports=Ports(aws=14566)), None),
        (Choice(ports=Ports(market=14567)), {"market": {"base_url": "http://127.0.0.1:14567"}}),
        (Choice("live", day="2026-03-03"), {"market": {"base_url": "https://query1.finance.yahoo.com"}}),
        (Choice(symbols=("AAPL", "^GSPC")), {"symbols": ["AAPL", "^GSPC"]}),
    ],
)
def test_terraform_gets_just_the_values_that_differ(
    tmp_path: Path, choice: Choice, values: dict[str, object] | None
) -> None:
    """A forgotten value would make the functions fetch from the wrong market."""
    stack = Stack(tmp_path, choice)
    Stack(tmp_path, ELSEWHERE).write()

    stack.write()

    written = json.loads(stack.values_file.read_text()) if stack.values_file.exists() else None
    assert written == values
    assert stack.terraform_environment().get("STOCKCAST_VAR_FILE") == (str(stack.values_file) if values else None)


def test_terraform_is_pointed_to_this_stack_s_own_aws(tmp_path: Path) -> None:
    """The default port may be another clone's."""
    env = Stack(tmp_path, ELSEWHERE).terraform_environment()

    assert env["AWS_ENDPOINT_URL"] == "http://127.0.0.1:14566"
    assert env["AWS_ACCESS_KEY_ID"] == "test"
    assert env["STOCKCAST_HOME"] == str(tmp_path)
