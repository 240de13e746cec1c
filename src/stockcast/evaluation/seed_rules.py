"""Gate G5: does the model stand on luck? Each seed alone has to pass what their average passes."""

import math
from collections.abc import Iterator, Mapping

from stockcast.evaluation.model_rules import model_rules
from stockcast.evaluation.performance import Performance
from stockcast.evaluation.rules import Rule, at_least, at_most, broken

LEAST_SEEDS = 3


def seed_rules(average: Performance, seeds: Mapping[str, Performance]) -> Iterator[Rule]:
    """`seeds` holds each member's own figures by its seed."""
    yield at_least("G5", "enough_seeds", len(seeds), LEAST_SEEDS)
    for seed, alone in sorted(seeds.items()):
        failed = broken(model_rules(alone))
        note = "; ".join(str(rule) for rule in failed) or "none"
        yield at_most("G5", f"rules_that_seed_{seed}_alone_breaks", len(failed), 0, note=note)
    for horizon, figures in sorted(average.horizons.items()):
        ratios = [alone.horizons[horizon]["qlike_ratio"] for alone in seeds.values()]
        spread = max(ratios) - min(ratios) if ratios and all(map(math.isfinite, ratios)) else math.nan
        gain = 1 - figures["qlike_ratio"]
        yield at_least("G5", "gain_over_ewma_beside_spread_of_seeds", gain, spread, horizon)
