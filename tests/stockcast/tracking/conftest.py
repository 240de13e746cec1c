"""An outcome as training and judgement leave it, with EWMA in the network's place: keeping one needs no training."""

import json
from pathlib import Path

import polars as pl
import pytest
from tests.stockcast.generated import silver

from stockcast.contracts.records import HORIZONS
from stockcast.evaluation.gate import Verdict
from stockcast.evaluation.performance import performance
from stockcast.evaluation.rules import at_most, between
from stockcast.evaluation.table import comparison
from stockcast.forecasting.walk_forward import on_test_days, walk_forward
from stockcast.models.classical.ewma import Ewma
from stockcast.models.classical.naive import Naive
from stockcast.tracking import outcome
from stockcast.tracking.outcome import Outcome

JOB = "stockcast-local-train-20010101-0a1b2c3d-1"


@pytest.fixture(scope="session")
def evaluation_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What evaluate.py writes."""
    folder = tmp_path_factory.mktemp("evaluation")
    bars = silver(["AAPL", "^GSPC"], 1100, train=0.45, validation=0.2)
    others = {other.name: on_test_days(walk_forward(bars, other), bars) for other in (Naive(), Ewma())}
    frames = {"lstm": others["ewma"].with_columns(pl.lit("lstm").alias("model")), **others}
    compared, judged = comparison(frames, HORIZONS), performance(frames["lstm"], HORIZONS, {})
    rules = (
        at_most("G1", "point_error_beside_persistence", 1.002, 1.01, 1),
        between("G4", "coverage_of_80_percent_interval", 0.712, (0.77, 0.83), 21, "AAPL"),
    )
    told = {
        "model_version": JOB, "feature_version": "f1", "data_sha256": "ab" * 32, "commit": "3fa9c1d2",
        "test": {
            "from": str(frames["lstm"]["date"].min()), "to": str(frames["lstm"]["date"].max()),
            "dates": frames["lstm"]["date"].n_unique(), "symbols": ["AAPL", "^GSPC"],
        },
        "horizons": {h: {**figures, "direction_edge": False} for h, figures in judged.horizons.items()},
        "champion": None, **Verdict(rules).told(), "models": compared, "by_symbol": judged.symbols,
    }  # fmt: skip
    text = json.dumps(told).replace("NaN", "null")
    (folder / outcome.EVALUATION).write_text(text)
    pl.concat(frames.values()).write_parquet(folder / outcome.ORIGINS)
    return folder


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two files of a bundle that tell what it is."""
    folder = tmp_path_factory.mktemp("model")
    recipe = {
        "model_version": JOB, "feature_version": "f1", "feature_names": ["ret1", "lrv"], "horizons": [1, 5, 21],
        "lookback": 40, "seeds": [0, 1], "symbols": ["AAPL", "^GSPC"], "data_sha256": "ab" * 32,
        "trained_until": "2003-11-05",
    }  # fmt: skip
    metrics = {
        "val_loss": 0.25, "val_loss_by_seed": {"0": 0.26, "1": 0.24}, "parameters": 6284, "commit": "3fa9c1d2",
        "shuffled_gain": None, "hyperparameters": {"epochs": 30, "batch_size": 128},
    }  # fmt: skip
    (folder / "recipe.json").write_text(json.dumps(recipe))
    (folder / "metrics.json").write_text(json.dumps(metrics))
    return folder


@pytest.fixture(scope="session")
def judged(evaluation_folder: Path, model_folder: Path) -> Outcome:
    return outcome.read(evaluation_folder, model_folder)
