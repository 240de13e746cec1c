"""Figures on the test days."""

import numpy as np
import polars as pl
import pytest
from tests.stockcast.evaluation import panels

from stockcast.evaluation.report import by_date, horizon_figures


def test_figures_recover_what_the_simulation_put_in():
    """If a known-good model scores badly here, every verdict is wrong."""
    figures = horizon_figures(panels.good(), 5)

    assert figures["mae_ratio"] == 1.0
    assert figures["coverage_80"] == pytest.approx(0.80, abs=0.03)
    assert figures["coverage_95"] == pytest.approx(0.95, abs=0.02)
    assert figures["qlike_ratio"] < 0.9
    assert figures["qlike_dm_t"] < -3
    assert figures["winkler_80_ratio"] < 1
    assert figures["always_up"] == pytest.approx(0.5, abs=0.05)
    assert figures["dates"] == 800


def test_every_figure_of_the_contract_is_there():
    """Registry, page and drift watch read these names."""
    assert set(horizon_figures(panels.good(300), 1)) == {
        "dates", "mae", "mae_persistence", "mae_ratio", "mae_dm_t", "mae_p_worse", "qlike", "qlike_ewma",
        "qlike_ratio", "qlike_dm_t", "coverage_80", "coverage_95", "winkler_80_ratio", "direction", "always_up",
    }  # fmt: skip


def test_ten_copies_of_a_symbol_are_no_more_evidence_than_one():
    """Symbols move together; counted one by one, chance turns into significance."""
    one = panels.random_walk_like().filter(pl.col("symbol") == "SYM1")
    ten = pl.concat(one.with_columns(pl.lit(f"COPY{place}").alias("symbol")) for place in range(10))

    assert horizon_figures(ten, 1)["mae_dm_t"] == pytest.approx(horizon_figures(one, 1)["mae_dm_t"])


def test_outcomes_that_are_not_known_yet_do_not_count():
    """The newest 21 days of a test have no outcome at 21 days."""
    panel = panels.good(400)
    newest = panel["date"].max()
    unknown = panel.with_columns(pl.when(pl.col("date") == newest).then(float("nan")).otherwise("came").alias("came"))

    assert horizon_figures(unknown, 1)["dates"] == 399


def test_losses_are_averaged_over_symbols_before_dates():
    """A date on which more symbols trade must not weigh more."""
    frame = pl.DataFrame({"date": panels.weekdays(2)[:1] * 3 + panels.weekdays(2)[1:]})

    assert by_date(frame, np.array([1.0, 2.0, 3.0, 10.0])).tolist() == [2.0, 10.0]


def test_a_test_part_without_any_outcome_is_refused():
    """NaN in evaluation.json reads like a figure."""
    with pytest.raises(ValueError, match="no outcome at horizon 21 is known"):
        horizon_figures(panels.good(300).with_columns(pl.lit(float("nan")).alias("came")), 21)
