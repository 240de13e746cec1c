"""The pipelines' root for real in an embedded AWS: refused, planned, applied, planned again, taken away.

Once with the account's values, which have three environments in three accounts and a clock, and once with the local
ones; both side by side, since most of an apply is waiting.
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
from urllib.parse import quote

import pytest
from tests.localaws.helpers import Gateway, free_port
from tests.terraform import hcl

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.extended,
    pytest.mark.xdist_group("accounts"),
    pytest.mark.timeout(1800),
]

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("account", "local")
# S3 takes a minute to confirm a lifecycle rule; the module's own tests have it.
MORE = {"retention": {"artifacts_days": None, "log_days": 30}}


@dataclass
class HomeAccount:
    """One home account: its embedded AWS, what each command said there, and what stood after it."""

    name: str
    account_id: str
    gateway: Gateway
    home: Path
    said: dict[str, subprocess.CompletedProcess[str]] = field(default_factory=dict)
    standing: dict[str, set[str]] = field(default_factory=dict)
    pipelines: dict[str, Any] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        outer = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "STOCKCAST_"))}
        return outer | {
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": self.gateway.url, "PYTHONPATH": str(ROOT / "src"), "STOCKCAST_HOME": str(self.home),
            "STOCKCAST_DELIVERY_VAR_FILE": str(self.home / "more.tfvars.json"),
        }  # fmt: skip

    def run(self, step: str, *arguments: str) -> None:
        """`make delivery`, or what stands behind it; each step is judged by its test."""
        command = ["make", "delivery", *arguments]
        if "--destroy" in arguments:
            command = ["python3", "src/shipping/tools.py", "run", "local", "--", "-m", "shipping.delivery", *arguments]
        self.said[step] = subprocess.run(
            command, cwd=ROOT, env=self.environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
            check=False,
        )  # fmt: skip
        self.standing[step] = self.inventory()

    def told(self, step: str) -> str:
        return self.said[step].stdout + self.said[step].stderr

    def inventory(self) -> set[str]:
        with urllib.request.urlopen(f"{self.gateway.url}/_localaws/inventory", timeout=30) as answer:
            found: dict[str, dict[str, list[str]]] = json.load(answer)
        return {
            f"{service} {kind} {name}" for service, kinds in found.items() for kind in kinds for name in kinds[kind]
        }

    def click(self, arn: str) -> None:
        """What a person does in the console."""
        page = f"{self.gateway.url}/_localaws/connections/{quote(arn, safe='')}/available"
        clicked = urllib.request.Request(page, headers={"content-type": "application/json"}, method="POST")
        urllib.request.urlopen(clicked, timeout=10).close()


def live_through(account: HomeAccount) -> None:
    client = account.gateway.client
    confirm = f"CONFIRM={account.account_id}"
    client("s3").create_bucket(Bucket=f"stockcast-{account.account_id}-tfstate")
    made = client("codeconnections").create_connection(ProviderType="GitHub", ConnectionName="stockcast-github")
    account.run("pending", confirm)
    account.click(made["ConnectionArn"])
    account.run("unconfirmed")
    account.run("made", confirm)
    listed = client("codepipeline").list_pipelines()["pipelines"]
    account.pipelines = {
        one["name"]: client("codepipeline").get_pipeline(name=one["name"])["pipeline"] for one in listed
    }
    account.run("again")
    account.run("gone", "--destroy", "--confirm", account.account_id)


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, HomeAccount]]:
    made = {}
    for name in NAMES:
        folder = tmp_path_factory.mktemp(name)
        account_id = hcl.load(ROOT / f"envs/{name}/delivery.tfvars")["account_id"]
        made[name] = HomeAccount(name, account_id, Gateway(folder, free_port(), account_id), folder / "home")
        made[name].home.mkdir()
        (made[name].home / "more.tfvars.json").write_text(json.dumps(MORE))
        made[name].gateway.await_health()
    try:
        with ThreadPoolExecutor(len(made)) as pool:
            for life in [pool.submit(live_through, account) for account in made.values()]:
                life.result()
        yield made
    finally:
        for account in made.values():
            account.gateway.process.terminate()
            account.gateway.process.wait(20)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_made_before_the_click_nor_unconfirmed(accounts: dict[str, HomeAccount], name: str) -> None:
    """Pipelines that never start look as if nobody had pushed."""
    account = accounts[name]

    assert account.said["pending"].returncode != 0
    assert "stockcast-github is PENDING" in account.told("pending")
    assert account.said["unconfirmed"].returncode != 0
    assert f"give CONFIRM={account.account_id}" in account.told("unconfirmed")
    assert account.standing["unconfirmed"] == account.standing["pending"]


@pytest.mark.parametrize("name", NAMES)
def test_what_was_made_plans_no_changes_and_asks_nobody(accounts: dict[str, HomeAccount], name: str) -> None:
    """A plan that never rests hides the change that somebody did not mean."""
    account = accounts[name]

    assert account.said["made"].returncode == 0, account.told("made")[-3000:]
    assert account.said["again"].returncode == 0, account.told("again")[-3000:]
    assert "No changes." in account.told("again")
    assert "stockcast-infrastructure  https://us-east-1.console.aws.amazon.com/" in account.said["again"].stdout


@pytest.mark.parametrize("name", NAMES)
def test_taking_the_pipelines_away_leaves_nothing(accounts: dict[str, HomeAccount], name: str) -> None:
    """A project that stays can still take its deploy role."""
    account = accounts[name]

    assert account.said["gone"].returncode == 0, account.told("gone")[-3000:]
    assert len(account.standing["made"]) > len(account.standing["pending"]) + 30
    assert account.standing["gone"] - account.standing["pending"] == set()


@pytest.mark.parametrize(
    ("name", "stages"),
    [
        (
            "account",
            "Source Check Plan-dev Apply-dev Verify-dev Plan-staging Approve-staging Apply-staging Verify-staging "
            "Plan-prod Approve-prod Apply-prod Verify-prod",
        ),
        ("local", "Source Check Plan-local Approve-local Apply-local Verify-local"),
    ],
)
def test_a_push_passes_the_environments_in_their_order(
    accounts: dict[str, HomeAccount], name: str, stages: str
) -> None:
    """Production first would be the first to find out."""
    pipeline = accounts[name].pipelines["stockcast-infrastructure"]

    assert " ".join(stage["name"] for stage in pipeline["stages"]) == stages
    assert pipeline["executionMode"] == "QUEUED"


def test_only_the_account_has_a_clock(accounts: dict[str, HomeAccount]) -> None:
    """Locally nobody waits for five in the morning."""
    assert sorted(accounts["account"].pipelines) == [
        "stockcast-dags", "stockcast-drift", "stockcast-infrastructure", "stockcast-models",
    ]  # fmt: skip
    assert "stockcast-drift" not in accounts["local"].pipelines
    assert "eventbridge rules default|stockcast-delivery-drift" in accounts["account"].standing["made"]
