"""The model card: what a model is, what it was made from, how good it is, what the gate said, what it is not for."""

from collections.abc import Mapping
from typing import Any

from stockcast.tracking import honest
from stockcast.tracking.outcome import Outcome

INTENT = (
    "One LSTM for all symbols that tells, for 1, 5 and 21 trading days ahead, the distribution of the return: a "
    "median, a volatility, and intervals calibrated on each symbol's own past misses. Made for ranges and risk. It is "
    "no advice to buy or sell, and its median is no better a price forecast than the last close."
)
LIMITS = (
    "Judged on liquid large stocks and indices with daily bars, on the test days above and on no others.",
    "Intervals hold their share over years, not in every quarter: see the worst quarter below and calibration.png.",
    "A symbol with fewer than 100 known forecasts of its own gets the interval factors of all symbols together.",
    "Days with a jump that no past day hints at, such as earnings, are inside the interval only by its share.",
)


def model_card(outcome: Outcome) -> str:
    """Markdown."""
    evaluation = outcome.evaluation
    parts = [
        f"# {outcome.training_job}",
        _verdict(outcome),
        f"## What it is\n\n{INTENT}",
        f"## What it was made from\n\n{_origin(outcome)}",
        f"## How good it is\n\n{_figures(outcome)}\n\n**On direction.** {honest.ON_DIRECTION}",
        f"## What the gate asked\n\n{_gates(evaluation['gates'])}",
        "## What it is not for\n\n" + "\n".join(f"- {limit}" for limit in LIMITS),
    ]
    return "\n\n".join(parts) + "\n"


def summary(outcome: Outcome) -> str:
    """The card's head, which MLflow shows above a run."""
    return f"{_verdict(outcome)}\n\n{honest.markdown(outcome.evaluation['models'])}\n\n{honest.ON_DIRECTION}"


def _verdict(outcome: Outcome) -> str:
    rules = outcome.evaluation["verdict"]["rules"]
    if outcome.is_promoted:
        return f"**Passed the gate**: all {len(rules)} rules."
    broken = [f"{rule['gate']} {_rule(rule)}" for rule in rules if rule["passed"] is not True]
    return "**Refused by the gate:** " + ("; ".join(broken) or "the verdict names no rule") + "."


def _origin(outcome: Outcome) -> str:
    recipe, metrics, test = outcome.recipe, outcome.metrics, outcome.evaluation["test"]
    facts = {
        "training job": outcome.training_job,
        "symbols": ", ".join(recipe["symbols"]),
        "last day that training saw": recipe["trained_until"],
        "test days": f"{test['from']} to {test['to']}, {test['dates']} dates, {', '.join(test['symbols'])}",
        "data (SHA-256 of the silver bars)": f"`{recipe['data_sha256']}`",
        "inputs": f"{', '.join(recipe['feature_names'])}; no news, for no ablation on real ones was run",
        "feature version": f"`{recipe['feature_version']}`",
        "commit": f"`{outcome.commit}`",
        "networks averaged": f"{len(recipe['seeds'])}, seeds {', '.join(map(str, recipe['seeds']))}",
        "parameters": metrics.get("parameters"),
        "validation loss": metrics.get("val_loss"),
        "hyperparameters": ", ".join(f"{k} {v}" for k, v in sorted(metrics.get("hyperparameters", {}).items())),
    }
    return "\n".join(f"- {name}: {fact}" for name, fact in facts.items() if fact not in (None, ""))


def _figures(outcome: Outcome) -> str:
    """All models on the same test days, and how bad our worst quarter was."""
    evaluation = outcome.evaluation
    worst = [
        f"{figures['coverage_80_worst_quarter']:.0%} at {h} days"
        for h, figures in evaluation["horizons"].items()
        if figures.get("coverage_80_worst_quarter") is not None
    ]
    told = f"\n\nIn its worst quarter the 80 % interval held {', '.join(worst)}." if worst else ""
    return (
        "MAE of the return beside persistence, QLIKE of the volatility beside EWMA: below 1 is better. t below -2: "
        f"unlikely to be chance.\n\n{honest.markdown(evaluation['models'])}{told}"
    )


def _gates(gates: Mapping[str, Mapping[str, Any]]) -> str:
    blocks = [
        f"### {name}: {gate['asks']}\n\n"
        + ("\n".join(f"- {_outcome(rule)}: {_rule(rule)}" for rule in gate["rules"]) or "- nothing was asked")
        for name, gate in gates.items()
    ]
    return "\n\n".join(blocks)


def _outcome(rule: Mapping[str, Any]) -> str:
    return "passed" if rule["passed"] is True else "**failed**"


def _rule(rule: Mapping[str, Any]) -> str:
    where = "" if rule["horizon"] is None else f" at {rule['horizon']} day{'s' if rule['horizon'] > 1 else ''}"
    note = f" ({rule['note']})" if rule.get("note") else ""
    return f"{rule['rule'].replace('_', ' ')}{where}: {_told(rule['value'])}, limit {_told(rule['limit'])}{note}"


def _told(value: Any) -> str:
    if value is None:
        return "could not be told"
    if isinstance(value, list | tuple):
        return " to ".join(_told(part) for part in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)
