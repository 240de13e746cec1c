"""May this model serve? Code answers, so that nobody has to be persuaded."""

from collections.abc import Iterator, Mapping
from typing import TypedDict

MOST_MAE_RATIO = 1.01  # beside "nothing changes": no model beats it by much, a good one does not lose to it
LEAST_P_WORSE = 0.05
MOST_QLIKE_RATIO = 0.98  # beside EWMA: volatility is where skill is real, so it must show
COVERAGE_80 = 0.80
COVERAGE_SLACK = {1: 0.02, 5: 0.02, 21: 0.03}  # of all symbols together: conformal calibration holds it near 80 %
MOST_DIRECTION = 0.57  # next-day direction is known to about 51 to 55 %: more means that the future leaked in
LEAST_DATES = 250  # a year: fewer test days show one mood of the market only


class Rule(TypedDict):
    """One question to the model. `limit` is a bound, or [lowest, highest]."""

    rule: str
    horizon: int
    value: float
    limit: float | list[float]
    passed: bool


class Verdict(TypedDict):
    """promote is true only if every rule passed."""

    promote: bool
    rules: list[Rule]


def judge(horizons: Mapping[int, Mapping[str, float]]) -> Verdict:
    """Ask every rule at every horizon; figures as evaluation.report makes them. A figure that is NaN never passes."""
    if not horizons:
        raise ValueError("no horizon was evaluated; a verdict needs at least one. Pass the figures of every horizon.")
    rules = [rule for horizon, figures in sorted(horizons.items()) for rule in _rules(horizon, figures)]
    return {"promote": all(rule["passed"] for rule in rules), "rules": rules}


def _rules(horizon: int, figures: Mapping[str, float]) -> Iterator[Rule]:
    yield _at_least("enough_dates", horizon, figures["dates"], LEAST_DATES)
    yield _at_most("point_error_beside_persistence", horizon, figures["mae_ratio"], MOST_MAE_RATIO)
    yield _at_least("point_error_not_significantly_worse", horizon, figures["mae_p_worse"], LEAST_P_WORSE)
    yield _at_most("volatility_loss_beside_ewma", horizon, figures["qlike_ratio"], MOST_QLIKE_RATIO)
    slack = COVERAGE_SLACK.get(horizon, 0.03)
    low, high = COVERAGE_80 - slack, COVERAGE_80 + slack
    yield _between("coverage_of_80_percent_interval", horizon, figures["coverage_80"], low, high)
    if horizon == 1:
        yield _at_most("direction_too_good_to_be_true", horizon, figures["direction"], MOST_DIRECTION)


def _at_most(rule: str, horizon: int, value: float, limit: float) -> Rule:
    return {"rule": rule, "horizon": horizon, "value": value, "limit": limit, "passed": bool(value <= limit)}


def _at_least(rule: str, horizon: int, value: float, limit: float) -> Rule:
    return {"rule": rule, "horizon": horizon, "value": value, "limit": limit, "passed": bool(value >= limit)}


def _between(rule: str, horizon: int, value: float, low: float, high: float) -> Rule:
    passed = bool(low <= value <= high)
    return {"rule": rule, "horizon": horizon, "value": value, "limit": [low, high], "passed": passed}
