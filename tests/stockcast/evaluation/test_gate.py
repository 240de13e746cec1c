"""The gate: each candidate is fed to it whole, and each bad one must be stopped by the right rule."""

import json
from dataclasses import replace

import pytest
from tests.stockcast.evaluation import panels
from tests.stockcast.evaluation.evidence import LEAKAGE, SERVING, failed, good_seeds, shown, verdict

from stockcast.evaluation.champion import Contest
from stockcast.evaluation.gate import GATES, Verdict
from stockcast.evaluation.performance import Performance


def test_a_candidate_with_a_planted_signal_is_promoted():
    """A gate that nothing passes is a broken deployment."""
    judged = verdict()

    assert failed(judged) == set()
    assert judged.promote


def test_a_candidate_that_repeats_yesterday_is_refused_for_price_and_volatility():
    """It looks perfect on a chart of prices, and is worse than doing nothing."""
    judged = verdict(average=shown(panels.random_walk_like()))

    assert not judged.promote
    assert {
        ("G1", rule, h)
        for rule in ("point_error_beside_persistence", "point_error_not_significantly_worse")
        for h in panels.HORIZONS
    } <= failed(judged)
    assert ("G3", "volatility_loss_beside_ewma", 1) in failed(judged)
    assert ("G3", "volatility_not_significantly_worse_than_har", 1) in failed(judged)


def test_intervals_that_are_too_narrow_are_refused():
    """Someone who trusts an 80 % interval must not be surprised every other day."""
    judged = verdict(average=shown(panels.miscalibrated()))

    coverage = ("coverage_of_80_percent_interval", "coverage_of_each_symbol", "coverage_of_95_percent_interval")
    assert not judged.promote
    assert {("G4", rule, h) for rule in coverage for h in panels.HORIZONS} <= failed(judged)
    assert {gate for gate, _, _ in failed(judged)} == {"G4"}


def test_a_candidate_too_good_at_direction_is_refused():
    """More than 57 % next-day direction means that the future leaked in; live it will be gone."""
    judged = verdict(average=shown(panels.leaked()))

    assert not judged.promote
    assert ("G2", "direction_too_good_to_be_true", 1) in failed(judged)


@pytest.mark.parametrize(
    ("leak", "rule"),
    [
        ({"truncation_difference": 1e-12}, "features_do_not_know_later_bars"),
        ({"shift_gain": 0.06}, "features_do_not_tell_tomorrow"),
        ({"variance_gain": 0.71}, "features_do_not_tell_tomorrows_range"),
        ({"known_gain": 0.4}, "features_tell_today"),
        ({"shuffled_gain": 0.02}, "shuffled_labels_gain_nothing"),
        ({"scaler_difference": 1e-3}, "scaler_was_fitted_on_training_rows"),
        ({"shuffled_gain": float("nan")}, "shuffled_labels_gain_nothing"),
        ({"scaler_difference": float("nan")}, "scaler_was_fitted_on_training_rows"),
    ],
)
def test_a_leak_refuses_whatever_the_figures_say(leak, rule):
    """Leaked figures are the best ones, so they are no argument. What was not measured is a leak too."""
    judged = verdict(leakage=replace(LEAKAGE, **leak))

    assert not judged.promote
    assert failed(judged) == {("G0", rule, None)}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"onnx_difference": 2e-5}, "onnx_beside_keras"),
        ({"p99_ms": 2001.0}, "milliseconds_of_the_slowest_percent"),
        ({"megabytes": 11.0}, "megabytes"),
        ({"schema_faults": ("record lacks median",)}, "differences_from_the_pinned_schema"),
        ({"onnx_difference": float("nan")}, "onnx_beside_keras"),
    ],
)
def test_a_bundle_that_serves_badly_is_refused(change, rule):
    """A good forecast that nobody gets in time, or in another shape, is none."""
    assert failed(verdict(serving=replace(SERVING, **change))) == {("G6", rule, None)}


def test_the_latency_budget_is_the_caller_s():
    assert not verdict(most_p99_ms=50.0).promote
    assert verdict(serving=replace(SERVING, p99_ms=4000.0), most_p99_ms=5000.0).promote


def test_a_champion_is_not_replaced_without_a_reason():
    """Retraining changes figures by chance; were that enough, the endpoint would change every week."""
    equal = Contest("old", dates=800, loss_ratios={1: 1.0, 5: 1.0, 21: 1.0}, t=-0.4, parameters_ratio=1.0)

    assert failed(verdict(champion=equal)) == {("G3", "a_reason_to_replace_the_champion", None)}
    assert verdict(champion=replace(equal, t=-1.7)).promote


def test_a_few_months_of_test_days_are_not_enough():
    """A model that was right in one calm summer is not proven."""
    judged = verdict(average=shown(panels.good(200)))

    assert {("G1", "enough_dates", h) for h in panels.HORIZONS} <= failed(judged)


def test_a_verdict_names_its_numbers_as_json():
    """The registry, the message to people and the model card read them."""
    told = verdict(serving=replace(SERVING, p99_ms=2345.6)).told()

    refused = [rule for rule in told["verdict"]["rules"] if not rule["passed"]]
    assert told["verdict"]["promote"] is False
    assert refused == [
        {
            "gate": "G6", "rule": "milliseconds_of_the_slowest_percent", "horizon": None, "value": 2345.6,
            "limit": 2000.0, "passed": False, "note": "",
        }
    ]  # fmt: skip
    assert {gate: asked["passed"] for gate, asked in told["gates"].items()} == {gate: gate != "G6" for gate in GATES}
    assert sum(len(asked["rules"]) for asked in told["gates"].values()) == len(told["verdict"]["rules"])
    assert json.loads(json.dumps(told))["gates"]["G6"]["rules"]


def test_a_verdict_without_figures_is_refused():
    """all() of nothing is true: an empty evaluation would promote."""
    with pytest.raises(ValueError, match="no horizon was evaluated"):
        verdict(average=Performance({}, {}))
    assert not Verdict(()).promote


def test_a_gate_that_asked_nothing_has_not_passed():
    told = Verdict(()).told()

    assert not any(asked["passed"] for asked in told["gates"].values())


def test_one_bad_seed_refuses_the_good_average():
    """The average hides that the next training may be unlucky."""
    judged = verdict(seeds=good_seeds() | {"2": shown(panels.miscalibrated())})

    assert failed(judged) == {("G5", "rules_that_seed_2_alone_breaks", None)}
