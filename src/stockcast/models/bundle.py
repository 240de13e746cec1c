"""The model bundle, one folder: the averaged network, each network of it alone, the recipe, the metrics."""

import json
from pathlib import Path
from typing import Any

from stockcast.models.onnx_model import OnnxModel
from stockcast.models.recipe import Recipe

NETWORK = "model.onnx"
RECIPE = "recipe.json"
METRICS = "metrics.json"
MEMBERS = "members"  # a folder


def load(folder: Path) -> tuple[Recipe, OnnxModel]:
    """Read a bundle, or say what it lacks."""
    _refuse_absent(folder, NETWORK, RECIPE)
    return Recipe.from_json((folder / RECIPE).read_text()), OnnxModel(folder / NETWORK)


def member(seed: int) -> str:
    """The file of the network of one seed."""
    return f"{MEMBERS}/seed-{seed}.onnx"


def load_members(folder: Path, recipe: Recipe) -> dict[int, OnnxModel]:
    """The networks whose mean is the model, by seed."""
    _refuse_absent(folder, *(member(seed) for seed in recipe.seeds))
    return {seed: OnnxModel(folder / member(seed)) for seed in recipe.seeds}


def load_metrics(folder: Path) -> dict[str, Any]:
    """What the training measured: losses, the export's error, the gain of shuffled labels, size, time, commit."""
    _refuse_absent(folder, METRICS)
    metrics: dict[str, Any] = json.loads((folder / METRICS).read_text())
    return metrics


def _refuse_absent(folder: Path, *names: str) -> None:
    absent = [name for name in names if not (folder / name).is_file()]
    if absent:
        raise FileNotFoundError(
            f"{folder} lacks {', '.join(absent)}; a bundle holds {NETWORK}, {MEMBERS}/, {RECIPE} and {METRICS}. "
            "Point to the unpacked model.tar.gz of a training job."
        )
