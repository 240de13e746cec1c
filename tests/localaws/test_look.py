"""Commands that only look, such as `make explain`, at the running stack."""

import pytest

from localaws import cli, services
from localaws.progress import StepFailed
from localaws.stack import Choice, Stack


@pytest.fixture
def called(tmp_path, monkeypatch):
    """What would have been run, and in which environment."""
    found = {}
    monkeypatch.setattr(cli.stacks, "read", lambda: Stack(tmp_path, Choice()))
    monkeypatch.setattr(cli.subprocess, "call", lambda command, env=None: found.update(command=command, env=env) or 1)
    return found


def test_a_look_at_the_local_stack_reaches_its_own_aws(called, tmp_path, monkeypatch):
    """The credentials of a person's real account lie in the same shell."""
    monkeypatch.setattr(services, "gateway_health", lambda stack: {"pid": 1})

    assert cli.main(["explain", "--env", "local", "--id", "AAPL"]) == 1  # what the command ended with

    assert called["command"][1:] == ["-m", "shipping.explain", "--env", "local", "--id", "AAPL"]
    assert called["env"]["AWS_ENDPOINT_URL"] == Stack(tmp_path, Choice()).endpoint_url


def test_without_a_stack_the_way_out_is_told(called, monkeypatch):
    monkeypatch.setattr(services, "gateway_health", lambda stack: None)

    with pytest.raises(StepFailed, match="no embedded AWS answers") as refused:
        cli.VERBS["mlflow"](cli._parser().parse_args(["mlflow", "--env", "local"]))
    assert "make up" in str(refused.value)
    assert not called


def test_another_environment_is_looked_at_with_the_variables_at_hand(called):
    cli.main(["notebook", "--env", "dev"])

    assert called["command"][1:] == ["-m", "shipping.notebook", "--env", "dev"]
    assert called["env"] is None
