"""The recipe: all that a network needs besides its weights, in one JSON file beside it.

It is fitted on training rows only, travels inside the bundle, and refuses features that other code has made.
"""

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stockcast.contracts.records import HORIZONS
from stockcast.features.fingerprint import feature_version
from stockcast.features.indicators import NAMES

QUANTILES = (0.1, 0.5, 0.9)
LEVELS = (0.8, 0.95)  # shares of outcomes that the two published intervals shall hold
LOOKBACK = 40  # trading days, about two months
CLIP = 5.0  # standard deviations: beyond, the network has seen nothing


class FeatureMismatch(ValueError):
    """The bundle was trained on features that this code does not compute."""


@dataclass(frozen=True)
class Recipe:
    """`factors[level][h]`: how many forecast standard deviations an interval reaches, pooled over symbols."""

    means: tuple[float, ...]
    sds: tuple[float, ...]
    feature_version: str
    trained_until: str  # the last day that any target saw, in training or validation
    symbols: tuple[str, ...]
    data_sha256: str
    model_version: str
    seeds: tuple[int, ...]
    lookback: int = LOOKBACK
    horizons: tuple[int, ...] = HORIZONS
    quantiles: tuple[float, ...] = QUANTILES
    feature_names: tuple[str, ...] = NAMES
    trusted_medians: tuple[bool, ...] = (True,) * len(HORIZONS)  # False: no better than the last close, which stands in
    factors: dict[str, dict[str, float]] = dataclasses.field(default_factory=dict)

    @classmethod
    def fit(
        cls, training_rows: NDArray[np.float64], *, trained_until: str, symbols: tuple[str, ...],
        data_sha256: str, model_version: str, seeds: tuple[int, ...], lookback: int = LOOKBACK,
    ) -> "Recipe":  # fmt: skip
        """Learn means and spreads from rows (n, features) of the training part, and from no others."""
        usable = training_rows[np.isfinite(training_rows).all(axis=1)]
        if len(usable) < lookback:
            raise ValueError(
                f"{len(usable)} usable training rows; one window needs {lookback}. Ingest a longer history "
                "(history_start) or raise --train-share in build_silver."
            )
        sds = usable.std(axis=0)
        return cls(
            means=tuple(usable.mean(axis=0).tolist()), sds=tuple(np.where(sds > 0, sds, 1.0).tolist()),
            feature_version=feature_version(), trained_until=trained_until, symbols=symbols,
            data_sha256=data_sha256, model_version=model_version, seeds=seeds, lookback=lookback,
        )  # fmt: skip

    def scaled(self, matrix: NDArray[np.float64]) -> NDArray[np.float32]:
        """Centre and scale (rows, features) as in training; missing values stay missing."""
        centred = (matrix - np.array(self.means)) / np.array(self.sds)
        return np.clip(centred, -CLIP, CLIP).astype(np.float32)

    def factor(self, level: float, horizon: int) -> float:
        """The pooled interval factor; used where a symbol's own past is too short."""
        return self.factors[str(level)][str(horizon)]

    def with_trust(self, medians: tuple[bool, ...]) -> "Recipe":
        """The same recipe, knowing at which horizons the network's median is worth telling."""
        return dataclasses.replace(self, trusted_medians=medians)

    def with_factors(self, factors: dict[str, dict[str, float]]) -> "Recipe":
        """The same recipe, calibrated."""
        return dataclasses.replace(self, factors=factors)

    def to_json(self) -> str:
        """One JSON object, keys sorted, so that equal recipes are equal files."""
        return json.dumps(dataclasses.asdict(self), indent=2, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Recipe":
        """Read a recipe; refuse one whose features this code cannot make."""
        raw: dict[str, Any] = json.loads(text)
        names = {field.name for field in dataclasses.fields(cls)}
        absent, unknown = names - set(raw), set(raw) - names
        if absent:
            raise ValueError(
                f"recipe.json lacks {', '.join(sorted(absent))}; every field must be there. Train the model again."
            )
        if unknown:
            raise ValueError(
                f"recipe.json has {', '.join(sorted(unknown))}, which this code does not know; a later version wrote "
                "it. Use that version, or train the model again."
            )
        fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}
        recipe = cls(**fields)
        recipe.check_features()
        return recipe

    def check_features(self) -> None:
        """Same names and same code, or the numbers would mean something else without anyone seeing it."""
        if self.feature_version != feature_version() or self.feature_names != NAMES or self.horizons != HORIZONS:
            raise FeatureMismatch(
                f"model {self.model_version} was trained on feature version {self.feature_version}, this code computes "
                f"{feature_version()}; both must be the same. Deploy the code that the model was trained with, "
                "or train the model again."
            )
