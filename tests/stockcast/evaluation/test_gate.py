"""The gate: each candidate is fed to it whole, and each bad one must be stopped by the right rule."""

import polars as pl
import pytest
from tests.stockcast.evaluation import panels

from stockcast.evaluation.gate import judge
from stockcast.evaluation.report import horizon_figures


def verdict(panel: pl.DataFrame) -> tuple[bool, set[tuple[str, int]]]:
    """promote, and the rules that failed by name and horizon."""
    judged = judge({h: horizon_figures(panel, h) for h in (1, 5, 21)})
    return judged["promote"], {(rule["rule"], rule["horizon"]) for rule in judged["rules"] if not rule["passed"]}


def test_a_good_candidate_passes_every_rule():
    """A gate that nothing passes is a broken deployment."""
    assert verdict(panels.good()) == (True, set())


def test_a_candidate_that_repeats_yesterday_is_refused_for_price_and_volatility():
    """It looks perfect on a chart of prices, and is worse than doing nothing."""
    promote, failed = verdict(panels.random_walk_like())

    assert not promote
    assert {
        (rule, h)
        for rule in ("point_error_beside_persistence", "point_error_not_significantly_worse")
        for h in (1, 5, 21)
    } <= failed
    assert ("volatility_loss_beside_ewma", 1) in failed


def test_intervals_that_are_too_narrow_are_refused():
    """Someone who trusts an 80 % interval must not be surprised every other day."""
    promote, failed = verdict(panels.miscalibrated())

    assert not promote
    assert failed == {("coverage_of_80_percent_interval", h) for h in (1, 5, 21)}


def test_a_candidate_too_good_at_direction_is_refused():
    """More than 57 % next-day direction means that the future leaked in; live it will be gone."""
    promote, failed = verdict(panels.leaked())

    assert not promote
    assert ("direction_too_good_to_be_true", 1) in failed


def test_a_few_months_of_test_days_are_not_enough():
    """A model that was right in one calm summer is not proven."""
    promote, failed = verdict(panels.good(200))

    assert not promote
    assert {("enough_dates", h) for h in (1, 5, 21)} <= failed


FIGURES = {
    "dates": 2000,
    "mae_ratio": 1.0,
    "mae_p_worse": 0.5,
    "qlike_ratio": 0.9,
    "coverage_80": 0.8,
    "direction": 0.52,
}


@pytest.mark.parametrize(
    ("figure", "passing", "failing"),
    [
        ("mae_ratio", 1.01, 1.0101),
        ("mae_p_worse", 0.05, 0.0499),
        ("qlike_ratio", 0.98, 0.9801),
        ("coverage_80", 0.8199, 0.8201),
        ("coverage_80", 0.7801, 0.7799),
        ("direction", 0.57, 0.5701),
        ("mae_ratio", 1.0, float("nan")),
        ("coverage_80", 0.8, float("nan")),
    ],
)
def test_limits_stand_where_they_are_written(figure, passing, failing):
    """A limit moved by accident promotes models in silence."""
    assert judge({1: FIGURES | {figure: passing}})["promote"]
    assert not judge({1: FIGURES | {figure: failing}})["promote"]


def test_few_dates_do_not_make_the_coverage_s_bounds_wider():
    """Bounds that grow where data is short let an interval pass that covers nothing, or everything."""
    assert judge({21: FIGURES | {"dates": 260, "coverage_80": 0.775}})["promote"]
    assert not judge({21: FIGURES | {"dates": 260, "coverage_80": 0.765}})["promote"]
    assert not judge({21: FIGURES | {"dates": 260, "coverage_80": 1.0}})["promote"]


def test_a_verdict_without_figures_is_refused():
    """all() of nothing is true: an empty evaluation would promote."""
    with pytest.raises(ValueError, match="no horizon was evaluated"):
        judge({})
