"""Figures on the test days."""

import numpy as np
import polars as pl
import pytest
from tests.stockcast.evaluation import panels

from stockcast.evaluation.by_date import by_date
from stockcast.evaluation.report import horizon_figures


def test_figures_recover_what_the_simulation_put_in():
    """If a known-good model scores badly here, every verdict is wrong."""
    figures = horizon_figures(panels.good(), 5)

    assert figures["mae_ratio"] == 1.0
    assert figures["coverage_80"] == pytest.approx(0.80, abs=0.03)
    assert figures["coverage_95"] == pytest.approx(0.95, abs=0.02)
    assert figures["qlike_ratio"] < 0.9
    assert figures["qlike_dm_t"] < -3
    assert figures["winkler_80_ratio"] < 1
    assert figures["winkler_80_dm_t"] < -3
    assert figures["always_up"] == pytest.approx(0.5, abs=0.05)
    assert figures["r2_os"] == 0
    assert (figures["dates"], figures["told_share"]) == (1200, 1.0)


def test_every_figure_of_the_contract_is_there():
    """Registry, page and drift watch read these names."""
    assert set(horizon_figures(panels.good(300), 1)) == {
        "dates", "told_share", "mae", "mae_persistence", "mae_ratio", "mae_dm_t", "mae_p_worse", "r2_os", "qlike",
        "qlike_ewma", "qlike_ratio", "qlike_dm_t", "coverage_80", "coverage_80_worst_quarter", "coverage_95",
        "winkler_80_ratio", "winkler_80_dm_t", "direction", "always_up", "majority", "direction_p_luck",
    }  # fmt: skip


def test_ten_copies_of_a_symbol_are_no_more_evidence_than_one():
    """Symbols move together; counted one by one, chance turns into significance."""
    one = panels.random_walk_like().filter(pl.col("symbol") == "SYM1")
    ten = pl.concat(one.with_columns(pl.lit(f"COPY{place}").alias("symbol")) for place in range(10))

    assert horizon_figures(ten, 1)["mae_dm_t"] == pytest.approx(horizon_figures(one, 1)["mae_dm_t"])


def test_volatility_is_compared_where_both_have_forecast():
    """Prophet forecasts a few months of what the network forecasts over years."""
    ours = panels.good(400)
    days = ours["date"].unique().sort()
    short = panels.good(400, miss=0.4, luck=3).filter(pl.col("date") > days[199])

    figures = horizon_figures(ours, 1, {"short": short, "other": short.filter(pl.lit(False))})
    same_days = horizon_figures(ours.filter(pl.col("date") > days[199]), 1, {"short": short})

    assert figures["qlike_ratio_short"] == same_days["qlike_ratio_short"] < 1
    assert figures["qlike_dm_t_short"] == same_days["qlike_dm_t_short"] < -1.65
    assert np.isnan([figures["qlike_ratio_other"], figures["qlike_dm_t_other"]]).all()


def test_r2_is_that_of_returns_beside_nothing_changes():
    """On price levels a copy of yesterday explains 98 %."""
    right = panels.good(300).with_columns(pl.col("came").alias("median"))
    doubled = panels.good(300).with_columns((2 * pl.col("came")).alias("median"))

    assert horizon_figures(right, 5)["r2_os"] == 1
    assert horizon_figures(doubled, 5)["r2_os"] == pytest.approx(0)


def test_the_worst_quarter_is_told_beside_the_mean():
    """80 % in the mean may be 95 % in calm and 50 % in a storm, when it matters."""
    panel = panels.good(600)
    start = panel["date"].unique().sort()[200].replace(day=1)
    storm = pl.col("date").is_between(start, start.replace(year=start.year + 1))
    stormy = panel.with_columns(pl.when(storm).then(pl.col("reach_80") * 0.3).otherwise(pl.col("reach_80")))

    figures = horizon_figures(stormy, 1)

    assert figures["coverage_80_worst_quarter"] < 0.4 < 0.5 < figures["coverage_80"]


def test_a_few_days_of_a_quarter_are_no_quarter():
    """A test part begins and ends anywhere; three bad days would be the headline."""
    assert np.isnan(horizon_figures(panels.good(25), 1)["coverage_80_worst_quarter"])


def test_a_forecast_that_is_missing_shows():
    """A model could be silent on the days it finds hard."""
    silent = panels.good(400).with_columns(
        pl.when(pl.int_range(pl.len()) % 10 == 0).then(float("nan")).otherwise("median").alias("median")
    )

    assert horizon_figures(silent, 1)["told_share"] == pytest.approx(0.9, abs=0.001)


def test_volatility_that_is_missing_shows():
    """Two thirds of the days without a volatility passed every rule on the third that was left."""
    silent = panels.good(600).with_columns(
        pl.when(pl.col("date").rank("dense") > 200)
        .then(float("nan"))
        .otherwise("variance_scaled")
        .alias("variance_scaled")
    )

    assert horizon_figures(silent, 1)["told_share"] == pytest.approx(1 / 3, abs=0.01)


def test_a_day_without_a_row_shows_where_another_model_has_one():
    """An index whose volume stands still has no window; such days would be missing from every figure, unseen."""
    panel = panels.good(400)
    silent, young = (
        panel.filter(pl.col("date").rank("dense") % 10 != 1),
        panel.filter(pl.col("date").rank("dense") > 40),
    )

    assert horizon_figures(silent, 1, {"har": panel})["told_share"] == pytest.approx(0.9, abs=0.01)
    assert horizon_figures(young, 1, {"har": panel})["told_share"] == 1.0


def test_a_handful_of_dates_has_figures_but_no_significance():
    """The gate refuses them by name; a crash would tell nobody why."""
    figures = horizon_figures(panels.good(20), 21)

    assert np.isfinite([figures["mae_ratio"], figures["coverage_80"]]).all()
    assert np.isnan([figures["mae_dm_t"], figures["qlike_dm_t"], figures["winkler_80_dm_t"]]).all()


def test_a_model_beside_itself_is_no_better_and_no_worse():
    """Sums in another order differ in the sixteenth digit, always the same way, and would look significant."""
    panel = panels.good(400)
    same = panel.with_columns(pl.col("variance_scaled") * (1 + 1e-15))

    assert horizon_figures(panel, 1, {"same": same})["qlike_dm_t_same"] == 0


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
