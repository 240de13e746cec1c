"""A small model, trained once for the whole session: training is what these tests can least afford to repeat.

Tests that import TensorFlow, and those that need the model, share one worker: pytest.mark.xdist_group("tensorflow").
"""

from pathlib import Path

import pytest
from tests.stockcast.generated import silver


@pytest.fixture(scope="session")
def small_bars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with silver bars of two symbols, four years."""
    folder = tmp_path_factory.mktemp("bars") / "year=2001"
    folder.mkdir()
    silver(["AAPL", "GOOG"], 1100, train=0.45, validation=0.2).write_parquet(folder / "part.parquet")
    return folder.parent


@pytest.fixture(scope="session")
def small_arguments() -> list[str]:
    """What the small model is trained with."""
    return ["--model_version", "small", "--epochs", "3", "--batch_size", "32", "--seeds", "0,1"]


@pytest.fixture(scope="session")
def small_model(small_bars: Path, small_arguments: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of one training on the small bars."""
    from training import train  # TensorFlow takes seconds to import: only for those who need a model

    folder = tmp_path_factory.mktemp("model")
    train.main(["--bars", str(small_bars), "--model_dir", str(folder), *small_arguments])
    return folder


def skip_measures(patch: pytest.MonkeyPatch) -> None:
    """Trainings leave metrics without a look at the export and at shuffled labels: a third of their time."""
    from training import train

    patch.setattr(train, "measure", lambda *_: {"onnx_difference": 0.0, "shuffled_gain": 0.0})


@pytest.fixture
def without_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainings of this test are not measured."""
    skip_measures(monkeypatch)
