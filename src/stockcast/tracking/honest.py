"""The table that people are shown: every figure beside the one that it has to be compared with."""

import math
from collections.abc import Mapping
from typing import Any

from stockcast.contracts.records import HORIZONS

# What may be said of direction, wherever figures of it are shown.
ON_DIRECTION = (
    "Next-day direction of liquid stocks is predictable to about the up-day base rate (51-55 %). Claims of 60-75 % "
    "next-day directional accuracy on more than 1,000 out-of-sample days should be treated as leakage until proved "
    "otherwise. Stockcast publishes direction only next to its base rate. What it forecasts well is volatility and "
    "calibrated ranges."
)

COLUMNS = (  # heading, figures, format
    ("dates", ("dates",), "{:.0f}"),
    ("MAE / persistence", ("mae_ratio",), "{:.3f}"),
    ("p worse", ("mae_p_worse",), "{:.2f}"),
    ("direction / always up", ("direction", "always_up"), "{:.1%} / {:.1%}"),
    ("QLIKE", ("qlike",), "{:.3f}"),
    ("/ EWMA", ("qlike_ratio",), "{:.3f}"),
    ("t, EWMA", ("qlike_dm_t",), "{:+.1f}"),
    ("t, HAR", ("qlike_dm_t_har",), "{:+.1f}"),
    ("80 % holds", ("coverage_80",), "{:.1%}"),
    ("95 % holds", ("coverage_95",), "{:.1%}"),
    ("Winkler / Gaussian", ("winkler_80_ratio",), "{:.3f}"),
)
EXACTLY = 1e-9
HEADINGS = tuple(heading for heading, _, _ in COLUMNS)

Horizons = Mapping[str, Mapping[str, Any]]


def cells(figures: Mapping[str, Any]) -> list[str]:
    """One row's figures as text; what cannot be told is a dash, and so is a test of a forecast against itself."""
    told = dict(figures)
    if _is_one(figures.get("qlike_ratio")):
        told["qlike_dm_t"] = None
    if _is_one(figures.get("mae_ratio")) and figures.get("direction") == 0.5:  # the last close itself takes no side
        told |= {"mae_p_worse": None, "direction": None}
    return [_cell([told.get(name) for name in names], form) for _, names, form in COLUMNS]


def markdown(models: Mapping[str, Horizons]) -> str:
    """All models by horizon, for the model card and README.md."""
    rows = [["model", "days ahead", *HEADINGS], ["---", *["---:"] * (len(HEADINGS) + 1)]]
    for h in HORIZONS:
        rows += [[name, str(h), *cells(horizons.get(str(h), {}))] for name, horizons in models.items()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _is_one(ratio: float | None) -> bool:
    return ratio is not None and abs(ratio - 1) < EXACTLY


def _cell(values: list[Any], form: str) -> str:
    if any(value is None or not math.isfinite(value) for value in values):
        return "-"
    return form.format(*values)
