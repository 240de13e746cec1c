"""Targets look forward, and stop where nothing is known."""

import math

import polars as pl
import pytest
from tests.stockcast.generated import bars

from stockcast.contracts.records import HORIZONS
from stockcast.features.indicators import features
from stockcast.features.targets import target_names, with_targets


@pytest.mark.parametrize("h", HORIZONS)
def test_targets_are_the_return_and_variance_of_exactly_the_next_days(h):
    """One day's shift here would train the model on what it already sees."""
    known = with_targets(features(bars(400)))
    close, rv = known["close"].to_list(), known["rv"].to_list()

    assert known[f"y{h}"][50] == pytest.approx(math.log(close[50 + h] / close[50]))
    assert known[f"v{h}"][50] == pytest.approx(math.log(sum(rv[51 : 51 + h]) / h))
    assert known[f"v{h}_target"][50] == pytest.approx(known[f"v{h}"][50] - known["lv21"][50])


@pytest.mark.parametrize("h", HORIZONS)
def test_the_newest_rows_have_no_target(h):
    """Filled targets would teach the model that nothing ever happens at the end."""
    known = with_targets(features(bars(400)))

    assert known[f"y{h}_target"].null_count() == known[f"v{h}_target"].null_count() == h
    assert known[f"y{h}_target"].tail(h).null_count() == h


def test_a_crash_is_cut_to_six_standard_deviations():
    """One day such as 1987 must not steer a whole batch."""
    crashed = bars(400).with_columns(
        pl.when(pl.int_range(pl.len()) >= 350).then(pl.col(name) * 0.5).otherwise(pl.col(name)).alias(name)
        for name in ("open", "high", "low", "close")
    )

    known = with_targets(features(crashed))

    assert known["y1_target"].min() == -6.0
    assert known["y1"].min() < math.log(0.6)
    assert len(target_names()) == 6
