"""The global LSTM under the contract of all models."""

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from stockcast.models.outlook import Outlook, Predictor, outlook
from stockcast.models.recipe import Recipe


@dataclass(frozen=True)
class Lstm:
    """A recipe and the network it belongs to."""

    recipe: Recipe
    model: Predictor
    name: ClassVar[str] = "lstm"

    def outlook(self, bars: pl.DataFrame) -> Outlook:
        return outlook(bars, self.recipe, self.model)
