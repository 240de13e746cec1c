"""A small model, trained twice for the whole session: training is what these tests can least afford to repeat."""

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
    """What the small models are trained with."""
    return ["--model_version", "small", "--epochs", "3", "--batch_size", "32", "--seeds", "0,1"]


@pytest.fixture(scope="session")
def small_models(
    small_bars: Path, small_arguments: list[str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """Two bundles from two runs on the same bars."""
    from training import train  # TensorFlow takes seconds to import: only for those who need a model

    folders = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")
    for folder in folders:
        train.main(["--bars", str(small_bars), "--model_dir", str(folder), *small_arguments])
    return folders
