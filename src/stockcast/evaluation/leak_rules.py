"""Gate G0: has anything of the future come in? Asked before any figure is believed."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stockcast.contracts.records import HORIZONS
from stockcast.evaluation.rules import Rule, at_least, at_most
from stockcast.features import leakage
from stockcast.features.indicators import NAMES, features
from stockcast.models.recipe import Recipe


@dataclass(frozen=True)
class Leakage:
    """Numbers as features.leakage measures them; NaN for what could not be measured."""

    truncation_difference: float
    shift_gain: float  # of tomorrow's return
    variance_gain: float  # of tomorrow's log variance
    known_gain: float  # of today's return, which the features do hold: shows that the probe sees
    shuffled_gain: float  # of a network trained on shuffled labels, measured while training
    scaler_difference: float
    return_gains: Mapping[int, float]  # horizon -> of the return that is trained; a horizon left out was not measured
    variance_gains: Mapping[int, float]  # and of the log variance


def measured(
    bars: pl.DataFrame,
    recipe: Recipe,
    shuffled_gain: float,
    fitted_on: NDArray[np.float64] | None,
    features_fn: leakage.Features = features,
    names: Sequence[str] = NAMES,
) -> Leakage:
    """Look at the bars a model is judged on; all symbols, each long enough for features.

    `fitted_on` are the training rows of the very data the model was trained on, None for other bars, which are cut
    elsewhere in time: the scaler cannot be checked then.
    """
    by_symbol = bars.partition_by("symbol", maintain_order=True)
    featured = [features_fn(one) for one in by_symbol]
    return Leakage(
        truncation_difference=max(leakage.truncation_difference(features_fn, one) for one in by_symbol),
        shift_gain=leakage.shift_gain(featured, names, 1),
        variance_gain=leakage.shift_gain(featured, names, 1, leakage.LOG_VARIANCE),
        known_gain=leakage.shift_gain(featured, names, 0),
        shuffled_gain=shuffled_gain,
        scaler_difference=math.nan
        if fitted_on is None
        else leakage.scaler_difference(recipe.means, recipe.sds, fitted_on),
        return_gains={h: leakage.target_gain(featured, names, f"y{h}") for h in HORIZONS},
        variance_gains={h: leakage.target_gain(featured, names, f"v{h}") for h in HORIZONS},
    )


def leak_rules(found: Leakage) -> Iterator[Rule]:
    yield at_most(
        "G0", "features_do_not_know_later_bars", found.truncation_difference, leakage.MOST_DIFFERENCE,
        note="largest change of a feature once later bars are cut off",
    )  # fmt: skip
    yield at_most(
        "G0", "features_do_not_tell_tomorrow", found.shift_gain, leakage.MOST_SHIFT_GAIN,
        note="R2 of a linear probe for the next day's return",
    )  # fmt: skip
    yield at_most(
        "G0", "features_do_not_tell_tomorrows_range", found.variance_gain, leakage.MOST_VARIANCE_GAIN,
        note="R2 of the same probe for the next day's log variance",
    )  # fmt: skip
    for h in HORIZONS:
        yield at_most(
            "G0", "features_do_not_tell_the_return_to_come", found.return_gains.get(h, math.nan),
            leakage.MOST_RETURN_GAIN_AHEAD, h, "R2 of the same probe for the return that is trained",
        )  # fmt: skip
        yield at_most(
            "G0", "features_do_not_tell_the_variance_to_come", found.variance_gains.get(h, math.nan),
            leakage.MOST_VARIANCE_GAIN_AHEAD, h, "R2 of the same probe for the log variance that is trained",
        )  # fmt: skip
    yield at_least(
        "G0", "features_tell_today", found.known_gain, leakage.LEAST_KNOWN_GAIN,
        note="the same probe for the day itself: a blind probe proves nothing",
    )  # fmt: skip
    yield at_most(
        "G0", "shuffled_labels_gain_nothing", found.shuffled_gain, leakage.MOST_SHUFFLED_GAIN,
        note="share of a constant's validation loss; metrics.json tells it",
    )  # fmt: skip
    yield at_most(
        "G0", "scaler_was_fitted_on_training_rows", found.scaler_difference, leakage.MOST_SCALER_DIFFERENCE,
        note="in standard deviations" if found.scaler_difference == found.scaler_difference
        else "the bars are not those of the training; evaluate on them, or train again",
    )  # fmt: skip
