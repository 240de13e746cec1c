"""Judge a model on the test days it has never seen, beside persistence and EWMA, and say whether it may serve.

Writes evaluation.json. A refusal is a result, not a failure: the job succeeds and `verdict.promote` is false.
"""

import argparse
import json
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from stockcast.contracts.bars import MINIMUM_BARS
from stockcast.evaluation.gate import judge
from stockcast.evaluation.report import horizon_figures
from stockcast.forecasting.history import history
from stockcast.models import bundle
from stockcast.models.recipe import Recipe
from stockcast.models.training_set import read_bars


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the model over every symbol's whole history, keep the test days, judge."""
    args = _arguments(arguments)
    with tempfile.TemporaryDirectory() as folder:
        recipe, model = bundle.load(_unpacked(args.model, Path(folder)))
        bars, _ = read_bars(args.bars)
        _refuse_seen_days(bars, recipe)
        origins = pl.concat(
            history(one["symbol"][0], one, recipe, model)
            for one in bars.partition_by("symbol", maintain_order=True)
            if one.height >= MINIMUM_BARS  # a newly listed symbol cannot be forecast yet
        )
    evaluation = evaluate(origins.join(bars.select("symbol", "date", "split"), on=["symbol", "date"]), recipe)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "evaluation.json").write_text(json.dumps(evaluation, indent=2) + "\n")
    _tell(evaluation)


def evaluate(origins: pl.DataFrame, recipe: Recipe) -> dict[str, Any]:
    """The content of evaluation.json from all origins with their part of time."""
    test = origins.filter(pl.col("split") == "test")
    figures = {h: horizon_figures(test, h) for h in recipe.horizons}
    return {
        "model_version": recipe.model_version,
        "feature_version": recipe.feature_version,
        "data_sha256": recipe.data_sha256,
        "test": {
            "from": str(test["date"].min()),
            "to": str(test["date"].max()),
            "dates": test["date"].n_unique(),
            "symbols": test["symbol"].unique().sort().to_list(),
        },
        "horizons": {str(h): values for h, values in figures.items()},
        "verdict": judge(figures),
    }


def _unpacked(model: Path, folder: Path) -> Path:
    """The bundle's folder: SageMaker hands an archive over, a person a folder."""
    archive = model / "model.tar.gz"
    if not archive.is_file():
        return model
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder


def _refuse_seen_days(bars: pl.DataFrame, recipe: Recipe) -> None:
    """A model judged on days it was trained on looks better than it is."""
    first = str(bars.filter(pl.col("split") == "test")["date"].min())
    if recipe.trained_until >= first:
        raise SystemExit(
            f"{recipe.model_version} was trained until {recipe.trained_until} and the test starts on {first}; it must "
            "start later. Evaluate on the bars that the model was trained with, or train again on these."
        )


def _tell(evaluation: dict[str, Any]) -> None:
    for horizon, figures in evaluation["horizons"].items():
        print(f"horizon: {horizon} " + " ".join(f"{name}: {value:.4f}" for name, value in figures.items()), flush=True)
    for rule in evaluation["verdict"]["rules"]:
        if not rule["passed"]:
            print(f"refused by {rule['rule']} at horizon {rule['horizon']}: {rule['value']}, limit {rule['limit']}")
    print(f"promote: {evaluation['verdict']['promote']}", flush=True)


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bars", type=Path, required=True, help="folder with silver bars")
    parser.add_argument("--model", type=Path, required=True, help="folder with model.tar.gz, or with its content")
    parser.add_argument("--out", type=Path, required=True, help="folder for evaluation.json")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
