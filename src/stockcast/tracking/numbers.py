"""An outcome as MLflow takes it: flat parameters, metrics and tags, in names that it accepts."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from stockcast.contracts.keys import slug
from stockcast.tracking.outcome import OURS, Outcome

LONGEST_PARAMETER = 6000  # letters that MLflow keeps of one
PER_SYMBOL = "by_symbol"


def parameters(outcome: Outcome) -> dict[str, str]:
    """What the training was given. It never changes for one job, as MLflow wants it of a parameter."""
    recipe, metrics = outcome.recipe, outcome.metrics
    told = {
        **metrics.get("hyperparameters", {}),
        "data_sha256": recipe["data_sha256"],
        "feature_version": recipe["feature_version"],
        "features": ",".join(recipe["feature_names"]),
        "horizons": ",".join(map(str, recipe["horizons"])),
        "lookback": recipe["lookback"],
        "parameters": metrics.get("parameters"),
        "seeds": ",".join(map(str, recipe["seeds"])),
        "symbols": ",".join(recipe["symbols"]),
        "trained_until": recipe["trained_until"],
    }
    return {name: str(value)[:LONGEST_PARAMETER] for name, value in sorted(told.items()) if value is not None}


def metrics(outcome: Outcome) -> dict[str, float]:
    """Figures by horizon (`h1/qlike`), symbol (`symbol/AAPL/h1/...`), other model (`model/har/h1/...`), and gate."""
    evaluation = outcome.evaluation
    found = dict(_horizons("", evaluation["horizons"]))
    for name, horizons in evaluation.get("models", {}).items():
        if name != OURS:
            found |= _horizons(f"model/{name}/", horizons)
    for symbol, horizons in evaluation.get(PER_SYMBOL, {}).items():
        found |= _horizons(f"symbol/{slug(symbol)}/", horizons)
    found |= {f"gate/{name}": float(gate["passed"]) for name, gate in evaluation.get("gates", {}).items()}
    found |= {f"training/{name}": value for name, value in _flat(outcome.metrics) if not name.startswith("hyper")}
    return {name: value for name, value in found.items() if math.isfinite(value)}


def tags(outcome: Outcome) -> dict[str, str]:
    """What a run is looked for by."""
    evaluation = outcome.evaluation
    return {
        "commit": outcome.commit,
        "data_sha256": outcome.recipe["data_sha256"],
        "feature_version": outcome.recipe["feature_version"],
        "gate": "passed" if outcome.is_promoted else "refused",
        "test_from": evaluation["test"]["from"],
        "test_to": evaluation["test"]["to"],
        "training_job": outcome.training_job,
    }


def _horizons(before: str, horizons: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, float]]:
    for horizon, figures in horizons.items():
        yield from ((f"{before}h{horizon}/{name}", value) for name, value in _flat(figures))


def _flat(tree: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Every number in it, by its path."""
    for key, value in tree.items():
        name = re.sub(r"[^\w.:/ -]", "-", str(key))
        if isinstance(value, Mapping):
            yield from ((f"{name}/{inner}", number) for inner, number in _flat(value))
        elif isinstance(value, int | float):  # True and False count as 1 and 0
            yield name, float(value)
