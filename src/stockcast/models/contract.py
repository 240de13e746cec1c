"""What every model offers, the network and its challengers alike."""

from typing import Protocol

import polars as pl

from stockcast.models.outlook import Outlook


class Forecaster(Protocol):
    """Tells one symbol's future at every day it can; intervals, bias and figures are made from it by common code."""

    @property
    def name(self) -> str:
        """The model's type in records and tables, such as `lstm` or `har`."""
        ...

    def outlook(self, bars: pl.DataFrame) -> Outlook:
        """Forecasts at the origins of one symbol's adjusted bars, ascending; row t uses bars up to t only."""
        ...
