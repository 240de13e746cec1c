"""Judging a small model for real."""

import json
import tarfile
from pathlib import Path

import polars as pl
import pytest
from tests.stockcast.generated import silver
from training import evaluate

from stockcast.models import bundle


def packed(model: Path, folder: Path) -> Path:
    """The bundle as SageMaker hands it over."""
    with tarfile.open(folder / "model.tar.gz", "w:gz") as archive:
        for path in model.iterdir():
            archive.add(path, arcname=path.name)
    return folder


def test_an_evaluation_names_model_days_figures_and_verdict(small_models, small_bars, tmp_path):
    """The gate and the registry read this file and nothing else."""
    model, out = packed(small_models[0], tmp_path), tmp_path / "out"

    evaluate.main(["--bars", str(small_bars), "--model", str(model), "--out", str(out)])

    evaluation = json.loads((out / "evaluation.json").read_text())
    recipe, _ = bundle.load(small_models[0])
    assert evaluation["model_version"] == "small"
    assert evaluation["feature_version"] == recipe.feature_version
    assert evaluation["test"]["symbols"] == ["AAPL", "GOOG"]
    assert recipe.trained_until < evaluation["test"]["from"] < evaluation["test"]["to"]
    assert list(evaluation["horizons"]) == ["1", "5", "21"]
    assert 0.6 < evaluation["horizons"]["1"]["coverage_80"] < 0.95
    assert evaluation["horizons"]["21"]["dates"] == evaluation["test"]["dates"] - 21
    failed = [rule for rule in evaluation["verdict"]["rules"] if not rule["passed"]]
    assert evaluation["verdict"]["promote"] == (not failed)
    assert len(evaluation["verdict"]["rules"]) == 16


def test_a_model_is_not_judged_on_days_it_has_seen(small_models, tmp_path):
    """Silver of an older day puts the test into the model's training time: it would look brilliant."""
    older = silver(["AAPL", "GOOG"], 700, train=0.3, validation=0.1)
    older.write_parquet(tmp_path / "bars.parquet")

    with pytest.raises(SystemExit, match="small was trained until"):
        evaluate.main(["--bars", str(tmp_path), "--model", str(small_models[0]), "--out", str(tmp_path)])


def test_a_symbol_too_young_to_forecast_does_not_stop_the_judgement(small_models, small_bars, tmp_path):
    """A new listing must not block every deployment for a year."""
    table = pl.read_parquet(small_bars / "year=2001" / "part.parquet", hive_partitioning=False)
    young = table.filter(pl.col("symbol") == "AAPL").tail(100).with_columns(pl.lit("YOUNG").alias("symbol"))
    pl.concat([table, young]).write_parquet(tmp_path / "bars.parquet")

    evaluate.main(["--bars", str(tmp_path), "--model", str(small_models[0]), "--out", str(tmp_path)])

    assert json.loads((tmp_path / "evaluation.json").read_text())["test"]["symbols"] == ["AAPL", "GOOG"]


def test_a_folder_without_a_bundle_says_what_it_lacks(small_bars, tmp_path):
    """A wrong prefix gives an empty folder, not an error."""
    with pytest.raises(FileNotFoundError, match=r"lacks model\.onnx, recipe\.json"):
        evaluate.main(["--bars", str(small_bars), "--model", str(tmp_path), "--out", str(tmp_path)])
