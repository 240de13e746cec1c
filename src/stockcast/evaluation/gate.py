"""May this model serve? Code answers, so that nobody has to be persuaded."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from stockcast.evaluation.champion import Contest, champion_rules
from stockcast.evaluation.leak_rules import Leakage, leak_rules
from stockcast.evaluation.model_rules import model_rules
from stockcast.evaluation.performance import Performance
from stockcast.evaluation.rules import Rule, broken
from stockcast.evaluation.seed_rules import seed_rules
from stockcast.evaluation.serving_rules import MOST_P99_MS, Serving, serving_rules

GATES = {
    "G0": "nothing of the future came in",
    "G1": "the median does not lose to persistence",
    "G2": "direction is not too good to be true",
    "G3": "volatility is told better than by EWMA and HAR, and no champion goes without a reason",
    "G4": "intervals hold what they promise",
    "G5": "no seed stands on luck",
    "G6": "what was judged is what answers",
}


@dataclass(frozen=True)
class Evidence:
    """All that is known of a candidate. `champion` is None where no model serves yet."""

    leakage: Leakage
    average: Performance
    seeds: Mapping[str, Performance]
    serving: Serving
    champion: Contest | None = None
    tries: int = 1  # candidates that were judged on these test days for one place
    most_p99_ms: float = MOST_P99_MS


@dataclass(frozen=True)
class Verdict:
    """promote is true only if every rule passed."""

    rules: tuple[Rule, ...]

    @property
    def promote(self) -> bool:
        return bool(self.rules) and not self.broken

    @property
    def broken(self) -> list[Rule]:
        return broken(self.rules)

    def told(self) -> dict[str, Any]:
        """For evaluation.json: `verdict`, and the same rules by gate."""
        rules = [asdict(rule) for rule in self.rules]
        by_gate = {gate: [rule for rule in rules if rule["gate"] == gate] for gate in GATES}
        return {
            "verdict": {"promote": self.promote, "rules": rules},
            "gates": {
                gate: {
                    "asks": GATES[gate],
                    "passed": bool(asked) and all(rule["passed"] for rule in asked),
                    "rules": asked,
                }
                for gate, asked in by_gate.items()
            },
        }


def judge(evidence: Evidence) -> Verdict:
    """Ask every rule. A figure that is NaN never passes."""
    if not evidence.average.horizons:
        raise ValueError("no horizon was evaluated; a verdict needs at least one. Pass the figures of every horizon.")
    rules = [
        *leak_rules(evidence.leakage),
        *model_rules(evidence.average),
        *champion_rules(evidence.champion, evidence.tries),
        *seed_rules(evidence.average, evidence.seeds),
        *serving_rules(evidence.serving, evidence.most_p99_ms),
    ]
    return Verdict(tuple(sorted(rules, key=lambda rule: rule.gate)))
