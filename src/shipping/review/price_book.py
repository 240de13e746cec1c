"""The price book: what one of something costs, where that was read and when, and what is assumed of a month."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("price_book.toml")
PATH = "src/shipping/review/price_book.toml"  # as people find it


@dataclass(frozen=True)
class Price:
    """USD for one `unit`."""

    usd: float
    unit: str
    source: str
    verified: bool


@dataclass(frozen=True)
class Assumption:
    """A number that no plan tells, and why this one."""

    value: float
    why: str


@dataclass(frozen=True)
class PriceBook:
    """Prices of one region as they were read on a day."""

    read_on: date
    valid_days: int
    region: str
    prices: Mapping[str, Price]
    assumed: Mapping[str, Assumption]
    free: frozenset[str]

    def find(self, key: str) -> Price | None:
        """None where the book has no such price: that has to be told, never counted as 0."""
        return self.prices.get(key)

    def amount(self, key: str) -> float:
        return self.assumed[key].value

    def warnings(self, region: str, today: date) -> list[str]:
        """What makes the sum less sure than it looks."""
        found = []
        age = (today - self.read_on).days
        if age > self.valid_days:
            found.append(
                f"The prices were read {age} days ago, on {self.read_on}; after {self.valid_days} days they are not to "
                f"be relied on. Read AWS's pages again and renew {PATH}."
            )
        if region != self.region:
            found.append(f"The environment is in {region}; its prices are counted as {self.region}'s, which differ.")
        return found


@cache
def load(file: Path = FILE) -> PriceBook:
    written: dict[str, Any] = tomllib.loads(file.read_text())
    return PriceBook(
        read_on=written["read_on"],
        valid_days=written["valid_days"],
        region=written["region"],
        prices={key: Price(**entry) for key, entry in written["prices"].items()},
        assumed={key: Assumption(**entry) for key, entry in written["assumed"].items()},
        free=frozenset(written["free"]["types"]),
    )
