"""What the gate is shown of a candidate: everything right, unless a test says otherwise."""

from dataclasses import replace
from functools import cache
from typing import Any

import polars as pl
from tests.stockcast.evaluation import panels

from stockcast.evaluation.gate import Evidence, Verdict, judge
from stockcast.evaluation.leak_rules import Leakage
from stockcast.evaluation.performance import Performance, performance
from stockcast.evaluation.serving_rules import Serving

LEAKAGE = Leakage(
    truncation_difference=0.0,
    shift_gain=0.001,
    variance_gain=0.5,
    known_gain=0.9,
    shuffled_gain=-0.001,
    scaler_difference=1e-15,
    return_gains={1: -0.005, 5: -0.01, 21: -0.04},
    variance_gains={1: 0.6, 5: 0.7, 21: 0.65},
)
SERVING = Serving(onnx_difference=2e-7, p99_ms=80.0, megabytes=0.2, schema_faults=(), schema_sha256="ab")


def shown(panel: pl.DataFrame) -> Performance:
    """Its figures beside the panel's HAR."""
    return performance(panel, panels.HORIZONS, {"har": panels.har()})


@cache
def good_seeds() -> dict[str, Performance]:
    return {str(luck): shown(panels.good(luck=luck)) for luck in (1, 2, 3)}


@cache
def good() -> Evidence:
    return Evidence(leakage=LEAKAGE, average=shown(panels.good()), seeds=good_seeds(), serving=SERVING)


def verdict(**changes: Any) -> Verdict:
    """Of the good candidate with something about it changed."""
    return judge(replace(good(), **changes))


def failed(judged: Verdict) -> set[tuple[str, str, int | None]]:
    """Gate, rule and horizon of what was not passed."""
    return {(rule.gate, rule.rule, rule.horizon) for rule in judged.broken}
