"""Gate G3 for whoever would replace the model that serves: not without a reason.

Both are judged on the same days, which neither has seen. A retrained network differs from the last one by chance; were
chance enough, the endpoint would change every week and nobody could tell a bad change from a good one.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import NormalDist

import polars as pl

from stockcast.evaluation.by_date import compare
from stockcast.evaluation.losses import qlike
from stockcast.evaluation.model_rules import LEAST_DATES, MOST_T
from stockcast.evaluation.rules import Rule, at_least, at_most

MOST_LOSS_RATIO = 1.01  # at any horizon: nobody gains at one day what another loses at a month
MOST_PARAMETERS_RATIO = 0.9  # cheaper means clearly smaller; times are too noisy to promote by


@dataclass(frozen=True)
class Contest:
    """The candidate beside the champion. With an `obstacle` they cannot be compared, and only it is set."""

    model_version: str  # of the champion
    obstacle: str = ""
    dates: int = 0
    loss_ratios: Mapping[int, float] = field(default_factory=dict)  # QLIKE by horizon, below 1: the candidate is better
    t: float = math.nan  # all horizons together, below 0: the candidate is better
    parameters_ratio: float = math.nan


def contest(
    champion: str, ours: pl.DataFrame, theirs: pl.DataFrame, horizons: Sequence[int], unseen_after: date,
    parameters_ratio: float,
) -> Contest:  # fmt: skip
    """Compare rows with the columns of forecasting.history on the days and symbols that both forecast."""
    keys = ["symbol", "date", "horizon"]
    other = theirs.select(*keys, pl.col("variance_scaled").alias("_"))
    both = (
        ours.filter(pl.col("date") > unseen_after)
        .join(other, on=keys)
        .filter(pl.all_horizontal(pl.col("variance_scaled", "_", "came_variance").is_finite()))
        .sort("date", "symbol")
    )
    came = both["came_variance"].to_numpy()
    losses = both.select(
        *keys,
        pl.Series("ours", qlike(came, both["variance_scaled"].to_numpy())),
        pl.Series("theirs", qlike(came, both["_"].to_numpy())),
    )
    mean = {h: losses.filter(pl.col("horizon") == h).select("ours", "theirs").mean().row(0) for h in horizons}
    return Contest(
        model_version=champion,
        dates=losses["date"].n_unique(),
        loss_ratios={h: mean[h][0] / mean[h][1] if mean[h][1] else math.nan for h in horizons},
        t=_together(losses, horizons),
        parameters_ratio=parameters_ratio,
    )


def _together(losses: pl.DataFrame, horizons: Sequence[int]) -> float:
    """One t for all horizons: losses in units of the champion's, averaged by date where every horizon is known."""
    scaled = losses.with_columns(pl.col("ours", "theirs") / pl.col("theirs").mean().over("horizon"))
    known = pl.col("horizon").n_unique().over("date") == len(horizons)
    by_day = scaled.group_by("date", "horizon").agg(pl.col("ours", "theirs").mean()).filter(known)
    return compare(by_day, by_day["ours"].to_numpy(), by_day["theirs"].to_numpy(), max(horizons)).t


def champion_rules(found: Contest | None, tries: int = 1) -> Iterator[Rule]:
    """Nothing is asked where nobody serves, or where the two cannot be compared; the evaluation says so."""
    if found is None or found.obstacle:
        return
    note = f"beside {found.model_version}"
    yield at_least("G3", "dates_that_neither_has_seen", found.dates, LEAST_DATES, note=note)
    for h, ratio in sorted(found.loss_ratios.items()):
        yield at_most("G3", "volatility_loss_beside_the_champion", ratio, MOST_LOSS_RATIO, h, note)
    yield _reason(found, tries)


def _reason(found: Contest, tries: int) -> Rule:
    """Significantly better, or as good and smaller."""
    limit = -least_t(tries)
    cheaper = found.parameters_ratio <= MOST_PARAMETERS_RATIO
    size = f"{found.parameters_ratio:.3g} of its parameters, cheaper is at most {MOST_PARAMETERS_RATIO:g}"
    note = f"t beside {found.model_version} over all horizons; {size}"
    return Rule("G3", "a_reason_to_replace_the_champion", None, found.t, limit, bool(found.t <= limit or cheaper), note)


def least_t(tries: int) -> float:
    """One-sided 5 %, shared out among candidates that try on the same days: the best of many is lucky."""
    return max(MOST_T, NormalDist().inv_cdf(1 - 0.05 / tries))
