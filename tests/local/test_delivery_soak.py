"""`make delivery` stopped again and again at moments that a seed chooses: the next run finishes what was begun."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.local.test_delivery_root import MORE, ROOT, HomeAccount
from tests.localaws.helpers import Gateway, free_port
from tests.terraform import hcl

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]

STOPS = 2


@pytest.fixture
def account(tmp_path: Path) -> Iterator[HomeAccount]:
    """The account of the pipelines, with an AVAILABLE connection and a state bucket."""
    account_id = hcl.load(ROOT / "envs/local/delivery.tfvars")["account_id"]
    account = HomeAccount("local", account_id, Gateway(tmp_path, free_port(), account_id), tmp_path / "home")
    account.home.mkdir()
    (account.home / "more.tfvars.json").write_text(json.dumps(MORE))
    try:
        account.gateway.await_health()
        client = account.gateway.client
        client("s3").create_bucket(Bucket=f"stockcast-{account_id}-tfstate")
        made = client("codeconnections").create_connection(ProviderType="GitHub", ConnectionName="stockcast-github")
        account.click(made["ConnectionArn"])
        yield account
    finally:
        account.gateway.process.terminate()
        account.gateway.process.wait(20)


def stop_after(account: HomeAccount, seconds: float) -> tuple[int, str]:
    """Run `make delivery` and send SIGTERM to its process group after so many seconds; its status and output."""
    command = ["make", "delivery", f"CONFIRM={account.account_id}"]
    with subprocess.Popen(
        command, cwd=ROOT, env=account.environ, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            printed, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGTERM)
            printed, _ = process.communicate(timeout=300)
        return process.returncode, printed


def test_pipelines_that_were_stopped_half_made_are_finished_by_the_next_run(
    account: HomeAccount, soak_random: random.Random
) -> None:
    """A laptop that is closed, or a job that is cancelled, must leave neither a lock nor a resource without a state."""
    before = account.inventory()

    stopped = [stop_after(account, soak_random.uniform(2, 25)) for _ in range(STOPS)]
    account.run("made", f"CONFIRM={account.account_id}")
    account.run("again")
    account.run("gone", "--destroy", "--confirm", account.account_id)

    assert any(status for status, _ in stopped), stopped
    assert account.said["made"].returncode == 0, "\n".join([*(told for _, told in stopped), account.told("made")])[
        -6000:
    ]
    assert "No changes." in account.told("again")
    assert account.said["gone"].returncode == 0, account.told("gone")[-3000:]
    assert account.standing["gone"] - before == set()
