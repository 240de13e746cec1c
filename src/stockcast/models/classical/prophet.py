"""Prophet on log closes, as the tutorials use it: here because people ask for it."""

import logging
from dataclasses import dataclass
from datetime import date
from types import ModuleType
from typing import ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stockcast.contracts.records import HORIZONS
from stockcast.features.indicators import WARM_UP
from stockcast.models.classical.origins import known_rows, log_closes, origin_rows, unchanged_volatility
from stockcast.models.outlook import Outlook, beside_outcomes

WINDOW = 756  # trading days that a fit sees, three years: a yearly season has to come back to be one


@dataclass(frozen=True)
class Prophet:
    """Median from trend and seasons; volatility as in the last quarter, for its own intervals cover far too little.

    A fit takes some .2 s: bound the years with `since`. Between fits its curve is read further along.
    """

    since: date | None = None
    refit_every: int = 5  # origins; read much further on, its curve misses by three times as much
    name: ClassVar[str] = "prophet"

    def outlook(self, bars: pl.DataFrame) -> Outlook:
        known = known_rows(bars)
        rows = origin_rows(known, self.since, "sd63", "rv")
        median = self._medians(bars["date"].to_numpy(), log_closes(bars), rows + WARM_UP)
        return beside_outcomes(known, rows, median, unchanged_volatility(known[rows], len(HORIZONS)))

    def _medians(
        self, days: NDArray[np.datetime64], closes: NDArray[np.float64], origins: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        medians = np.empty((len(origins), len(HORIZONS)))
        for start in range(0, len(origins), self.refit_every):
            block = origins[start : start + self.refit_every]
            seen = slice(max(0, block[0] + 1 - WINDOW), block[0] + 1)
            curve = _curve(days[seen], closes[seen], ahead=int(block[-1] - block[0]) + max(HORIZONS))
            steps = (block - block[0])[:, None] + np.array(HORIZONS) - 1  # curve[0] is the day after the fit
            medians[start : start + len(block)] = curve[steps] - closes[block][:, None]
        return medians


def _silent_prophet() -> ModuleType:
    """The library, seconds to import and absent from the server; it would log every fit and plots it cannot draw."""
    logging.getLogger("prophet.plot").disabled = True
    import prophet

    logging.getLogger("cmdstanpy").disabled = True
    return prophet


def _curve(days: NDArray[np.datetime64], closes: NDArray[np.float64], ahead: int) -> NDArray[np.float64]:
    """Log closes of the next `ahead` weekdays; a holiday among them counts as a trading day."""
    import pandas as pd

    prophet = _silent_prophet()
    model = prophet.Prophet(
        yearly_seasonality=True, weekly_seasonality=True, daily_seasonality=False,
        uncertainty_samples=0,  # its intervals are not used, and cost most of the time
    )  # fmt: skip
    model.fit(pd.DataFrame({"ds": days, "y": closes}), seed=0)
    coming = np.busday_offset(days[-1].astype("datetime64[D]"), np.arange(1, ahead + 1), roll="backward")
    return model.predict(pd.DataFrame({"ds": coming}))["yhat"].to_numpy()
