"""Tomorrow is as today, and tomorrow goes on as of late."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

import numpy as np
import polars as pl

from stockcast.contracts.records import HORIZONS
from stockcast.features.indicators import WARM_UP
from stockcast.models.classical.origins import known_rows, log_closes, origin_rows, unchanged_volatility
from stockcast.models.outlook import Outlook, beside_outcomes

DRIFT_LAST = 504  # trading days, two years: over less, the mean return is noise altogether


@dataclass(frozen=True)
class Naive:
    """The price stays; the forecast that is hardest to beat."""

    since: date | None = None
    name: ClassVar[str] = "naive"

    def outlook(self, bars: pl.DataFrame) -> Outlook:
        known = known_rows(bars)
        rows = origin_rows(known, self.since, "sd63", "rv")
        log_variance = unchanged_volatility(known[rows], len(HORIZONS))
        return beside_outcomes(known, rows, np.zeros_like(log_variance), log_variance)


@dataclass(frozen=True)
class Drift:
    """The price goes on with the mean daily return of two years, or of what there is of them."""

    since: date | None = None
    name: ClassVar[str] = "drift"

    def outlook(self, bars: pl.DataFrame) -> Outlook:
        known = known_rows(bars)
        rows = origin_rows(known, self.since, "sd63", "rv")
        closes, at = log_closes(bars), rows + WARM_UP
        first = np.maximum(at - DRIFT_LAST, 0)
        daily = (closes[at] - closes[first]) / (at - first)
        return beside_outcomes(
            known, rows, daily[:, None] * np.array(HORIZONS), unchanged_volatility(known[rows], len(HORIZONS))
        )
