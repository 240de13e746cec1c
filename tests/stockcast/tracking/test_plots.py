"""The pictures show the numbers that they stand for."""

import numpy as np
import polars as pl
import pytest


@pytest.fixture(scope="module")
def plots():
    from stockcast.tracking import plots  # Matplotlib takes seconds to import

    return plots


def ours(judged, symbol="^GSPC"):
    return judged.origins.filter((pl.col("model") == "lstm") & (pl.col("symbol") == symbol))


def test_the_fan_starts_where_21_days_have_come_and_shows_what_came(judged, plots):
    figure = plots.fan_chart(judged.origins, "^GSPC")

    days = ours(judged).filter(pl.col("horizon") == 1).sort("date")
    start = days.height - 1 - 21
    one = figure.axes[0]
    came = one.lines[0]
    assert str(days["date"][start]) in one.get_title(loc="left")
    assert came.get_ydata()[-1] == days["last_close"][-1]
    assert came.get_xdata()[-1] == start + 21


def test_the_fan_s_edges_at_a_horizon_are_the_published_interval(judged, plots):
    """A fan that is drawn otherwise than it is published would be judged by its looks."""
    day = ours(judged)["date"].max()
    rows = ours(judged).filter(pl.col("date") == day)

    records = plots.records(rows)

    for record, row in zip(records, rows.sort("horizon").iter_rows(named=True), strict=True):
        assert record["q90"] == pytest.approx(row["last_close"] * np.exp(row["median"] + row["reach_80"]))
        assert record["q025"] == pytest.approx(row["last_close"] * np.exp(row["median"] - row["reach_95"]))


def test_a_year_of_fans_leaves_none_out_and_counts_the_misses(judged, plots):
    """One fan can be picked; the year beside it says how often such a fan held."""
    rows = ours(judged)
    days = rows.filter(pl.col("horizon") == 1).sort("date")["date"].to_list()
    newest = len(days) - 1 - 21
    starts = [days[start] for start in range(newest, 0, -21)][:12]
    ends = rows.filter((pl.col("horizon") == 21) & pl.col("date").is_in(starts))
    held = (ends["came"] - ends["median"]).abs() <= ends["reach_80"]

    title = plots.fan_chart(judged.origins, "^GSPC").axes[1].get_title(loc="left")

    assert f"held {held.sum()} of {len(starts)}" in title


def test_calibration_shows_every_symbol_s_share_and_the_promise(judged, plots):
    figure = plots.calibration(judged.origins)

    by_symbol = figure.axes[3]  # the second row's first: one day ahead
    rows = judged.origins.filter(
        (pl.col("model") == "lstm")
        & (pl.col("horizon") == 1)
        & (pl.col("symbol") == "AAPL")
        & pl.col("came").is_finite()
    )
    share = ((rows["came"] - rows["median"]).abs() <= rows["reach_80"]).mean()
    assert by_symbol.collections[0].get_offsets()[0][1] == pytest.approx(share)
    assert [label.get_text() for label in by_symbol.get_xticklabels()] == ["AAPL", "^GSPC"]
    assert {line.get_ydata()[0] for line in by_symbol.lines} == {0.80, 0.95}


def test_a_symbol_that_was_not_judged_is_refused_with_those_that_were(judged, plots):
    with pytest.raises(ValueError, match=r"'AMZN' has no forecast of lstm; there are AAPL, \^GSPC"):
        plots.fan_chart(judged.origins, "AMZN")


def test_too_few_days_for_a_fan_are_refused(judged, plots):
    few = judged.origins.filter(pl.col("date") > sorted(judged.origins["date"].unique())[-15])

    with pytest.raises(ValueError, match="has 14 test days"):
        plots.fan_chart(few, "AAPL")


def test_a_new_listing_has_no_fan_and_costs_the_others_nothing(judged, plots):
    """A symbol that is judged for the first time would fail the run's record for all."""
    young = (pl.col("symbol") == "AAPL") & (pl.col("date") <= sorted(judged.origins["date"].unique())[-15])

    drawn = dict(plots.pictures(judged.origins.filter(~young), judged.evaluation))

    assert "fan-AAPL" not in drawn
    assert {"fan-index-GSPC", "calibration", "qlike_over_time", "comparison", "table"} <= set(drawn)


def test_a_ratio_far_off_is_drawn_at_the_edge_with_its_number(judged, plots):
    """Prophet's 3.06 would press all other models into one point."""
    models = judged.evaluation["models"] | {"prophet": {"1": {"mae_ratio": 3.06, "qlike_ratio": None}}}

    figure = plots.comparison(models)

    assert [text.get_text() for text in figure.axes[0].texts] == ["3.06"]
    assert max(point[0] for dots in figure.axes[0].collections for point in dots.get_offsets()) <= plots.FARTHEST
