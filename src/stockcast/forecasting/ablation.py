"""Does a model forecast better with some inputs than without them? Asked of the same days, answered with a test."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stockcast.contracts.records import HORIZONS
from stockcast.evaluation.by_date import compare
from stockcast.evaluation.losses import qlike
from stockcast.evaluation.online_scaling import online_scaled
from stockcast.models.recipe import QUANTILES

Array = NDArray[np.float64]

KEEP_T = -1.65
WORSE_T = 1.65
MOST_CHANCE = 0.05  # that seeds alone would put the networks in this order: takes three seeds


class Arm(NamedTuple):
    """One choice of inputs: `losses` of its seeds' mean answer, and of each seed alone."""

    mean: pl.DataFrame
    seeds: Sequence[pl.DataFrame]


def losses(at: pl.DataFrame, told: Array) -> pl.DataFrame:
    """Per row and horizon the QLIKE of the variance and the pinball loss of the return's quantiles.

    `at` are rows of a TrainingSet's frame with known outcomes, ascending by symbol and date; `told` are the network's
    twelve outputs for them. Variances have their bias taken away online, as in every evaluation here; QLIKE is NaN for
    the first rows of a symbol, whose bias is not known yet.
    """
    frame = at.select("symbol", "date")
    quantiles = told[:, : len(HORIZONS) * len(QUANTILES)].reshape(len(told), len(HORIZONS), len(QUANTILES))
    log_variances = told[:, len(HORIZONS) * len(QUANTILES) :] + at["lv21"].to_numpy()[:, None]
    columns = {}
    for place, h in enumerate(HORIZONS):
        columns[f"pinball{h}"] = pinball(at[f"y{h}_target"].to_numpy(), np.sort(quantiles[:, place], axis=1))
        columns[f"qlike{h}"] = _qlike(at, np.exp(log_variances[:, place]), h)
    return frame.with_columns(pl.Series(name, values) for name, values in columns.items())


def pinball(came: Array, quantiles: Array) -> Array:
    """Mean pinball loss over QUANTILES of (rows,) outcomes, in standard deviations."""
    levels = np.array(QUANTILES)
    miss = came[:, None] - quantiles
    return np.maximum(levels * miss, (levels - 1) * miss).mean(axis=1)


def verdict(with_them: Arm, without: Arm, placebo: Arm) -> dict[str, Any]:
    """Whether the inputs are kept, and the figures behind it; all arms on the same rows.

    `placebo` has the same inputs, dealt out to other days. Kept only if QLIKE or pinball loss, each the mean of all
    horizons, is lower than in both other arms by more than the days' luck, and each seed with the inputs better than
    each one of the others: two networks trained alike differ by more than a test over days can see. And the other loss
    must not be higher than in either arm by more than luck. A figure that is NaN keeps nothing.
    """
    rows = without.mean.select("symbol", "date")
    if not all(arm.mean.select("symbol", "date").equals(rows) for arm in (with_them, placebo)):
        raise ValueError("the arms forecast different rows; an ablation compares the same. Use the same bars.")
    n = len(with_them.seeds)
    chance = 1 / math.comb(n + len(without.seeds) + len(placebo.seeds), n)
    figures = {name: _figures(name, with_them, without, placebo) for name in ("qlike", "pinball")}
    improves = [_improves(figure) and chance <= MOST_CHANCE for figure in figures.values()]
    harms = [not _largest_t(figure) < WORSE_T for figure in figures.values()]
    return {"kept": any(improves) and not any(harms), "rule": RULE, "chance_of_order": chance, **figures}


RULE = (
    f"QLIKE or pinball: DM t <= {KEEP_T} beside both arms, and every seed below every seed of theirs, by chance at "
    f"most {MOST_CHANCE}; the other: DM t < {WORSE_T}. Means of horizons, dates as evidence"
)


def _figures(name: str, with_them: Arm, without: Arm, placebo: Arm) -> dict[str, Any]:
    """One loss: beside both arms by horizon and over all, and each seed's mean."""
    others = {"without": without, "placebo": placebo}
    seeds = {"with": _by_seed(name, with_them)} | {label: _by_seed(name, arm) for label, arm in others.items()}
    lowest = min(value for label in others for value in seeds[label])
    return {
        "beside": {label: _beside(with_them.mean, arm.mean, name) for label, arm in others.items()},
        "by_seed": seeds,
        "every_seed_is_better": bool(max(seeds["with"]) < lowest),
    }


def _improves(figure: dict[str, Any]) -> bool:
    return figure["every_seed_is_better"] and all(arm["all"]["dm_t"] <= KEEP_T for arm in figure["beside"].values())


def _largest_t(figure: dict[str, Any]) -> float:
    """NaN if one is: comparisons with it are false."""
    return float(np.max([arm["all"]["dm_t"] for arm in figure["beside"].values()]))


def _by_seed(name: str, arm: Arm) -> list[float]:
    return [float(np.nanmean(frame.select(f"{name}{h}" for h in HORIZONS).to_numpy())) for frame in arm.seeds]


def _qlike(at: pl.DataFrame, variance: Array, h: int) -> Array:
    came = np.exp(at[f"v{h}"].to_numpy().astype(np.float64))
    symbols = at["symbol"].to_numpy()
    loss = np.full(len(came), np.nan)
    for symbol in dict.fromkeys(symbols):
        rows = symbols == symbol
        loss[rows] = qlike(came[rows], online_scaled(variance[rows], came[rows], h))
    return loss


def _beside(with_them: pl.DataFrame, without: pl.DataFrame, name: str) -> dict[str, dict[str, float]]:
    """Mean losses, ours and theirs, and DM t, by horizon and over all; rows that one lacks count in neither."""
    parts = {str(h): (with_them[f"{name}{h}"].to_numpy(), without[f"{name}{h}"].to_numpy(), h) for h in HORIZONS}
    ours, theirs = (np.mean([part[arm] for part in parts.values()], axis=0) for arm in (0, 1))
    told = {}
    for label, (mine, other, h) in {**parts, "all": (ours, theirs, max(HORIZONS))}.items():
        known = np.isfinite(mine) & np.isfinite(other)
        beside = compare(with_them.filter(known), mine[known], other[known], h)
        told[label] = {"ours": beside.ours, "theirs": beside.theirs, "ratio": beside.ratio, "dm_t": beside.t}
    return told
