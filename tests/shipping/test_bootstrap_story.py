"""An account gets its state bucket once, however often and wherever the making of it was cut short.

One story in the embedded AWS: killed while it makes things, the machine lost, broken off again before the state was
moved, finished, repeated.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.localaws.helpers import ACCOUNT, Gateway, running_gateway
from tests.shipping.conftest import copy_clone
from tests.shipping.in_process import run_in_process
from tests.shipping.shared_provider import shared_provider

from shipping import bootstrap
from shipping.terraform_release import terraform

pytestmark = [pytest.mark.extended, pytest.mark.xdist_group("shipping bootstrap")]

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

    def run(self, step: str, *arguments: str, path: str = "", **variables: str) -> None:
        env = {**self.environ(path), **variables}
        self.said[step] = run_in_process(bootstrap.main, arguments, root=self.root, env=env)

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
    with running_gateway(folder) as gateway:
        told = Story(copy_clone(folder / "clone"), gateway)
        live_through(told, folder)
        yield told


def live_through(story: Story, folder: Path) -> None:
    (story.root / "envs/local/bootstrap.tfvars").write_text(VALUES)
    story.run("unconfirmed")
    story.saw["after unconfirmed"] = story.buckets()
    with shared_provider(story.home, story.environ()) as provider:
        story.kill_at_the_bucket()
        shutil.rmtree(story.home)
        story.run("not moved", *CONFIRM, path=str(terraform_that_cannot_move(folder)), **provider)
        story.saw["files before the move"] = story.files()
        story.run("moved", **provider)
        story.saw["files after the move"] = story.files()
        story.run("repeated", **provider)
        story.lose_the_state()
        story.run("state lost", *CONFIRM, **provider)


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


def test_the_state_is_encrypted_with_the_key_made_for_it(story: Story) -> None:
    """S3's own key cannot be taken away from anybody."""
    head = story.gateway.client("s3").head_object(Bucket=BUCKET, Key="bootstrap.tfstate")

    assert head["ServerSideEncryption"] == "aws:kms"
