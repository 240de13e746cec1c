"""Does anything that a model sees come from its future? Five questions, each answered by a number.

`truncation_difference` catches code that looks ahead: a negative shift, a centred window, a scaler over all rows.
`shift_gain` catches data that does, where the code is innocent: tomorrow's news or market joined to today.
`target_gain` asks the same about each outcome that the network is trained on, for next month's leaks tell no tomorrow.
`shuffled_gain` catches labels that reach the inputs or the choice of a model. `scaler_difference` catches a scaler
that was fitted on more than the training rows. The functions measure, the gate judges.
"""

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from stockcast.features.targets import with_targets

Features = Callable[[pl.DataFrame], pl.DataFrame]  # one symbol's bars -> a frame with `date` and number columns
Array = NDArray[np.float64]
ProbeRows = tuple[NDArray[np.datetime64], Array, Array]  # dates, features, what is asked

MOST_DIFFERENCE = 0.0  # of a truncated series: the same rows through the same code are the same bits
MOST_SCALER_DIFFERENCE = 1e-9  # in standard deviations: room for another order of summing up
MOST_SHIFT_GAIN = 0.05  # R2 of tomorrow's return; hits 57 % of its signs, beyond which nobody is to be believed
MOST_VARIANCE_GAIN = 0.7  # R2 of tomorrow's log variance: lasting volatility gives .4 to .6, tomorrow's range .83
MOST_RETURN_GAIN_AHEAD = 0.05  # R2 of a trained return: honest features give less than 0, a leak of it 1
MOST_VARIANCE_GAIN_AHEAD = 0.85  # R2 of a trained log variance: lasting volatility gives .6 to .7, a leak of it 1
LEAST_KNOWN_GAIN = 0.5  # R2 of today's return, which features do tell; less means that the probe is blind
MOST_SHUFFLED_GAIN = 0.01  # share of a constant's loss
CUTS = (0.5, 0.75, 0.9)  # shares of the bars that are kept
EDGES = 40  # and the bars without the last one, two, ...: some leaks show only where the series ends
RIDGE = 1e-3  # of the number of rows: enough for columns that repeat each other
GAP = 21  # rows between the probe's two halves, the longest window that a target could share
CLIP = 6.0


def truncation_difference(features_fn: Features, bars: pl.DataFrame) -> float:
    """Largest change of any feature of any row once later bars are cut off; 0 for features without look-ahead.

    A value that is there in one and missing in the other counts as infinite, as do rows that come or go.
    """
    lengths = {int(bars.height * cut) for cut in CUTS} | {max(0, bars.height - cut) for cut in range(1, EDGES + 1)}
    whole, parts = features_fn(bars), [features_fn(bars.head(length)) for length in sorted(lengths)]
    if not any(part.height for part in parts):
        raise ValueError(
            f"{bars.height} bars leave no row of features once the last is cut off; at least one must be compared. "
            "Send a longer history."
        )
    return max(_difference(whole, part) for part in parts)


def rescaling_difference(features_fn: Features, bars: pl.DataFrame, factor: float = 1 / 28) -> float:
    """Largest change of any feature once all prices are multiplied, as a later split or dividend does to the past."""
    prices = pl.col("open", "high", "low", "close") * factor
    names = [name for name in _numbers(features_fn(bars)) if name != "close"]
    whole, scaled = features_fn(bars).select("date", *names), features_fn(bars.with_columns(prices))
    return _difference(whole, scaled.select("date", *names))


_STEP = pl.col("close").log().diff()
RETURN = (_STEP / _STEP.std()).clip(-CLIP, CLIP)  # by its symbol's own spread
LOG_VARIANCE = pl.col("rv").log()  # as it is: the features tell levels too


def shift_gain(featured: Sequence[pl.DataFrame], names: Sequence[str], shift: int, asked: pl.Expr = RETURN) -> float:
    """Out-of-sample R2 of a linear probe that reads row t's features and guesses `asked` of row t + shift.

    Each frame is one symbol's: date, close, rv and `names`, ascending. `asked` is RETURN, the day's log return, or
    LOG_VARIANCE. The probe is fitted on the earlier half of the dates and judged on the later. At shift 0 it tells that
    the probe sees at all; at shift 1 or more honest features gain next to nothing on returns, whoever makes them, and
    on the variance no more than lasting volatility gives.
    """
    return _probe([_probe_rows(frame, names, frame.select(asked.shift(-shift)).to_series()) for frame in featured])


def target_gain(featured: Sequence[pl.DataFrame], names: Sequence[str], target: str) -> float:
    """The same probe's R2 of what the network learns: `target` is y{h} or v{h} of features.targets, of rows t+1..t+h.

    The gap between the probe's halves is the longest horizon, so no outcome lies in both. Frames hold close, rv, sd63
    and lv21 besides.
    """
    return _probe([_probe_rows(frame, names, with_targets(frame)[target]) for frame in featured])


def shuffled_gain(predict: Callable[[Array], Array], labels: Array, judged: NDArray[np.bool_], seed: int = 0) -> float:
    """Gain over a constant on the judged rows of a whole pipeline that was given labels shuffled across time.

    `predict` takes labels (rows,) and gives guesses for the judged rows; it may learn from the others only. Shuffled
    labels follow from nothing, so whoever still gains has seen those that it is judged on.
    """
    shuffled = np.random.default_rng(seed).permutation(labels)
    return _gain(shuffled[judged], predict(shuffled), constant=float(shuffled[~judged].mean()))


def scaler_difference(means: Sequence[float], sds: Sequence[float], training_rows: Array) -> float:
    """Largest distance of a recipe's means and spreads from those of the training rows, in their own spreads."""
    usable = training_rows[np.isfinite(training_rows).all(axis=1)]
    spread = usable.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    off = np.abs(np.array(means) - usable.mean(axis=0)) / spread, np.abs(np.array(sds) - spread) / spread
    return float(np.max(off))


def _numbers(frame: pl.DataFrame) -> list[str]:
    return [name for name, dtype in frame.schema.items() if dtype.is_numeric()]


def _difference(whole: pl.DataFrame, cut: pl.DataFrame) -> float:
    """Over the rows of `cut`, which must be the first of `whole`."""
    names = _numbers(whole)
    if cut["date"].to_list() != whole["date"].head(cut.height).to_list():
        return float("inf")
    ours, theirs = (frame.select(names).to_numpy().astype(np.float64) for frame in (whole.head(cut.height), cut))
    same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    apart = np.where(same, 0.0, np.abs(ours - theirs))
    return float(np.nan_to_num(apart, nan=np.inf).max(initial=0.0))


def _probe(parts: Sequence[ProbeRows]) -> float:
    """Fitted on the earlier half of the dates, judged on the later."""
    dates = np.concatenate([part[0] for part in parts])
    inputs, told = (np.concatenate([part[place] for part in parts]) for place in (1, 2))
    unique = np.unique(dates)
    if len(unique) < 4 * GAP:
        raise ValueError(
            f"{len(unique)} dates with whole features; the probe needs at least {4 * GAP}. Send a longer history."
        )
    middle = len(unique) // 2
    early, late = dates < unique[middle - GAP], dates >= unique[middle]
    guess = _ridge(inputs[early], told[early], inputs[late])
    return _gain(told[late], guess, constant=float(told[early].mean()))


def _probe_rows(frame: pl.DataFrame, names: Sequence[str], asked: pl.Series) -> ProbeRows:
    """Of the rows that have all of them."""
    inputs = frame.select(names).to_numpy().astype(np.float64)
    told = asked.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    whole = np.isfinite(inputs).all(axis=1) & np.isfinite(told)
    return frame["date"].to_numpy()[whole], inputs[whole], told[whole]


def _ridge(inputs: Array, told: Array, asked: Array) -> Array:
    """Guesses for `asked` of a linear fit, its scaler from `inputs` alone."""
    mean, sd = inputs.mean(axis=0), inputs.std(axis=0)
    sd = np.where(sd > 0, sd, 1.0)
    x, new = ((part - mean) / sd for part in (inputs, np.clip(asked, mean - CLIP * sd, mean + CLIP * sd)))
    weights = np.linalg.solve(x.T @ x + RIDGE * len(x) * np.eye(x.shape[1]), x.T @ (told - told.mean()))
    return told.mean() + new @ weights


def _gain(came: Array, guess: Array, constant: float) -> float:
    return float(1 - np.square(came - guess).sum() / np.square(came - constant).sum())
