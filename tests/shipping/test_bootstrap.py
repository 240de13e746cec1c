"""An account gets its state bucket once, however often and wherever the making of it was cut short.

One story in the embedded AWS: killed while it makes things, the machine lost, broken off again before the state was
moved, finished, repeated.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import ACCOUNT, Gateway, free_port
from tests.shipping.conftest import copy_clone
from tests.shipping.stand_in_account import StandInAccount

from shipping import bootstrap, connections, standing
from shipping.environments import Refused
from shipping.terraform_release import terraform
from shipping.values import Values

BUCKET = f"stockcast-{ACCOUNT}-tfstate"
CONFIRM = ("--confirm", ACCOUNT)
# S3 takes a minute to confirm a lifecycle rule, and no pipeline needs its connection here; tests/*.tftest.hcl has both.
VALUES = f'connection = null\ndelivery_account_id = "{ACCOUNT}"\nexpire_old_versions_days = null\ngithub = null\n'


@dataclass
class Story:
    """The clone and its account, and what each run said."""

    root: Path
    gateway: Gateway
    said: dict[str, subprocess.CompletedProcess[str]] = field(default_factory=dict)
    saw: dict[str, Any] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.root / "home"

    def environ(self, path: str = "") -> dict[str, str]:
        return {
            "PATH": f"{path}:{os.environ['PATH']}",
            "PYTHONPATH": str(self.root / "src"),
            "STOCKCAST_HOME": str(self.home),
            "AWS_ENDPOINT_URL": self.gateway.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def run(self, step: str, *arguments: str, path: str = "") -> None:
        command = [sys.executable, "-m", "shipping.bootstrap", *arguments]
        self.said[step] = subprocess.run(
            command, cwd=self.root, env=self.environ(path), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False,
        )  # fmt: skip

    def kill_at_the_bucket(self) -> None:
        """SIGKILL for the run and its Terraform at the moment the bucket stands; the key takes seconds longer."""
        command = [sys.executable, "-m", "shipping.bootstrap", *CONFIRM]
        output = (self.root / "killed.log").open("w")
        process = subprocess.Popen(
            command, cwd=self.root, env=self.environ(), stdout=output, stderr=output, start_new_session=True
        )
        while not self.buckets() and process.poll() is None:
            time.sleep(0.05)
        assert process.poll() is None, (self.root / "killed.log").read_text()
        for each in family(process.pid):  # Terraform has a group of its own
            os.kill(each, signal.SIGKILL)
        process.wait()

    def lose_the_state(self) -> None:
        """Every version of it, as somebody might who tidies up."""
        s3 = self.gateway.client("s3")
        for kind in ("Versions", "DeleteMarkers"):
            for found in s3.list_object_versions(Bucket=BUCKET, Prefix="bootstrap.tfstate").get(kind, []):
                s3.delete_object(Bucket=BUCKET, Key=found["Key"], VersionId=found["VersionId"])

    def buckets(self) -> list[str]:
        return [found["Name"] for found in self.gateway.client("s3").list_buckets()["Buckets"]]

    def states(self) -> list[str]:
        listed = self.gateway.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return [found["Key"] for found in listed]

    def files(self) -> list[str]:
        """State files on this machine; `.terraform/terraform.tfstate` only remembers the backend."""
        return [file.name for file in self.home.glob(f"bootstrap/{ACCOUNT}/*.tfstate*")]

    def keys(self) -> int:
        return len(self.gateway.client("kms").list_keys()["Keys"])


def family(pid: int) -> list[int]:
    """A process and all that it started, as far as they live."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = [tuple(map(int, line.split())) for line in listed.splitlines()]
    found = [pid]
    for parent in found:  # grows while it is read
        found += [child for child, its_parent in parents if its_parent == parent]
    return found


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("bootstrap")
    told = Story(copy_clone(folder / "clone"), Gateway(folder, free_port()))
    told.gateway.await_health()
    try:
        live_through(told, folder)
        yield told
    finally:
        told.gateway.process.terminate()
        told.gateway.process.wait(20)


def live_through(story: Story, folder: Path) -> None:
    (story.root / "envs/local/bootstrap.tfvars").write_text(VALUES)
    story.run("unconfirmed")
    story.saw["after unconfirmed"] = story.buckets()
    story.kill_at_the_bucket()
    shutil.rmtree(story.home)
    story.run("not moved", *CONFIRM, path=str(terraform_that_cannot_move(folder)))
    story.saw["files before the move"] = story.files()
    story.run("moved")
    story.saw["files after the move"] = story.files()
    story.run("repeated")
    story.lose_the_state()
    story.run("state lost", *CONFIRM)


def terraform_that_cannot_move(folder: Path) -> Path:
    script = folder / "broken/terraform"
    script.parent.mkdir()
    script.write_text(
        f'#!/bin/sh\ncase "$*" in *-migrate-state*) echo "Error: connection lost" >&2; exit 1 ;; esac\n'
        f'exec {terraform()} "$@"\n'
    )
    script.chmod(0o755)
    return script.parent


def test_without_the_account_id_nothing_is_made(story: Story) -> None:
    """It is the one command that changes an account before anybody could restrict it."""
    assert story.said["unconfirmed"].returncode == 1
    assert (
        f"not confirmed, nothing was changed. Type the name, or give CONFIRM={ACCOUNT}."
        in story.said["unconfirmed"].stderr
    )
    assert story.saw["after unconfirmed"] == []


def test_what_a_lost_machine_made_is_taken_over(story: Story) -> None:
    """A second bucket would split the states; a second key would cost for ever."""
    assert f"aws_s3_bucket.state stands already; it is taken over: {BUCKET}" in story.said["not moved"].stderr
    assert story.buckets() == [BUCKET]
    assert story.keys() == 1


def test_a_state_that_could_not_be_moved_is_kept_and_moved_by_the_next_run(story: Story) -> None:
    """The file is all that knows of the bucket until the bucket knows it."""
    assert story.said["not moved"].returncode == 1
    assert "connection lost" in story.said["not moved"].stderr
    assert "first.tfstate" in story.saw["files before the move"]

    assert story.said["moved"].returncode == 0, story.said["moved"].stdout + story.said["moved"].stderr
    assert "No changes." in story.said["moved"].stdout
    assert story.saw["files after the move"] == []
    assert story.states() == ["bootstrap.tfstate"]


def test_a_repeat_plans_against_the_bucket_and_asks_nothing(story: Story) -> None:
    """Whoever joins later calls it without a state file, and must see that all is well."""
    assert story.said["repeated"].returncode == 0, story.said["repeated"].stderr
    assert "No changes." in story.said["repeated"].stdout
    assert f"state bucket  {BUCKET}" in story.said["repeated"].stdout
    assert f"arn:aws:iam::{ACCOUNT}:policy/stockcast-local-state" in story.said["repeated"].stdout


def test_deploy_roles_that_stand_are_taken_over(story: Story) -> None:
    """Roles cannot be made twice: without their state every later bootstrap would fail on their names."""
    lost = story.said["state lost"]
    root = f"arn:aws:iam::{ACCOUNT}"

    assert lost.returncode == 0, lost.stdout + lost.stderr
    for role in ("apply", "plan", "release"):
        told = f'module.deployer["local"].aws_iam_role.this["{role}"] stands already; it is taken over'
        assert f"{told}: stockcast-local-{role}" in lost.stderr
        assert f"deploy role   local: {role}: {root}:role/stockcast-local-{role}" in lost.stdout
    told = 'module.deployer["local"].aws_iam_policy.this["apply-network"] stands already; it is taken over'
    assert f"{told}: {root}:policy/stockcast-local-deploy-apply-network" in lost.stderr
    assert story.keys() == 1


def test_every_role_that_the_module_makes_is_looked_for() -> None:
    """A role that a later version adds must be found again as well."""
    text = (bootstrap.MODULES / "deployer/main.tf").read_text()

    assert re.findall(r"^      (\w+) = \{\n        description", text, re.MULTILINE) == list(standing.DEPLOY_ROLES)


def test_an_account_with_a_real_environment_takes_the_accounts_values() -> None:
    """The embedded AWS keeps no old versions and knows no GitHub; an account of AWS must not get these values."""
    assert bootstrap.Account(ACCOUNT, "us-east-1", ("local",)).values == bootstrap.LOCAL_VALUES
    assert bootstrap.Account(ACCOUNT, "us-east-1", ("dev",)).values == connections.VALUES


def test_the_state_is_encrypted_with_the_key_made_for_it(story: Story) -> None:
    """S3's own key cannot be taken away from anybody."""
    head = story.gateway.client("s3").head_object(Bucket=BUCKET, Key="bootstrap.tfstate")

    assert head["ServerSideEncryption"] == "aws:kms"


def test_the_key_is_found_by_the_words_that_terraform_gives_it(story: Story) -> None:
    """A description that differs in one word would leave the lost machine's key behind."""
    assert standing.KEY_DESCRIPTION in (bootstrap.SOURCES / "main.tf").read_text()
    assert f'"{standing.KEY_ALIAS}"' in (bootstrap.SOURCES / "main.tf").read_text()


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
    bootstrapped, delivered = tmp_path / "bootstrap.tfvars", tmp_path / "delivery.tfvars"
    bootstrapped.write_text('delivery_account_id = "999999999999"\nconnection = { name = "stockcast-github" }\n')
    delivered.write_text('account_id = "999999999999"\nregion = "eu-central-1"\nenvironments = [{ name = "dev" }]\n')
    monkeypatch.setattr(connections, "VALUES", bootstrapped)
    monkeypatch.setattr(bootstrap, "HOME_VALUES", delivered)
    return delivered


def test_the_home_account_may_hold_no_environment(stranger: StandInAccount, home_values: Path) -> None:
    """An account of their own keeps the pipelines' keys away from every environment."""
    stranger.id = "999999999999"

    here = bootstrap.at_hand()

    assert here == bootstrap.Account("999999999999", "eu-central-1", ())
    assert here.values == connections.VALUES
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
