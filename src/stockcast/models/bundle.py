"""The model bundle: model.onnx, recipe.json and metrics.json in one folder."""

from pathlib import Path

from stockcast.models.onnx_model import OnnxModel
from stockcast.models.recipe import Recipe

NETWORK = "model.onnx"
RECIPE = "recipe.json"
METRICS = "metrics.json"


def load(folder: Path) -> tuple[Recipe, OnnxModel]:
    """Read a bundle, or say what it lacks."""
    absent = [name for name in (NETWORK, RECIPE) if not (folder / name).is_file()]
    if absent:
        raise FileNotFoundError(
            f"{folder} lacks {', '.join(absent)}; a bundle holds {NETWORK} and {RECIPE}. "
            "Point to the unpacked model.tar.gz of a training job."
        )
    return Recipe.from_json((folder / RECIPE).read_text()), OnnxModel(folder / NETWORK)
