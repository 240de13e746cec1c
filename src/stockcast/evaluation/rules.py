"""One question to a model: a number, a limit, and whether it keeps it. Bounds are inclusive, NaN never passes."""

from collections.abc import Sequence
from dataclasses import dataclass

Limit = float | tuple[float, float]


@dataclass(frozen=True)
class Rule:
    """`limit` is a bound or (lowest, highest); `horizon` is None where the question is about all of them."""

    gate: str  # G0 to G6
    rule: str
    horizon: int | None
    value: float
    limit: Limit
    passed: bool
    note: str = ""  # whom or what the value is about, such as the worst symbol

    def __str__(self) -> str:
        where = "" if self.horizon is None else f" at {self.horizon} day{'s' if self.horizon > 1 else ''}"
        bound = f"{self.limit:g}" if isinstance(self.limit, float | int) else "{:g} to {:g}".format(*self.limit)
        return f"{self.gate} {self.rule}{where}: {self.value:.4g}, limit {bound}" + f" ({self.note})" * bool(self.note)


def at_most(gate: str, rule: str, value: float, limit: float, horizon: int | None = None, note: str = "") -> Rule:
    return Rule(gate, rule, horizon, value, limit, bool(value <= limit), note)


def at_least(gate: str, rule: str, value: float, limit: float, horizon: int | None = None, note: str = "") -> Rule:
    return Rule(gate, rule, horizon, value, limit, bool(value >= limit), note)


def between(
    gate: str, rule: str, value: float, limit: tuple[float, float], horizon: int | None = None, note: str = ""
) -> Rule:
    return Rule(gate, rule, horizon, value, limit, bool(limit[0] <= value <= limit[1]), note)


def broken(rules: Sequence[Rule]) -> list[Rule]:
    return [rule for rule in rules if not rule.passed]
