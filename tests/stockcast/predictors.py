"""Stand-ins for a trained network, simple enough to know their answers by heart."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from stockcast.features.fingerprint import feature_version
from stockcast.features.indicators import NAMES
from stockcast.models.classical.naive import Naive
from stockcast.models.recipe import Recipe


class Level:
    """Says: the median return is `median` standard deviations, and volatility stays at its 21-day level."""

    def __init__(self, median: float = 0.0, log_variance: float = 0.0) -> None:
        self._outlook = np.array([-1 + median, median, 1 + median] * 3 + [log_variance] * 3, dtype=np.float32)

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.tile(self._outlook, (len(windows), 1))


@dataclass(frozen=True)
class UnfittedArima(Naive):
    """Takes ARIMA's place, also in processes of its own, where the fits themselves are not looked at."""

    name: ClassVar[str] = "arima"


class LastRow:
    """Reads the last row of each window, so that a leak from the future would show."""

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        mean = windows[:, -1].mean(axis=1, keepdims=True)
        return np.hstack([mean * np.ones(9, np.float32), 0.1 * mean * np.ones(3, np.float32)]).astype(np.float32)


def recipe(lookback: int = 40) -> Recipe:
    """A recipe that neither shifts nor scales, with factors of 1 and 2 standard deviations."""
    return Recipe(
        means=(0.0,) * len(NAMES),
        sds=(1.0,) * len(NAMES),
        feature_version=feature_version(),
        trained_until="2002-01-01",
        symbols=("GENX",),
        data_sha256="0" * 64,
        model_version="model-of-a-test",
        seeds=(0,),
        lookback=lookback,
        factors={level: {"1": reach, "5": reach, "21": reach} for level, reach in (("0.8", 1.0), ("0.95", 2.0))},
    )
