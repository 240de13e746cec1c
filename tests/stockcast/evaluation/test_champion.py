"""Champion against challenger: real comparisons of forecasters whose skill is known."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from tests.stockcast.evaluation import panels

from stockcast.evaluation.champion import Contest, champion_rules, contest, least_t

LONG_AGO = date(1999, 1, 1)


def beside(ours: pl.DataFrame, theirs: pl.DataFrame, unseen_after: date = LONG_AGO, parameters: float = 1.0) -> Contest:
    return contest("old", ours, theirs, panels.HORIZONS, unseen_after, parameters)


def broken(found: Contest | None, tries: int = 1) -> list[tuple[str, int | None]]:
    return [(rule.rule, rule.horizon) for rule in champion_rules(found, tries) if not rule.passed]


REASON = ("a_reason_to_replace_the_champion", None)


def test_the_same_model_trained_again_does_not_replace_itself():
    """Nothing would be gained, and clients would see a change."""
    found = beside(panels.good(), panels.good())

    assert found.t == 0
    assert broken(found) == [REASON]


def test_an_equally_good_model_does_not_replace_the_champion():
    """Its figures differ by luck only."""
    found = beside(panels.good(luck=1), panels.good(luck=2))

    assert abs(found.t) < 1.65
    assert REASON in broken(found)


def test_a_clearly_better_model_replaces_the_champion():
    found = beside(panels.good(miss=0.1, luck=1), panels.good(miss=0.3, luck=2))

    assert found.t < -1.65
    assert found.dates == 1200
    assert all(ratio < 1 for ratio in found.loss_ratios.values())
    assert broken(found) == []


def test_an_equally_good_and_smaller_model_replaces_the_champion():
    """Cheaper is a reason; a hair smaller is none."""
    equal = replace(beside(panels.good(), panels.good()), parameters_ratio=0.5)

    assert broken(equal) == []
    assert broken(replace(equal, parameters_ratio=0.95)) == [REASON]
    assert broken(replace(equal, parameters_ratio=float("nan"))) == [REASON]


def test_a_worse_model_is_refused_however_small():
    """Clients would pay for our saving."""
    found = beside(panels.good(miss=0.3, luck=1), panels.good(miss=0.1, luck=2), parameters=0.1)

    assert {("volatility_loss_beside_the_champion", h) for h in panels.HORIZONS} == set(broken(found))


def test_what_is_won_at_one_day_may_not_be_lost_at_a_month():
    """One number for all horizons would hide it."""
    month = pl.col("horizon") == 21
    ours = pl.concat([panels.good(miss=0.05).filter(~month), panels.good(miss=0.2).filter(month)])

    assert ("volatility_loss_beside_the_champion", 21) in broken(beside(ours, panels.good(miss=0.15, luck=2)))


def test_days_that_either_has_seen_do_not_count():
    """A champion that was trained later knows part of the candidate's test by heart."""
    days = panels.good()["date"].unique().sort()

    found = beside(panels.good(luck=1), panels.good(miss=0.3, luck=2), unseen_after=days[999])

    assert found.dates == 200
    assert ("dates_that_neither_has_seen", None) in broken(found)


def test_no_common_day_passes_nothing():
    """NaN must refuse here too."""
    found = beside(panels.good(), panels.good().with_columns(pl.lit("OTHER").alias("symbol")))

    assert found.dates == 0
    assert len(broken(found)) == 5


def test_the_best_of_many_candidates_needs_more():
    """Whoever tries forty times is lucky twice: one in twenty shall be for all tries together."""
    better = Contest("old", dates=800, loss_ratios={1: 0.99}, t=-1.9, parameters_ratio=1.0)

    assert broken(better) == []
    assert broken(better, tries=5) == [REASON]
    assert (least_t(1), least_t(5)) == (1.65, pytest.approx(2.326, abs=1e-3))


def test_nothing_is_asked_without_a_champion_or_beside_one_that_cannot_be_read():
    """The first model has nobody to beat; and one that this code cannot run can serve no longer."""
    assert list(champion_rules(None)) == []
    assert list(champion_rules(Contest("old", obstacle="trained on other features"))) == []
