"""Limits of G1 to G4, figure by figure."""

import pytest

from stockcast.evaluation.model_rules import model_rules, slack
from stockcast.evaluation.performance import Performance
from stockcast.evaluation.report import Figures

NAN = float("nan")
FIGURES: Figures = {
    "dates": 2000, "told_share": 1.0, "mae_ratio": 1.0, "mae_p_worse": 0.5, "direction": 0.52, "always_up": 0.53,
    "qlike_ratio": 0.9, "qlike_dm_t_har": -2.0, "coverage_80": 0.8, "coverage_95": 0.95, "winkler_80_ratio": 0.9,
    "winkler_80_dm_t": -2.0,
}  # fmt: skip


def broken(horizon: int, symbol: Figures | None = None, **changes: float) -> list[str]:
    """Names of the rules that the changed figures break."""
    shown = Performance({horizon: FIGURES | changes}, {"AAPL": {horizon: FIGURES | (symbol or {})}})
    return [rule.rule for rule in model_rules(shown) if not rule.passed]


@pytest.mark.parametrize(
    ("figure", "passing", "failing", "rule"),
    [
        ("dates", 250, 249, "enough_dates"),
        ("told_share", 1.0, 0.9999, "every_day_is_forecast"),
        ("mae_ratio", 1.01, 1.0101, "point_error_beside_persistence"),
        ("mae_p_worse", 0.05, 0.0499, "point_error_not_significantly_worse"),
        ("qlike_ratio", 0.98, 0.9801, "volatility_loss_beside_ewma"),
        ("qlike_dm_t_har", 1.65, 1.66, "volatility_not_significantly_worse_than_har"),
        ("coverage_80", 0.82, 0.8201, "coverage_of_80_percent_interval"),
        ("coverage_80", 0.78, 0.7799, "coverage_of_80_percent_interval"),
        ("coverage_95", 0.935, 0.9349, "coverage_of_95_percent_interval"),
        ("coverage_95", 0.965, 0.9651, "coverage_of_95_percent_interval"),
        ("winkler_80_ratio", 1.0, 1.0001, "interval_score_beside_bell_curve"),
        ("winkler_80_dm_t", 1.65, 1.66, "interval_score_not_significantly_worse"),
        ("direction", 0.57, 0.5701, "direction_too_good_to_be_true"),
        ("mae_ratio", 1.0, NAN, "point_error_beside_persistence"),
        ("winkler_80_dm_t", 0.0, NAN, "interval_score_not_significantly_worse"),
    ],
)
def test_limits_stand_where_they_are_written(figure, passing, failing, rule):
    """A limit moved by accident promotes models in silence."""
    assert broken(1, **{figure: passing}) == []
    assert broken(1, **{figure: failing}) == [rule]


def test_a_month_has_wider_bounds_and_no_others():
    assert broken(21, coverage_80=0.77) == broken(21, coverage_80=0.83) == []
    assert broken(21, coverage_80=0.7699) == ["coverage_of_80_percent_interval"]
    assert broken(21, direction=0.7) == []  # a month mostly rises: this is no sign of a leak


def test_few_dates_do_not_make_the_bounds_of_all_symbols_wider():
    """Bounds that grow where data is short let an interval pass that covers nothing, or everything."""
    assert broken(21, dates=260, coverage_80=0.775) == []
    assert broken(21, dates=260, coverage_80=0.765) == ["coverage_of_80_percent_interval"]
    assert broken(21, dates=260, coverage_80=1.0) == ["coverage_of_80_percent_interval"]


def test_without_har_nothing_is_promoted():
    """A comparison that was left out is not one that was won."""
    told = {name: value for name, value in FIGURES.items() if name != "qlike_dm_t_har"}
    shown = Performance({1: told}, {"AAPL": {1: told}})

    assert [rule.rule for rule in model_rules(shown) if not rule.passed] == [
        "volatility_not_significantly_worse_than_har"
    ]


@pytest.mark.parametrize(
    ("h", "dates", "allowed"),
    [
        (1, 1000, 0.03), (5, 5000, 0.03), (21, 1000, 0.05),  # enough dates: the slack as it is
        (1, 999, 0.03),  # two standard errors are 2.5 points: the wider of both holds
        (5, 500, 0.08), (21, 680, 0.1406), (21, 336, 0.2),
    ],
)  # fmt: skip
def test_one_symbol_s_slack_grows_with_what_chance_can_do(h, dates, allowed):
    """At 21 days 680 dates hold 32 independent outcomes: seven points off are luck, not a fault."""
    assert slack(h, dates) == pytest.approx(allowed, abs=1e-4)


def test_the_symbol_that_is_furthest_off_is_named():
    """People look for it first."""
    symbols = {
        "AAPL": {1: FIGURES | {"coverage_80": 0.765}},  # allowed 3 points
        "YOUNG": {1: FIGURES | {"coverage_80": 0.74, "dates": 250}},  # allowed 5.1 points, and further off
        "MSFT": {1: FIGURES},
    }
    rule = next(r for r in model_rules(Performance({1: FIGURES}, symbols)) if r.rule == "coverage_of_each_symbol")

    assert not rule.passed
    assert rule.value == 0.74
    assert rule.limit == pytest.approx((0.7494, 0.8506), abs=1e-4)
    assert rule.note == "YOUNG, the furthest off of 3, on 250 dates"


def test_a_symbol_whose_coverage_is_unknown_is_furthest_off():
    assert broken(1, symbol={"coverage_80": NAN}) == ["coverage_of_each_symbol"]


def test_no_symbol_at_all_does_not_pass():
    rules = model_rules(Performance({1: FIGURES}, {}))

    assert [rule.rule for rule in rules if not rule.passed] == ["coverage_of_each_symbol"]
