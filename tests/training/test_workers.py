"""One network trained by several hosts at once."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stockcast.models import bundle

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("tensorflow")]

REPOSITORY = Path(__file__).parents[2]
TINY = ["--epochs", "2", "--batch_size", "64", "--seeds", "5", "--units", "2", "--lookback", "10"]


@pytest.mark.extended
def test_two_hosts_train_one_network_and_the_first_leaves_it(small_bars, tmp_path):
    """What hosts do not agree on would show as two models, or as hosts that wait for each other for ever."""
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        workers = [f"127.0.0.1:{probe.getsockname()[1]}" for probe in (one, other)]

    hosts = [_host(rank, workers, small_bars, tmp_path) for rank in (0, 1)]
    told = [host.communicate(timeout=180)[0] for host in hosts]

    assert [host.returncode for host in hosts] == [0, 0], told
    losses = [_values("val_loss", lines) for lines in told]
    assert len(losses[0]) == 3 and losses[0][:2] == losses[1]  # the same weights everywhere; the mean on the first only
    assert _values(" loss", told[0]) != _values(" loss", told[1])  # each learned from its own half
    recipe, _ = bundle.load(tmp_path / "host-0")
    assert recipe.seeds == (5,)
    assert not (tmp_path / "host-1").exists()
    assert (tmp_path / "checkpoints-0/seed-5.npz").is_file() and not (tmp_path / "checkpoints-1").exists()


def _host(rank: int, workers: list[str], bars: Path, folder: Path) -> subprocess.Popen:
    told = json.dumps({"cluster": {"worker": workers}, "task": {"type": "worker", "index": rank}})
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "src"), "TF_CONFIG": told}
    folders = ["--model_dir", str(folder / f"host-{rank}"), "--checkpoint_dir", str(folder / f"checkpoints-{rank}")]
    command = [sys.executable, str(REPOSITORY / "training/train.py"), "--bars", str(bars), *folders, *TINY]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def _values(name: str, told: str) -> list[str]:
    lines = [line for line in told.splitlines() if line.startswith("seed") and f"{name}: " in line]
    return [line.split(f"{name}: ")[1].split()[0] for line in lines]


@pytest.mark.parametrize("count", [2, 3])
def test_every_host_gets_as_many_windows_as_the_others(monkeypatch, count):
    """One batch more on one host, and it waits for gradients that nobody sends."""
    from stockcast.models import workers

    monkeypatch.setattr(workers.tf.distribute, "MultiWorkerMirroredStrategy", lambda: None)
    order = np.random.default_rng(1).permutation(100)

    shares = [workers.Workers(count, rank).share(order) for rank in range(count)]

    assert {len(share) for share in shares} == {100 // count}
    assert set(np.concatenate(shares).tolist()) <= set(range(100))
    assert len(set(np.concatenate(shares).tolist())) == 100 // count * count


def test_sagemaker_s_names_become_a_cluster(monkeypatch):
    """On AWS nobody sets TF_CONFIG: hosts are told in SM_HOSTS."""
    from stockcast.models import workers

    monkeypatch.setattr(workers.tf.distribute, "MultiWorkerMirroredStrategy", lambda: None)
    monkeypatch.delenv("TF_CONFIG", raising=False)

    second = workers.Workers.of({"SM_HOSTS": '["algo-1", "algo-2"]', "SM_CURRENT_HOST": "algo-2"})

    assert (second.count, second.rank, second.is_first) == (2, 1, False)
    assert json.loads(os.environ["TF_CONFIG"]) == {
        "cluster": {"worker": ["algo-1:7777", "algo-2:7777"]}, "task": {"type": "worker", "index": 1}
    }  # fmt: skip


@pytest.mark.parametrize("environ", [{}, {"SM_HOSTS": '["algo-1"]', "SM_CURRENT_HOST": "algo-1"}])
def test_one_host_is_no_cluster(environ):
    """The usual training must not open ports."""
    from stockcast.models.workers import Workers

    alone = Workers.of(environ)

    assert (alone.count, alone.is_first) == (1, True)
    np.testing.assert_array_equal(alone.share(np.arange(5)), np.arange(5))
