"""Figures of all symbols and of each."""

import polars as pl
from tests.stockcast.evaluation import panels

from stockcast.evaluation.performance import performance
from stockcast.evaluation.report import horizon_figures


def test_each_symbol_has_its_own_figures():
    """A mean over symbols hides the one whose intervals cover nothing."""
    panel, har = panels.good(300), {"har": panels.har(300)}

    shown = performance(panel, panels.HORIZONS, har)

    assert list(shown.symbols) == ["SYM0", "SYM1", "SYM2", "SYM3"]
    assert shown.horizons[5] == horizon_figures(panel, 5, har)
    assert shown.symbols["SYM2"][5] == horizon_figures(panel.filter(pl.col("symbol") == "SYM2"), 5, har)


def test_a_new_listing_is_shown_at_the_horizons_it_has_outcomes_for():
    """Ten days old, it has no month behind it."""
    young = pl.col("symbol") == "SYM1"
    early = panels.good(300).with_columns(
        pl.when(young & (pl.col("horizon") == 21)).then(float("nan")).otherwise("came").alias("came")
    )

    shown = performance(early, panels.HORIZONS)

    assert list(shown.symbols["SYM1"]) == [1, 5]
    assert list(shown.symbols["SYM0"]) == [1, 5, 21]
