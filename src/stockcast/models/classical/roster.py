"""The challengers by name."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from stockcast.models.classical.arima import Arima
from stockcast.models.classical.ewma import Ewma
from stockcast.models.classical.har import PooledHar, SymbolHar
from stockcast.models.classical.naive import Drift, Naive
from stockcast.models.classical.prophet import Prophet
from stockcast.models.contract import Forecaster

CHEAP = ("naive", "drift", "ewma", "har", "har_symbol")  # milliseconds over a whole history
COSTLY = ("arima", "prophet")  # fits by the hundred: bound their years
CHALLENGERS = CHEAP + COSTLY


def challengers(
    names: Sequence[str], training_rows: pl.DataFrame, since: date | None = None, costly_since: date | None = None
) -> list[Forecaster]:
    """The named models, in that order; `training_rows` are those of a TrainingSet that the pooled HAR may see.

    Origins start at `since`, those of costly models at `costly_since`. Leave them two years before the first day
    that counts: intervals and bias are learned from outcomes that are known by then.
    """
    unknown = [name for name in names if name not in CHALLENGERS]
    if unknown:
        raise ValueError(f"{', '.join(unknown)} is no challenger; choose from {', '.join(CHALLENGERS)}.")
    return [_challenger(name, training_rows, costly_since if name in COSTLY else since) for name in names]


def _challenger(name: str, training_rows: pl.DataFrame, since: date | None) -> Forecaster:
    if name == "har":
        return PooledHar.fit(training_rows, since)
    plain = (Naive, Drift, Ewma, SymbolHar, Arima, Prophet)
    return next(kind for kind in plain if kind.name == name)(since=since)
