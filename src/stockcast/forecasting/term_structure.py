"""Forecasts for every day between the horizons: 1, 2, 3, ... 21 trading days ahead from those for 1, 5 and 21."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from stockcast.contracts.records import HORIZONS, DayAhead

TRADING_DAYS = 252  # in a year
QUANTILES = ("q025", "q10", "q90", "q975")


class _Node(TypedDict):
    """One horizon's forecast in log returns."""

    median: float
    variance: float  # of the whole return, not of a day
    factors: dict[str, float]  # distance of each quantile from the median, in standard deviations


def fan(forecasts: Sequence[Mapping[str, Any]]) -> list[DayAhead]:
    """Every day from 1 to the longest horizon."""
    return [term_structure(forecasts, day) for day in range(1, max(HORIZONS) + 1)]


def term_structure(forecasts: Sequence[Mapping[str, Any]], days_ahead: int) -> DayAhead:
    """The forecast for one day from one symbol's records of all horizons, as one model made them on one day.

    Between two horizons the variance of the whole return grows linearly with the days, so its width with their square
    root; the median and the quantiles' distances in standard deviations lie on the straight line. At a horizon it
    answers that record itself.
    """
    nodes = _nodes(forecasts)
    if isinstance(days_ahead, bool) or not isinstance(days_ahead, int) or not 1 <= days_ahead <= max(HORIZONS):
        raise ValueError(
            f"days_ahead is {days_ahead!r}; it must be a whole number of trading days from 1 to {max(HORIZONS)}. "
            "No model here is judged further ahead."
        )
    later = next(h for h in HORIZONS if h >= days_ahead)
    earlier = max((h for h in HORIZONS if h < days_ahead), default=later)
    share = 1.0 if earlier == later else (days_ahead - earlier) / (later - earlier)
    return _day(days_ahead, _between(nodes[earlier], nodes[later], share), forecasts[0]["last_close"])


def _nodes(forecasts: Sequence[Mapping[str, Any]]) -> dict[int, _Node]:
    """By horizon; refuses records that do not belong together."""
    made = {(one["symbol"], one["as_of"], one["model_type"], one["model_version"]) for one in forecasts}
    if len(made) > 1 or sorted(one["horizon"] for one in forecasts) != list(HORIZONS):
        told = sorted((one["symbol"], one["as_of"], one["model_type"], one["horizon"]) for one in forecasts)
        raise ValueError(
            f"records are {told}; they must be one per horizon of {HORIZONS}, of one symbol, day and model. "
            "Read all horizons of one day."
        )
    return {one["horizon"]: _node(one) for one in forecasts}


def _node(forecast: Mapping[str, Any]) -> _Node:
    variance = forecast["volatility"] ** 2 / TRADING_DAYS * forecast["horizon"]
    factors = {name: math.log(forecast[name] / forecast["median"]) / math.sqrt(variance) for name in QUANTILES}
    return {
        "median": math.log(forecast["median"] / forecast["last_close"]), "variance": variance, "factors": factors,
    }  # fmt: skip


def _between(earlier: _Node, later: _Node, share: float) -> _Node:
    """`share` 0 is the earlier node, 1 the later."""

    def mixed(one: float, other: float) -> float:
        return one + share * (other - one)

    return {
        "median": mixed(earlier["median"], later["median"]),
        "variance": mixed(earlier["variance"], later["variance"]),
        "factors": {name: mixed(earlier["factors"][name], later["factors"][name]) for name in later["factors"]},
    }


def _day(days_ahead: int, node: _Node, last_close: float) -> DayAhead:
    sd = math.sqrt(node["variance"])

    def price(factor: float) -> float:
        return last_close * math.exp(node["median"] + factor * sd)

    factors = node["factors"]
    return {
        "days_ahead": days_ahead, "median": price(0), "q025": price(factors["q025"]), "q10": price(factors["q10"]),
        "q50": price(0), "q90": price(factors["q90"]), "q975": price(factors["q975"]),
        "volatility": math.sqrt(TRADING_DAYS * node["variance"] / days_ahead),
    }  # fmt: skip
