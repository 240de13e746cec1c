"""What a training and its judgement left behind, read from their folders."""

import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from stockcast.models import bundle

EVALUATION = "evaluation.json"
ORIGINS = "origins.parquet"
ARCHIVE = "model.tar.gz"
OURS = "lstm"  # the model that serves; all others are there for comparison
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Outcome:
    """`origins` are the test days' forecasts of every model, in the columns of forecasting.history."""

    evaluation: dict[str, Any]
    recipe: dict[str, Any]
    metrics: dict[str, Any]
    origins: pl.DataFrame

    @property
    def training_job(self) -> str:
        return str(self.evaluation["model_version"])

    @property
    def commit(self) -> str:
        return str(self.metrics.get("commit", UNKNOWN))

    @property
    def is_promoted(self) -> bool:
        """Whether the gate lets it serve; what then becomes of it, the registry tells."""
        return self.evaluation["verdict"]["promote"] is True


def read(evaluation: Path, model: Path) -> Outcome:
    """The outcome, or a refusal that names what is missing or belongs to another training."""
    absent = [name for name in (EVALUATION, ORIGINS) if not (evaluation / name).is_file()]
    if absent:
        raise FileNotFoundError(
            f"{evaluation} lacks {', '.join(absent)}; both {EVALUATION} and {ORIGINS} must be there. "
            "Point to what evaluate.py wrote."
        )
    outcome = Outcome(
        evaluation=json.loads((evaluation / EVALUATION).read_text()),
        recipe=json.loads(_of_bundle(model, bundle.RECIPE)),
        metrics=json.loads(_of_bundle(model, bundle.METRICS)),
        origins=pl.read_parquet(evaluation / ORIGINS),
    )
    if outcome.recipe["model_version"] != outcome.training_job:
        raise ValueError(
            f"the evaluation is of {outcome.training_job} and the bundle is {outcome.recipe['model_version']}; "
            "they must be of one training. Pass the folders of the same job."
        )
    return outcome


def _of_bundle(model: Path, name: str) -> bytes:
    """A file of the bundle: SageMaker hands an archive over, a person a folder."""
    if (model / name).is_file():
        return (model / name).read_bytes()
    if (model / ARCHIVE).is_file():
        with tarfile.open(model / ARCHIVE) as packed:
            for member in packed:
                if member.isfile() and member.name.removeprefix("./") == name:
                    content = packed.extractfile(member)
                    assert content is not None  # noqa: S101  a file has content
                    return content.read()
    raise FileNotFoundError(
        f"{model} holds no {name}, neither by itself nor in {ARCHIVE}; a bundle has it. "
        "Point to the artefact of a training job."
    )
