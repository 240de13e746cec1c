"""Whose account a bootstrap is for, with which values, and what it refuses before it makes anything."""

from __future__ import annotations

import re
from pathlib import Path
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import ACCOUNT
from tests.shipping.stand_in_account import StandInAccount

from shipping import bootstrap, connections, standing, terraform_root, tools
from shipping.environments import Refused
from shipping.values import Values

BUCKET = f"stockcast-{ACCOUNT}-tfstate"


def test_every_role_that_the_module_makes_is_looked_for() -> None:
    """A role that a later version adds must be found again as well."""
    text = (tools.ROOT / "modules/deployer/main.tf").read_text()

    assert re.findall(r"^      (\w+) = \{\n        description", text, re.MULTILINE) == list(standing.DEPLOY_ROLES)


def test_an_account_with_a_real_environment_takes_the_accounts_values() -> None:
    """The embedded AWS keeps no old versions and knows no GitHub; an account of AWS must not get these values."""
    assert bootstrap.Account(ACCOUNT, "us-east-1", ("local",)).values == connections.values_file("local")
    assert bootstrap.Account(ACCOUNT, "us-east-1", ("dev",)).values == connections.values_file("account")


def test_the_key_is_found_by_the_words_that_terraform_gives_it() -> None:
    """A description that differs in one word would leave the lost machine's key behind."""
    text = (terraform_root.root_folder("bootstrap") / "main.tf").read_text()

    assert standing.KEY_DESCRIPTION in text
    assert f'"{standing.KEY_ALIAS}"' in text


@pytest.fixture
def stranger(monkeypatch: pytest.MonkeyPatch, account: StandInAccount, tmp_path: Path) -> StandInAccount:
    """Credentials of an account of which nothing is known yet."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": account.url,
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "STOCKCAST_VAR_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("STOCKCAST_HOME", str(tmp_path))
    return account


def test_an_account_that_no_environment_names_is_refused(
    stranger: StandInAccount, capsys: pytest.CaptureFixture[str]
) -> None:
    """The placeholder was not replaced, or the profile is somebody else's."""
    stranger.id = "999999999999"

    assert bootstrap.main(["--confirm", "999999999999"]) == 1

    told = capsys.readouterr().err
    assert re.search(r"of account 999999999999; envs/ has dev \d{12}, local \d{12}", told)
    assert "Set account_id in envs/<environment>/platform.tfvars and platform.backend.hcl" in told
    assert "delivery_account_id in bootstrap.tfvars, account_id in delivery.tfvars" in told


@pytest.fixture
def home_values(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Values of a home account that holds no environment; returns what pipelines are made of."""
    monkeypatch.setattr(tools, "ROOT", tmp_path)  # the environments' values are those of `environments.ROOT`
    bootstrapped, delivered = connections.values_file("account"), tmp_path / "envs/account/delivery.tfvars"
    bootstrapped.parent.mkdir(parents=True)
    bootstrapped.write_text('delivery_account_id = "999999999999"\nconnection = { name = "stockcast-github" }\n')
    delivered.write_text('account_id = "999999999999"\nregion = "eu-central-1"\nenvironments = [{ name = "dev" }]\n')
    return delivered


def test_the_home_account_may_hold_no_environment(stranger: StandInAccount, home_values: Path) -> None:
    """An account of their own keeps the pipelines' keys away from every environment."""
    stranger.id = "999999999999"

    here = bootstrap.at_hand()

    assert here == bootstrap.Account("999999999999", "eu-central-1", ())
    assert here.values == connections.values_file("account")
    assert "-var=environments=[]" in here.options()


def test_a_home_account_that_its_values_name_by_half_is_refused(stranger: StandInAccount, home_values: Path) -> None:
    """The roles would let in the builds of one account, and the pipelines would be made in another."""
    stranger.id = "999999999999"
    home_values.write_text(home_values.read_text().replace("999999999999", "888888888888"))

    with pytest.raises(Refused, match="If it holds the pipelines alone, name it in envs/account"):
        bootstrap.at_hand()


def test_a_bucket_of_another_account_is_refused(stranger: StandInAccount, capsys: pytest.CaptureFixture[str]) -> None:
    """Bucket names are shared by all of AWS; state must not go to a stranger."""
    stranger.id = ACCOUNT
    stranger.buckets[BUCKET] = 403

    assert bootstrap.main([]) == 1

    assert f"the bucket {BUCKET} answers 403; it must be this account's own or not exist." in capsys.readouterr().err


def test_a_bucket_of_another_account_that_lets_us_in_is_refused(
    stranger: StandInAccount, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever takes the name first and opens it would read every state, and write what we apply."""
    stranger.id = ACCOUNT
    stranger.buckets[BUCKET], stranger.owners[BUCKET] = 200, "999999999999"

    assert bootstrap.main([]) == 1

    assert f"the bucket {BUCKET} answers 403; it must be this account's own or not exist." in capsys.readouterr().err


def test_what_aws_refuses_is_told_with_its_operation(
    stranger: StandInAccount, capsys: pytest.CaptureFixture[str]
) -> None:
    """Forty lines of trace hide that one right is missing."""
    stranger.id = ACCOUNT
    stranger.buckets[BUCKET] = 200
    refused = ClientError({"Error": {"Code": "AccessDenied", "Message": "jane may not"}}, "ListAliases")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap, "bootstrap", Mock(side_effect=refused))
        assert bootstrap.main([]) == 1

    assert "AWS answers ListAliases with AccessDenied: jane may not. Use a role" in capsys.readouterr().err


def test_a_key_that_shuts_us_out_is_passed_over() -> None:
    """One team's closed key in a shared account would end every bootstrap."""
    kms = Mock()
    kms.describe_key.side_effect = ClientError({"Error": {"Code": "AccessDeniedException"}}, "DescribeKey")

    assert standing._described(kms, "closed") == {}


def test_two_regions_in_one_account_are_refused() -> None:
    """There is one bucket, and a backend in another region than its environment helps nobody in an outage."""
    ours = {
        "dev": Values(ACCOUNT, "us-east-1", False, None, None),
        "prod": Values(ACCOUNT, "eu-west-1", True, None, None),
    }
    with pytest.raises(Refused, match=r"has dev in us-east-1, prod in eu-west-1; .* must share one region"):
        bootstrap.in_one_region(ACCOUNT, ours)
