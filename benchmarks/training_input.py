"""Write benchmarks/training_input.md: how fast windows reach the network, ours beside the tutorial's way.

    python benchmarks/training_input.py

Both train the same network on the same generated rows in this one run. The tutorial's way is what most pages on stock
LSTMs show: a loop that slices every window into a list, one large array of them, `fit` with its batch of 32. Ours cuts
batches out of the flat table of rows inside TensorFlow. Ends with status 1 if ours is not at least 3 times as fast.
"""

import os
import platform
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter, process_time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "src"))

import keras  # noqa: E402
import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from stockcast.models import network  # noqa: E402
from stockcast.models.feed import Feed  # noqa: E402

LOOKBACK, FEATURES, TARGETS = 40, 13, 6
WINDOWS = 40_960
BATCH = 1024  # what training takes for large sets
TUTORIAL_BATCH = 32  # Keras' default
ROUNDS = 3  # the best of each counts: other programs only ever slow one down
LEAST_RATIO = 3.0

Rows = NDArray[np.float32]


def main() -> int:
    random = np.random.default_rng(0)
    rows = random.standard_normal((WINDOWS + LOOKBACK - 1, FEATURES)).astype(np.float32)
    targets = random.standard_normal((len(rows), TARGETS)).astype(np.float32)
    ways: dict[str, Callable[[keras.Model, Rows, Rows], None]] = {
        "tutorial loop": _tutorial,
        "gather in tf.data": _ours,
    }
    models = {name: _warm_model(way, rows, targets) for name, way in ways.items()}
    speeds: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(ROUNDS):  # in turns: a busy minute of the machine hits both
        for name, way in ways.items():
            speeds[name].append(_speed(partial(way, models[name], rows, targets)))
    best = {name: max(rounds) for name, rounds in speeds.items()}
    ratio = best["gather in tf.data"][0] / best["tutorial loop"][0]
    text = _page(best, ratio)
    (ROOT / "benchmarks" / "training_input.md").write_text(text)
    print(text)
    return 0 if ratio >= LEAST_RATIO else 1


def _tutorial(model: keras.Model, rows: Rows, targets: Rows) -> None:
    windows, wanted = [], []
    for end in range(LOOKBACK, len(rows) + 1):
        windows.append(rows[end - LOOKBACK : end])
        wanted.append(targets[end - 1])
    model.fit(np.array(windows), np.array(wanted), batch_size=TUTORIAL_BATCH, epochs=1, verbose=0)


def _ours(model: keras.Model, rows: Rows, targets: Rows) -> None:
    ends = np.random.default_rng(0).permutation(np.arange(LOOKBACK - 1, len(rows)))
    model.fit(Feed(rows, targets, LOOKBACK).batches(ends, BATCH), epochs=1, shuffle=False, verbose=0)


def _warm_model(way: Callable[[keras.Model, Rows, Rows], None], rows: Rows, targets: Rows) -> keras.Model:
    """Traced once on few windows, so that nobody's time holds the compiler's."""
    model = network.build(LOOKBACK, FEATURES)
    few = BATCH + LOOKBACK - 1
    way(model, rows[:few], targets[:few])
    return model


def _speed(train: Callable[[], None]) -> tuple[float, float]:
    """Windows per second, and per second of processor time."""
    wall, cpu = perf_counter(), process_time()
    train()
    return WINDOWS / (perf_counter() - wall), WINDOWS / (process_time() - cpu)


def _page(best: dict[str, tuple[float, float]], ratio: float) -> str:
    lines = [
        "# Training input",
        "",
        f"One epoch of {WINDOWS:,} windows ({LOOKBACK} days x {FEATURES} features) from rows to trained network, best "
        f"of {ROUNDS} in turns; {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, Keras "
        f"{keras.__version__}.",
        "",
        "| way | batch | windows/s | windows per CPU-second |",
        "|---|---|---|---|",
    ]
    batches = {"tutorial loop": TUTORIAL_BATCH, "gather in tf.data": BATCH}
    lines += [f"| {name} | {batches[name]} | {wall:,.0f} | {cpu:,.0f} |" for name, (wall, cpu) in best.items()]
    return "\n".join([*lines, "", f"Ours is {ratio:.1f} times as fast; at least {LEAST_RATIO:.0f} is asked.", ""])


if __name__ == "__main__":
    sys.exit(main())
