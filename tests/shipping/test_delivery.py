"""`make delivery` makes pipelines in the home account alone, once its connection is there, and never in a build."""

from __future__ import annotations

import json
from pathlib import Path
from unittest.mock import Mock

import pytest
from tests.shipping.stand_in_account import StandInAccount

from shipping import delivery
from shipping.delivery import Home
from shipping.environments import Refused

HOME = Home("111111111111", "stockcast-github", "us-east-1", (delivery.tools.ROOT / "envs/account/delivery.tfvars",))
LOCAL_ACCOUNT = "123456789012"


@pytest.fixture
def shell(account: StandInAccount, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> StandInAccount:
    """The variables of somebody who works with the embedded AWS, and nothing of this machine's own."""
    for name in ("CODEBUILD_BUILD_ID", "AWS_PROFILE", delivery.MORE_VALUES):
        monkeypatch.delenv(name, raising=False)
    given = {
        "AWS_ENDPOINT_URL": account.url, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_EC2_METADATA_DISABLED": "true", "STOCKCAST_HOME": str(tmp_path),
    }  # fmt: skip
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return account


def with_connections(**statuses: str) -> Mock:
    found = [{"ConnectionName": name, "ConnectionStatus": status} for name, status in statuses.items()]
    return Mock(list_connections=Mock(return_value={"Connections": found}))


def test_a_pipeline_never_changes_itself(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A pipeline that replaces itself is stopped by its own change, with half of it made."""
    monkeypatch.setenv("CODEBUILD_BUILD_ID", "stockcast-delivery-infra-apply-dev:1")

    assert delivery.main(["--confirm", "111111111111"]) == 1
    assert "a pipeline never changes itself" in capsys.readouterr().err


def test_the_embedded_aws_gets_its_own_values(shell: StandInAccount) -> None:
    """`make up` must not plan the account's pipelines."""
    shell.id = LOCAL_ACCOUNT

    home = delivery.at_hand()

    assert (home.account_id, home.connection) == (LOCAL_ACCOUNT, "stockcast-github")
    assert home.told() == "envs/local/delivery.tfvars"
    assert home.bucket == f"stockcast-{LOCAL_ACCOUNT}-tfstate"


def test_an_embedded_aws_may_play_the_home_account(shell: StandInAccount) -> None:
    """That is how the account's own values are proved without an account."""
    shell.id = "111111111111"

    assert delivery.at_hand().told() == "envs/account/delivery.tfvars"


def test_credentials_of_another_account_are_refused(shell: StandInAccount) -> None:
    """Pipelines in the wrong account deploy there, and nobody finds them."""
    shell.id = "999999999999"

    with pytest.raises(Refused, match=r"account 999999999999; the pipelines belong to .*111111111111.*AWS_PROFILE"):
        delivery.at_hand()


def test_a_further_file_of_values_wins(shell: StandInAccount, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The local stack names its own folders so, without a change to what is committed."""
    shell.id = LOCAL_ACCOUNT
    more = tmp_path / "more.tfvars.json"
    more.write_text(json.dumps({"connection": "another", "build_variables": {"STOCKCAST_SHARED": "/somewhere"}}))
    monkeypatch.setenv(delivery.MORE_VALUES, str(more))

    home = delivery.at_hand()

    assert home.connection == "another"
    assert home.files[-1] == more


def test_a_file_of_values_that_is_gone_is_refused(shell: StandInAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    """Terraform would tell of it only after the account was asked."""
    monkeypatch.setenv(delivery.MORE_VALUES, "/nowhere/more.tfvars.json")

    with pytest.raises(Refused, match=r"/nowhere/more\.tfvars\.json does not exist"):
        delivery.at_hand()


def test_values_without_a_connection_are_refused(shell: StandInAccount, tmp_path: Path) -> None:
    """Better than a plan that asks for a variable in the middle of a night's run."""
    values = tmp_path / "delivery.tfvars"
    values.write_text('account_id = "111111111111"\nregion = "us-east-1"\n')

    with pytest.raises(Refused, match="lacks connection"):
        delivery.of([values])


def test_without_a_state_bucket_bootstrap_comes_first(
    shell: StandInAccount, capsys: pytest.CaptureFixture[str]
) -> None:
    """The state of the pipelines must not end up in a file on somebody's machine."""
    shell.id = LOCAL_ACCOUNT

    assert delivery.main([]) == 1
    assert "Run `make bootstrap` once." in capsys.readouterr().err


def test_a_connection_that_waits_for_its_click_says_where_to_click() -> None:
    """Pipelines made before it may never start, and nothing tells why."""
    with pytest.raises(Refused) as refused:
        delivery.check_connection(HOME, with_connections(**{"stockcast-github": "PENDING"}))

    assert "stockcast-github is PENDING" in str(refused.value)
    assert "https://us-east-1.console.aws.amazon.com/codesuite/settings/connections?region=us-east-1" in str(
        refused.value
    )


def test_a_connection_that_is_not_there_is_named_beside_those_that_are() -> None:
    """Most often it is a name that was mistyped, or another region."""
    with pytest.raises(Refused, match=r"'stockcast-github'.*has others in us-east-1\. Run `make bootstrap`"):
        delivery.check_connection(HOME, with_connections(others="AVAILABLE"))


def test_a_connection_that_is_available_lets_the_plan_be_made() -> None:
    """The check must let through what it is for."""
    delivery.check_connection(HOME, with_connections(**{"stockcast-github": "AVAILABLE", "others": "PENDING"}))


def test_a_region_without_pipelines_is_refused() -> None:
    """Terraform would find out by a name that does not resolve."""
    with pytest.raises(Refused, match=r"region is 'us-nowhere-1'.*Choose one of .*us-east-1"):
        delivery.check_region(Home(HOME.account_id, HOME.connection, "us-nowhere-1", HOME.files))
    delivery.check_region(HOME)
