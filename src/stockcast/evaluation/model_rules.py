"""Gates G1 to G4: what is asked of every model that would serve, and of each of its seeds alone."""

import math
from collections.abc import Iterator, Mapping

from stockcast.evaluation.performance import Performance
from stockcast.evaluation.report import Figures
from stockcast.evaluation.rules import Rule, at_least, at_most, between

LEAST_DATES = 250  # a year: fewer test days show one mood of the market only
MOST_MAE_RATIO = 1.01  # beside "nothing changes": no model beats it by much, a good one does not lose to it
LEAST_P_WORSE = 0.05
MOST_DIRECTION = 0.57  # next-day direction is known to about 51 to 55 %: more means that the future leaked in
MOST_QLIKE_RATIO = 0.98  # beside EWMA: volatility is where skill is real, so it must show
MOST_T = 1.65  # one-sided 5 %: not significantly worse
HAR = "har"  # pooled, fitted once on the training part
COVERAGE = {1: (0.78, 0.82), 5: (0.78, 0.82), 21: (0.77, 0.83)}  # of the 80 % interval, all symbols together
SYMBOL_SLACK = {1: 0.03, 5: 0.03, 21: 0.05}
ENOUGH_FOR_SYMBOL = 1000  # dates; below, chance alone moves one symbol's coverage further than the slack
COVERAGE_95 = (0.935, 0.965)
MOST_WINKLER_RATIO = 1.0  # beside a rolling bell curve


def model_rules(performance: Performance) -> list[Rule]:
    """Every rule of G1 to G4 that needs no other model than those the figures were made beside."""
    rules = []
    for horizon, figures in sorted(performance.horizons.items()):
        rules += [*_point(horizon, figures), *_direction(horizon, figures), *_volatility(horizon, figures)]
        rules += _calibration(
            horizon, figures, {symbol: told[horizon] for symbol, told in performance.symbols.items() if horizon in told}
        )
    return rules


def _point(h: int, figures: Figures) -> Iterator[Rule]:
    yield at_least("G1", "enough_dates", figures["dates"], LEAST_DATES, h)
    yield at_least("G1", "every_day_is_forecast", figures["told_share"], 1.0, h)
    yield at_most("G1", "point_error_beside_persistence", figures["mae_ratio"], MOST_MAE_RATIO, h)
    yield at_least("G1", "point_error_not_significantly_worse", figures["mae_p_worse"], LEAST_P_WORSE, h)


def _direction(h: int, figures: Figures) -> Iterator[Rule]:
    """Never a reason to promote; at one day a reason to look for a leak."""
    if h == 1:
        note = f"always up: {figures['always_up']:.4g}"
        yield at_most("G2", "direction_too_good_to_be_true", figures["direction"], MOST_DIRECTION, h, note)


def _volatility(h: int, figures: Figures) -> Iterator[Rule]:
    yield at_most("G3", "volatility_loss_beside_ewma", figures["qlike_ratio"], MOST_QLIKE_RATIO, h)
    t = figures.get(f"qlike_dm_t_{HAR}", math.nan)
    yield at_most("G3", "volatility_not_significantly_worse_than_har", t, MOST_T, h)


def _calibration(h: int, figures: Figures, symbols: Mapping[str, Figures]) -> Iterator[Rule]:
    yield between("G4", "coverage_of_80_percent_interval", figures["coverage_80"], COVERAGE.get(h, COVERAGE[21]), h)
    yield _worst_symbol(h, symbols)
    yield between("G4", "coverage_of_95_percent_interval", figures["coverage_95"], COVERAGE_95, h)
    yield at_most("G4", "interval_score_beside_bell_curve", figures["winkler_80_ratio"], MOST_WINKLER_RATIO, h)
    yield at_most("G4", "interval_score_not_significantly_worse", figures["winkler_80_dm_t"], MOST_T, h)


def _worst_symbol(h: int, symbols: Mapping[str, Figures]) -> Rule:
    """The symbol whose coverage is furthest off, measured in what it is allowed."""
    rule = "coverage_of_each_symbol"
    if not symbols:
        return between("G4", rule, math.nan, (0.8, 0.8), h, "no symbol has a known outcome")

    def excess(symbol: str) -> float:
        off = abs(symbols[symbol]["coverage_80"] - 0.8) / slack(h, symbols[symbol]["dates"])
        return math.inf if math.isnan(off) else off

    worst = max(sorted(symbols), key=excess)
    room = slack(h, symbols[worst]["dates"])
    note = f"{worst}, the furthest off of {len(symbols)}, on {symbols[worst]['dates']:.0f} dates"
    return between("G4", rule, symbols[worst]["coverage_80"], (round(0.8 - room, 6), round(0.8 + room, 6)), h, note)


def slack(h: int, dates: float) -> float:
    """How far one symbol's coverage may lie off 80 %.

    Overlapping horizons leave dates / h independent outcomes, so two standard errors are 2 sqrt(.16 h / dates). With
    few dates that is more than the slack, and the wider of both holds.
    """
    least = SYMBOL_SLACK.get(h, SYMBOL_SLACK[21])
    return least if dates >= ENOUGH_FOR_SYMBOL else max(least, 2 * math.sqrt(0.16 * h / dates))
