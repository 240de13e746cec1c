"""Ask the endpoint for every symbol's forecasts and keep them in gold, where pages and people read them.

Bars are daily, so forecasts change once a day: they are computed here, after cleaning, and never while someone waits.
"""

import os
from datetime import UTC, date, datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError
from endpoint import BadForecast, Endpoint
from lake import Lake, NoRequest

from stockcast.contracts.days import is_stale
from stockcast.contracts.keys import split_symbols
from stockcast.contracts.records import Forecast, GoldRecord
from stockcast.contracts.settings import read
from stockcast.sources.invocation import SymbolsFailed, run_day, tell

settings = read(os.environ, "endpoint", "gold_bucket", "silver_bucket", "symbols")
symbols = split_symbols(settings["symbols"])
lake = Lake(boto3.client("s3"), silver_bucket=settings["silver_bucket"], gold_bucket=settings["gold_bucket"])
endpoint = Endpoint(boto3.client("sagemaker-runtime"), settings["endpoint"])


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Event: {"day": "2013-03-01"}. A repeated day overwrites its own records.

    A missing endpoint ends the run at once, since it fails for all symbols alike.
    """
    day = run_day(event)
    keys: list[str] = []
    as_of: dict[str, str] = {}
    failures: dict[str, str] = {}
    for symbol in symbols:
        try:
            forecasts = endpoint.forecasts(lake.recent(day, symbol))
            keys += [lake.write(gold_record(forecast, day)) for forecast in forecasts]
            as_of[symbol] = forecasts[0]["as_of"]
        except (NoRequest, BadForecast, ClientError) as fault:
            failures[symbol] = f"{symbol}: {fault}"
            tell("forecast_failed", symbol=symbol, day=day, kind=type(fault).__name__, reason=str(fault))
    if failures:
        raise SymbolsFailed(day, failures, stored=len(as_of))
    tell("forecasts_written", day=day, symbols=len(as_of), records=len(keys))
    return {"day": day.isoformat(), "keys": keys, "as_of": as_of}


def gold_record(forecast: Forecast, day: date) -> GoldRecord:
    """The forecast with what only this run knows: how old its newest bar is on the run's day, and when it was made."""
    stale = is_stale(date.fromisoformat(forecast["as_of"]), day)
    return GoldRecord(**forecast, stale=stale, generated_at=datetime.now(UTC).isoformat(timespec="seconds"))
