"""What every model's record says of the direction, and of models that have no training time."""

import math
from datetime import date

import polars as pl
import pytest
from tests.stockcast.generated import bars
from tests.stockcast.predictors import Level, recipe

from stockcast.forecasting.history import history
from stockcast.forecasting.record import EDGE, record
from stockcast.models.lstm import Lstm

NAMED = {"model_type": "har", "model_version": "v", "feature_version": "f"}


def origins(median: float = 0.0, count: int = 1000) -> pl.DataFrame:
    """One horizon of a history whose medians all lie `median` standard deviations off."""
    past = history("GENX", bars(count), Lstm(recipe(), Level(median=median)), recipe().factors)
    return past.filter(pl.col("horizon") == 5)


def test_the_chance_of_a_rise_is_learned_from_misses():
    """A model's own misses around today's median: no bell curve, no promise."""
    past = origins()
    known = past.filter(pl.col("came").is_finite())

    told = record(past, **NAMED)

    share = (known.tail(252)["came"].to_numpy() > 0).mean()
    assert told["p_up"] == pytest.approx(min(max(share, told["base_rate_up"] - EDGE), told["base_rate_up"] + EDGE))


@pytest.mark.parametrize("median", [-4.0, 4.0])
def test_a_bold_median_does_not_move_the_chance_far_off_the_base_rate(median):
    """Direction is known to about the up-day base rate; a record that says 90 % would be believed."""
    bold = origins().with_columns(
        pl.when(pl.int_range(pl.len()) == pl.len() - 1)
        .then(median * pl.col("variance").sqrt())
        .otherwise(pl.col("median"))
        .alias("median")
    )

    told = record(bold, **NAMED)

    assert told["p_up"] == pytest.approx(told["base_rate_up"] + math.copysign(EDGE, median))


def test_without_known_outcomes_no_chance_is_told():
    """Half would look like knowledge."""
    assert record(origins(count=300), **NAMED)["p_up"] is None


def test_figures_count_only_days_after_the_training():
    """Days that a model was fitted on would flatter it; a model fitted on each day's past has none."""
    past = origins()
    late: date = past["date"][-100]

    all_days, unseen = record(past, **NAMED), record(past, **NAMED, seen_until=late)

    assert unseen["mae"] is not None
    assert unseen["mae"] != all_days["mae"]
    assert unseen["base_rate_up"] != all_days["base_rate_up"]
    assert (unseen["median"], unseen["q10"]) == (all_days["median"], all_days["q10"])
