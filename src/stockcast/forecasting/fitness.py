"""A bundle in the server's own code: how fast it answers, and whether it speaks as the contract says."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import onnxruntime

from stockcast.contracts.records import HORIZONS, Forecast, ForecastAnswer
from stockcast.features.indicators import NAMES
from stockcast.forecasting.forecaster import forecast
from stockcast.forecasting.request import read_request
from stockcast.models.outlook import Predictor
from stockcast.models.recipe import QUANTILES, Recipe

REQUESTS = 100
OUTPUTS = len(HORIZONS) * (len(QUANTILES) + 1)  # quantiles of the return, then one log variance a horizon


class Answered(NamedTuple):
    """`p99_ms` of REQUESTS answers to one stored request, wall time, and the last answer."""

    p99_ms: float
    answer: ForecastAnswer


def answered(body: bytes, recipe: Recipe, model: Predictor, requests: int = REQUESTS) -> Answered:
    """Do what the server does for each request: read, check, forecast, write JSON."""
    seconds = []
    for _ in range(requests):
        started = perf_counter()
        symbol, bars = read_request(body)
        answer = forecast(symbol, bars, recipe, model)
        json.dumps(answer)
        seconds.append(perf_counter() - started)
    return Answered(float(np.quantile(seconds, 0.99)) * 1000, answer)


def schema(network: Path, answer: ForecastAnswer) -> dict[str, Any]:
    """What goes into the exported network and what the server answers with it. A batch may have any size: -1."""
    session = onnxruntime.InferenceSession(str(network), providers=["CPUExecutionProvider"])
    return {
        "input": [_tensor(each) for each in session.get_inputs()],
        "output": [_tensor(each) for each in session.get_outputs()],
        "record": sorted({name for record in answer["forecasts"] for name in record}),
        "horizons": [record["horizon"] for record in answer["forecasts"]],
    }


def pinned_schema(recipe: Recipe) -> dict[str, Any]:
    """What serving, gold, API and page are built for."""
    return {
        "input": [["tensor(float)", [-1, recipe.lookback, len(NAMES)]]],
        "output": [["tensor(float)", [-1, OUTPUTS]]],
        "record": sorted(Forecast.__annotations__),
        "horizons": list(HORIZONS),
    }


def differences(found: dict[str, Any], pinned: dict[str, Any]) -> list[str]:
    """In words; empty if the bundle speaks as it must."""
    return [f"{part} is {found[part]}, pinned is {pinned[part]}" for part in pinned if found[part] != pinned[part]]


def fingerprint(schema: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()


def _tensor(declared: Any) -> list[Any]:
    """Type and shape; a dimension with a name instead of a number is free."""
    return [declared.type, [size if isinstance(size, int) else -1 for size in declared.shape]]


def megabytes(files: Sequence[Path]) -> float:
    return sum(path.stat().st_size for path in files) / 1e6
