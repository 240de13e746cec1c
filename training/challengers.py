"""Forecast every symbol with each challenger too, for people to compare with the model that serves.

Naive, drift, EWMA, HAR, ARIMA and Prophet tell the same record as the network, with intervals learned from their own
misses. They are computed after the close and written beside the served forecasts; nobody waits for Prophet.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import monotonic

import polars as pl

from stockcast.contracts.days import is_stale
from stockcast.contracts.keys import gold_challenger
from stockcast.contracts.records import HORIZONS, Forecast, GoldRecord
from stockcast.forecasting.challengers import REFIT_EVERY, first_origin, newest_records
from stockcast.models.classical.arima import Arima
from stockcast.models.classical.har import PooledHar
from stockcast.models.classical.origins import known_rows
from stockcast.models.classical.prophet import Prophet
from stockcast.models.classical.roster import CHALLENGERS, challengers
from stockcast.models.contract import Forecaster
from stockcast.models.training_set import read_bars

NAMES = "naive,drift,ewma,har,arima,prophet"


def main(arguments: Sequence[str] | None = None) -> None:
    """Read silver, ask each model, leave one file per record."""
    args = _arguments(arguments)
    bars, _ = read_bars(args.bars)
    since = first_origin(bars)
    written = 0
    for model in map(quicker, challengers(args.models, learned_from(bars), since=since, costly_since=since)):
        started = monotonic()
        seen_until = last_day_learned(bars) if model.name == PooledHar.name else None
        forecasts, left_out = newest_records(bars, model, args.model_version, seen_until)
        for forecast in forecasts:
            write(args.out, gold_record(forecast, args.day))
        written += len(forecasts)
        print(f"model: {model.name} records: {len(forecasts)} seconds: {monotonic() - started:.1f}", flush=True)
        for symbol, reason in left_out.items():
            print(f"model: {model.name} leaves out {symbol}: {reason}", flush=True)
    if written == 0:
        raise SystemExit(
            f"no symbol in {args.bars} can be forecast by any of {', '.join(args.models)}; at least one must be. "
            "Read the reasons above."
        )


def quicker(model: Forecaster) -> Forecaster:
    """The same model; a slow one is fitted every two months only, and on the newest day.

    Its forecast is as fresh as every other. Its record's figures are not: between fits Prophet misses by more than one
    that is fitted every evening. evaluate.py, whose table people compare by, fits it every week.
    """
    return replace(model, refit_every=REFIT_EVERY) if isinstance(model, Arima | Prophet) else model


def learned_from(bars: pl.DataFrame) -> pl.DataFrame:
    """Rows of the training part whose outcomes came before the validation part, of all symbols old enough to have some.

    The purged days see to that, except where a symbol lacks bars and its 21 rows span more than 21 trading days.
    """
    until = pl.col("date").shift(-max(HORIZONS)).alias("until")
    parts = [
        known_rows(one).join(one.select("date", "split"), on="date", maintain_order="left").with_columns(until)
        for one in bars.partition_by("symbol", maintain_order=True)
    ]
    return pl.concat(parts).filter((pl.col("split") == "train") & (pl.col("until") <= last_day_learned(bars)))


def last_day_learned(bars: pl.DataFrame) -> date:
    """The day before the validation part: outcomes of training rows reach into the purged days, and no further."""
    first: date = bars.filter(pl.col("split") == "validation")["date"].min()  # type: ignore[assignment]
    return first - timedelta(days=1)


def gold_record(forecast: Forecast, day: date) -> GoldRecord:
    """The forecast with how old its newest bar is on the run's day, and when it was made."""
    stale = is_stale(date.fromisoformat(forecast["as_of"]), day)
    return GoldRecord(**forecast, stale=stale, generated_at=datetime.now(UTC).isoformat(timespec="seconds"))


def write(folder: Path, record: GoldRecord) -> None:
    """One line under the record's key, as tables over gold read it."""
    path = folder / gold_challenger(record["as_of"], record["model_type"], record["symbol"], record["horizon"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, sort_keys=True, allow_nan=False))


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bars", type=Path, required=True, help="folder with silver bars")
    parser.add_argument("--out", type=Path, required=True, help="folder for challengers/, as gold has it")
    parser.add_argument("--day", type=date.fromisoformat, required=True, help="the run's day; an older bar is stale")
    parser.add_argument("--models", type=_models, default=NAMES, help=f"comma separated; default {NAMES}")
    parser.add_argument("--model_version", default="untracked", help="the job's name")
    return parser.parse_args(arguments)


def _models(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in CHALLENGERS]
    if unknown:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)} is none of {', '.join(CHALLENGERS)}")
    return names


if __name__ == "__main__":
    main()
