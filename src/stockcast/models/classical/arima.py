"""ARIMA of log closes, its orders found anew every month."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stockcast.contracts.records import HORIZONS
from stockcast.features.indicators import WARM_UP
from stockcast.models.classical.origins import known_rows, log_closes, origin_rows, unchanged_volatility
from stockcast.models.outlook import Outlook, beside_outcomes

WINDOW = 504  # trading days that a fit sees, two years


@dataclass(frozen=True)
class Arima:
    """Median from AutoARIMA; volatility as in the last quarter. Between fits the coefficients stay, the closes move on.

    A fit takes some .2 s: bound the years with `since`.
    """

    since: date | None = None
    refit_every: int = 21  # origins
    name: ClassVar[str] = "arima"

    def outlook(self, bars: pl.DataFrame) -> Outlook:
        known = known_rows(bars)
        rows = origin_rows(known, self.since, "sd63", "rv")
        median = self._medians(log_closes(bars), rows + WARM_UP)
        return beside_outcomes(known, rows, median, unchanged_volatility(known[rows], len(HORIZONS)))

    def _medians(self, closes: NDArray[np.float64], origins: NDArray[np.int64]) -> NDArray[np.float64]:
        from statsforecast.models import AutoARIMA  # seconds to import, and the server has none

        steps = np.array(HORIZONS) - 1
        medians = np.empty((len(origins), len(HORIZONS)))
        for place, origin in enumerate(origins):
            window = closes[max(0, origin + 1 - WINDOW) : origin + 1]
            if place % self.refit_every == 0:
                fitted = AutoARIMA(max_p=3, max_q=3, seasonal=False).fit(window)
            ahead = fitted.forward(window, h=max(HORIZONS))["mean"]
            medians[place] = ahead[steps] - closes[origin]
        return medians
