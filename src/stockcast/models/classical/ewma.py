"""Volatility as an exponentially weighted mean: the industry's plain answer."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

import numpy as np
import polars as pl

from stockcast.contracts.records import HORIZONS
from stockcast.models.classical.origins import known_rows, origin_rows
from stockcast.models.outlook import Outlook, beside_outcomes

DECAY = 0.94  # RiskMetrics' value for daily data, the one that evaluation compares with


@dataclass(frozen=True)
class Ewma:
    """The price stays; every horizon gets the same variance."""

    since: date | None = None
    name: ClassVar[str] = "ewma"

    def outlook(self, bars: pl.DataFrame) -> Outlook:
        known = known_rows(bars)
        rows = origin_rows(known, self.since, "rv")
        variance = known["rv"].ewm_mean(alpha=1 - DECAY, adjust=False).to_numpy()[rows]
        log_variance = np.tile(np.log(variance)[:, None], (1, len(HORIZONS)))
        return beside_outcomes(known, rows, np.zeros_like(log_variance), log_variance)
