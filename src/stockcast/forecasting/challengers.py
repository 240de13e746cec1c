"""The newest forecasts of models that do not serve, in the same record as the one that does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import polars as pl

from stockcast.contracts.bars import MINIMUM_BARS
from stockcast.contracts.records import HORIZONS, Forecast
from stockcast.features.fingerprint import feature_version
from stockcast.forecasting.history import Factors, history
from stockcast.forecasting.record import record
from stockcast.forecasting.walk_forward import BELL_CURVE
from stockcast.models.conformal import LEAST, factor, scores_of
from stockcast.models.contract import Forecaster
from stockcast.models.outlook import Outlook, Unforecastable
from stockcast.models.recipe import LEVELS

REFIT_EVERY = 42  # origins between two fits of a slow model
# Whole spans between fits and the newest day, so that slow models are fitted on that day too. A year of outcomes is
# then known for the figures, and before it the 100 that each day's own interval takes: factors pooled over all days
# have seen those they would be judged on.
ORIGINS = 10 * REFIT_EVERY + 1


class Records(NamedTuple):
    """One model's records, and the symbols that it has none for with the reason."""

    forecasts: list[Forecast]
    left_out: dict[str, str]


@dataclass(frozen=True)
class _Told:
    """A forecaster that has spoken already: a slow one is asked once, for calibration and records alike."""

    name: str
    seen: Outlook

    def outlook(self, bars: pl.DataFrame) -> Outlook:
        return self.seen


def first_origin(bars: pl.DataFrame) -> date:
    """The day from which origins are needed for the newest day's records."""
    day: date = bars["date"].unique().sort().tail(ORIGINS)[0]
    return day


def newest_records(
    bars: pl.DataFrame, forecaster: Forecaster, model_version: str, seen_until: date | None = None
) -> Records:
    """One record per symbol and horizon at each symbol's newest bar, from silver bars of all symbols.

    A symbol that cannot be forecast is left out with the reason, and costs the others nothing. `seen_until` is the
    last day that the model was fitted on; None if it is fitted on each day's own past.
    """
    by_symbol = {str(one["symbol"][0]): one for one in bars.partition_by("symbol", maintain_order=True)}
    seen: dict[str, Outlook] = {}
    left_out: dict[str, str] = {}
    for symbol, one in by_symbol.items():
        try:
            seen[symbol] = _at_newest(one, forecaster)
        except Unforecastable as fault:
            left_out[symbol] = str(fault)
    pooled = _pooled(list(seen.values()))
    forecasts: list[Forecast] = []
    for symbol, outlook in seen.items():
        past = history(symbol, by_symbol[symbol], _Told(forecaster.name, outlook), pooled)
        forecasts += [
            record(
                past.filter(pl.col("horizon") == h), model_type=forecaster.name, model_version=model_version,
                feature_version=feature_version(), seen_until=seen_until,
            )
            for h in HORIZONS
        ]  # fmt: skip
    return Records(forecasts, left_out)


def _at_newest(bars: pl.DataFrame, forecaster: Forecaster) -> Outlook:
    """Refuses a history that is too short, or whose newest day has no forecast: an older one must not stand for it."""
    if bars.height < MINIMUM_BARS:
        raise Unforecastable(f"{bars.height} bars; {MINIMUM_BARS} are needed. The symbol is too young.")
    outlook = forecaster.outlook(bars)
    newest = bars["date"][-1]
    if outlook.dates[-1] != newest:
        raise Unforecastable(
            f"the newest forecast is of {outlook.dates[-1]}; it must be of {newest}. Look for prices that stand still."
        )
    return outlook


def _pooled(seen: Sequence[Outlook]) -> Factors:
    """Interval factors of all symbols' known misses together, for symbols too young for their own."""
    factors: dict[str, dict[str, float]] = {str(level): {} for level in LEVELS}
    for place, h in enumerate(HORIZONS):
        scores = [
            scores_of(one.came_return[:, place], one.median[:, place], one.log_variance[:, place], h) for one in seen
        ]
        known = sorted(score for part in scores for score in part[np.isfinite(part)].tolist())
        for level in factors:
            bell = BELL_CURVE[level][str(h)]
            factors[level][str(h)] = factor(known, float(level)) if len(known) >= LEAST else bell
    return factors
