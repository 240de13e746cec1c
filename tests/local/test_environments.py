"""Every environment of envs/, planned, applied and destroyed for real in an embedded AWS of its own account.

`local` is proved by the main job; here are the values that only AWS would see otherwise: dev as it is first made,
asleep, and staging and prod whole. The three run side by side, since most of an apply is waiting.
"""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.localaws.helpers import Gateway, free_port
from tests.shipping.shared_provider import shared_provider
from tests.terraform import hcl

from shipping import hourly
from shipping.doctor.plan import Plan
from shipping.doctor.rules import check_all
from shipping.terraform_release import terraform

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.extended,
    pytest.mark.xdist_group("environments"),
    pytest.mark.timeout(1800),
]

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("dev", "staging", "prod")
BY_THE_HOUR = (
    "aws_cloudwatch_metric_alarm.airflow",
    "aws_eip.",
    "aws_mwaa_environment.",
    "aws_nat_gateway.",
    "aws_route.nat",
)


@dataclass
class Account:
    """One environment's account: its embedded AWS, and what each command said there."""

    name: str
    account_id: str
    gateway: Gateway
    home: Path
    said: dict[str, subprocess.CompletedProcess[str]] = field(default_factory=dict)
    plans: dict[str, dict[str, Any]] = field(default_factory=dict)
    left: dict[str, list[str]] = field(default_factory=dict)
    provider: dict[str, str] = field(default_factory=dict)  # variables that lead Terraform to one that runs

    @property
    def environ(self) -> dict[str, str]:
        outer = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "STOCKCAST_"))}
        values = self.home / "values.json"
        aws = {
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.gateway.url, "AWS_EC2_METADATA_DISABLED": "true",
            "STOCKCAST_HOME": str(self.home),
        }  # fmt: skip
        return outer | aws | self.provider | ({"STOCKCAST_VAR_FILE": str(values)} if values.exists() else {})

    def make(self, step: str, *arguments: str, refused: bool = False) -> None:
        """Run a target as a person would; it has to go well, unless it is to be refused."""
        self.said[step] = subprocess.run(
            ["make", *arguments], cwd=ROOT, env=self.environ, capture_output=True, text=True, timeout=900, check=False
        )
        assert (self.said[step].returncode != 0) == refused, f"{self.name}: {step}\n{self.told(step)[-6000:]}"

    def told(self, step: str) -> str:
        return self.said[step].stdout + self.said[step].stderr

    def plan(self, step: str, *, read: bool = True) -> None:
        """`make plan`, and the plan that it saved. To read that takes Terraform as long as to make a small one."""
        self.make(step, "plan", f"ENV={self.name}")
        if read:
            self.plans[step] = self.saved(self.home / "plans" / f"{self.name}.tfplan")

    def saved(self, file: Path) -> dict[str, Any]:
        folder = {"TF_DATA_DIR": str(self.home / "terraform" / self.name)}
        command = [str(terraform()), f"-chdir={ROOT / 'terraform/platform'}", "show", "-json", str(file)]
        shown = subprocess.run(command, env=self.environ | folder, capture_output=True, text=True, check=True)
        found: dict[str, Any] = json.loads(shown.stdout)
        return found

    def standing(self) -> list[str]:
        """Everything that stands beside the state bucket, as `service kind name`."""
        with urllib.request.urlopen(f"{self.gateway.url}/_localaws/inventory", timeout=30) as answer:
            found: dict[str, dict[str, list[str]]] = json.load(answer)
        every = [
            f"{service} {kind} {name}" for service, kinds in found.items() for kind in kinds for name in kinds[kind]
        ]
        return sorted(one for one in every if f"stockcast-{self.account_id}-tfstate" not in one)


def live_through(account: Account) -> None:
    """From an empty account to the environment and back."""
    values = hcl.load(ROOT / f"envs/{account.name}/platform.tfvars")
    confirm = f"CONFIRM={account.name}"
    if account.name == "dev":
        account.make("bootstrap", "bootstrap", f"CONFIRM={account.account_id}")
    else:
        account.gateway.client("s3").create_bucket(Bucket=f"stockcast-{account.account_id}-tfstate")
    account.left["before"] = account.standing()
    account.plan("first plan")
    proxied = {"HTTP_PROXY": account.gateway.url}  # as our commands do for MWAA's address
    with shared_provider(account.home, account.environ | proxied, ROOT / "terraform/platform") as account.provider:
        live_on(account, confirm, protected=values["protect_data"])


def live_on(account: Account, confirm: str, *, protected: bool) -> None:
    """From the first plan to the environment and back."""
    account.make("apply", "apply", f"ENV={account.name}", confirm)
    account.left["applied"] = account.standing()
    account.plan("second plan")
    if account.name == "dev":
        account.make("doctor", "doctor", "ENV=dev")
        account.make("wake", "wake", "ENV=dev", confirm)
        account.plan("plan after wake", read=False)
        account.make("sleep", "sleep", "ENV=dev", confirm)
        account.plan("plan after sleep", read=False)
    if protected:
        account.make("destroy while protected", "destroy", f"ENV={account.name}", confirm, refused=True)
        account.left["refused"] = account.standing()
        (account.home / "values.json").write_text(json.dumps({"protect_data": False}))
        account.plan("plan to unprotect", read=False)
        account.make("unprotect", "apply", f"ENV={account.name}", confirm)
    account.make("destroy", "destroy", f"ENV={account.name}", confirm)
    account.left["after"] = account.standing()


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Account]]:
    made = {}
    for name in NAMES:
        folder = tmp_path_factory.mktemp(name)
        account_id = hcl.load(ROOT / f"envs/{name}/platform.tfvars")["account_id"]
        made[name] = Account(name, account_id, Gateway(folder, free_port(), account_id=account_id), folder / "home")
        made[name].home.mkdir()
        made[name].gateway.await_health()
    try:
        with ThreadPoolExecutor(len(made)) as pool:
            lives = [pool.submit(live_through, account) for account in made.values()]
        for life in lives:
            life.result()
        yield made
    finally:
        for account in made.values():
            account.gateway.process.terminate()
            account.gateway.process.wait(20)


def changed(plan: dict[str, Any]) -> list[str]:
    return [change["address"] for change in hourly.changes(plan)]


@pytest.mark.parametrize("name", NAMES)
def test_an_applied_environment_plans_no_changes(accounts: dict[str, Account], name: str) -> None:
    """Otherwise every push would change something that nobody changed."""
    account = accounts[name]

    assert len(changed(account.plans["first plan"])) > 100
    assert changed(account.plans["second plan"]) == []
    assert "No changes." in account.told("second plan")


@pytest.mark.parametrize("name", NAMES)
def test_an_applied_environment_passes_every_check(accounts: dict[str, Account], name: str) -> None:
    """Now that every ARN and policy is known, nothing may be left that AWS would refuse."""
    plan = Plan.from_json(accounts[name].plans["second plan"], ROOT / "terraform/platform")

    assert [str(finding) for finding in check_all(plan, strict=True)] == []


@pytest.mark.parametrize("name", NAMES)
def test_destroy_leaves_nothing(accounts: dict[str, Account], name: str) -> None:
    """What stays behind costs money unseen, or takes the name that the next apply needs."""
    left = accounts[name].left

    assert len(left["applied"]) > len(left["before"]) + 100
    assert [what for what in left["after"] if what not in left["before"]] == []


@pytest.mark.parametrize("name", ["staging", "prod"])
def test_protected_data_survives_a_destroy_that_was_confirmed(accounts: dict[str, Account], name: str) -> None:
    """Whoever types the name of the wrong environment must not lose years of data, nor the key to them."""
    account = accounts[name]

    assert "protect_data = false" in account.told("destroy while protected")
    assert account.left["refused"] == account.left["applied"]


def test_the_doctor_finds_dev_well_after_its_apply(accounts: dict[str, Account]) -> None:
    """A doctor who calls everybody ill is not asked again."""
    told = accounts["dev"].told("doctor")

    assert " 0 error" in told
    assert "as it would wake" in told


def test_sleep_and_wake_change_what_costs_by_the_hour_and_nothing_else(accounts: dict[str, Account]) -> None:
    """Whoever saves money at night must find everything else as it was in the morning."""
    dev = accounts["dev"]

    told = {step: [line for line in dev.told(step).splitlines() if " will be " in line] for step in ("wake", "sleep")}

    assert len(told["wake"]) >= 4
    assert len(told["wake"]) == len(told["sleep"])
    assert [line for lines in told.values() for line in lines if not any(part in line for part in BY_THE_HOUR)] == []
    assert "No changes." in dev.told("plan after wake")
    assert "No changes." in dev.told("plan after sleep")


def test_prod_stands_in_two_zones_and_dev_sleeps(accounts: dict[str, Account]) -> None:
    """Highly available is a claim that a plan can prove."""
    created = {name: " ".join(changed(accounts[name].plans["first plan"])) for name in NAMES}

    assert created["prod"].count("aws_nat_gateway.this") == 2
    assert created["staging"].count("aws_nat_gateway.this") == 1
    assert "aws_mwaa_environment.this" in created["staging"]
    assert "aws_nat_gateway" not in created["dev"]
    assert "aws_mwaa_environment" not in created["dev"]
