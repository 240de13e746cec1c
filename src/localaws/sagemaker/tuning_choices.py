"""The hyperparameters that a tuning job tries: drawn at random, or all combinations of a grid."""

from __future__ import annotations

import hashlib
import itertools
import math
import random
from collections.abc import Iterator
from typing import Any

from localaws.gateway.messages import ServiceError

KINDS = ("IntegerParameterRanges", "ContinuousParameterRanges", "CategoricalParameterRanges")
Choice = dict[str, str]


def choices(config: dict[str, Any], name: str) -> Iterator[Choice]:
    """One set of hyperparameters per training job, without end for Random."""
    if config["Strategy"] == "Grid":
        return _grid(config)
    seed = config.get("RandomSeed", int(hashlib.sha256(name.encode()).hexdigest()[:8], 16))
    return _random(config, random.Random(seed))  # noqa: S311  (no secret is made of it)


def check(config: dict[str, Any]) -> None:
    """Refuse ranges that nothing can be drawn from."""
    if not any(_ranges(config, kind) for kind in KINDS):
        raise ServiceError("ValidationException", "ParameterRanges names no range; there must be one to tune.")
    for kind in KINDS[:2]:
        for asked in _ranges(config, kind):
            _check_bounds(kind, asked)
    if config["Strategy"] == "Grid":
        _check_grid(config)


def _check_bounds(kind: str, asked: dict[str, Any]) -> None:
    parse = int if kind == KINDS[0] else float
    scaling = asked.get("ScalingType", "Auto")
    try:
        low, high = parse(asked["MinValue"]), parse(asked["MaxValue"])
    except ValueError as error:
        raise ServiceError("ValidationException", f"{asked['Name']}: {error}; bounds must be numbers.") from error
    fits = {"Logarithmic": low > 0, "ReverseLogarithmic": low >= 0 and high < 1}.get(scaling, True)
    if low >= high or not fits:
        told = f"{asked['Name']} goes from {low} to {high} with {scaling} scaling"
        rule = "MinValue must be below MaxValue, above 0 for Logarithmic, both within [0, 1) for ReverseLogarithmic"
        raise ServiceError("ValidationException", f"{told}; {rule}.")


def _check_grid(config: dict[str, Any]) -> None:
    if any(_ranges(config, kind) for kind in KINDS[:2]):
        raise ServiceError("ValidationException", "Grid search takes CategoricalParameterRanges only.")
    count, asked = len(list(_grid(config))), (config.get("ResourceLimits") or {}).get("MaxNumberOfTrainingJobs")
    if asked not in (None, count):
        told = (
            f"The grid has {count} combinations, MaxNumberOfTrainingJobs is {asked}; leave it out or make them equal."
        )
        raise ServiceError("ValidationException", told)


def _grid(config: dict[str, Any]) -> Iterator[Choice]:
    ranges = _ranges(config, "CategoricalParameterRanges")
    names = [asked["Name"] for asked in ranges]
    for values in itertools.product(*(asked["Values"] for asked in ranges)):
        yield dict(zip(names, values, strict=True))


def _random(config: dict[str, Any], chance: random.Random) -> Iterator[Choice]:
    while True:
        choice = {a["Name"]: str(_whole(a, chance)) for a in _ranges(config, KINDS[0])}
        choice |= {a["Name"]: repr(_between(a, chance)) for a in _ranges(config, KINDS[1])}
        choice |= {a["Name"]: chance.choice(a["Values"]) for a in _ranges(config, KINDS[2])}
        yield choice


def _whole(asked: dict[str, Any], chance: random.Random) -> int:
    if asked.get("ScalingType") == "Logarithmic":
        return round(_between(asked, chance))
    return chance.randint(int(asked["MinValue"]), int(asked["MaxValue"]))


def _between(asked: dict[str, Any], chance: random.Random) -> float:
    low, high = float(asked["MinValue"]), float(asked["MaxValue"])
    scaling = asked.get("ScalingType", "Auto")
    if scaling == "Logarithmic":
        drawn = math.exp(chance.uniform(math.log(low), math.log(high)))
    elif scaling == "ReverseLogarithmic":
        drawn = 1 - math.exp(chance.uniform(math.log(1 - high), math.log(1 - low)))
    else:
        drawn = chance.uniform(low, high)
    return min(high, max(low, drawn))


def _ranges(config: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return (config.get("ParameterRanges") or {}).get(kind) or []
