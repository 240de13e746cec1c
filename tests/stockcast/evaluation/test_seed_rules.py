"""Stability over seeds."""

from dataclasses import replace

from tests.stockcast.evaluation import panels
from tests.stockcast.evaluation.evidence import good, good_seeds, shown

from stockcast.evaluation.performance import Performance
from stockcast.evaluation.seed_rules import seed_rules


def broken(seeds: dict[str, Performance]) -> list[str]:
    return [rule.rule for rule in seed_rules(good().average, seeds) if not rule.passed]


def with_ratio(performance: Performance, ratio: float) -> Performance:
    """The same at every horizon but for its loss beside EWMA."""
    return replace(performance, horizons={h: f | {"qlike_ratio": ratio} for h, f in performance.horizons.items()})


def test_three_good_seeds_pass():
    assert broken(good_seeds()) == []


def test_two_seeds_are_too_few():
    """Two may agree by chance."""
    assert broken({seed: good_seeds()[seed] for seed in ("1", "2")}) == ["enough_seeds"]


def test_no_seed_at_all_passes_nothing():
    """A bundle without its members cannot be asked."""
    assert set(broken({})) == {"enough_seeds", "gain_over_ewma_beside_spread_of_seeds"}


def test_the_worst_seed_is_named_with_what_it_breaks():
    """Whoever mends the training looks there first."""
    seeds = good_seeds() | {"3": shown(panels.random_walk_like())}

    rule = next(r for r in seed_rules(good().average, seeds) if r.rule == "rules_that_seed_3_alone_breaks")

    assert not rule.passed
    assert rule.value == rule.note.count("; ") + 1
    assert "G1 point_error_beside_persistence at 21 days: " in rule.note


def test_a_gain_smaller_than_the_spread_of_seeds_is_luck():
    """Were the gain .16 and the seeds .2 apart, another draw of seeds would have lost."""
    near, far = with_ratio(good_seeds()["1"], 0.7), with_ratio(good_seeds()["2"], 0.9)
    gain = 1 - good().average.horizons[1]["qlike_ratio"]

    assert 0.15 < gain < 0.2
    seeds = {"1": near, "2": far, "3": near}
    rules = [r for r in seed_rules(good().average, seeds) if r.rule == "gain_over_ewma_beside_spread_of_seeds"]

    assert {rule.horizon: rule.passed for rule in rules} == {1: False, 5: True, 21: True}
    assert rules[0].value == gain


def test_a_seed_without_figures_does_not_pass():
    seeds = good_seeds() | {"2": with_ratio(good_seeds()["2"], float("nan"))}

    assert "gain_over_ewma_beside_spread_of_seeds" in broken(seeds)
