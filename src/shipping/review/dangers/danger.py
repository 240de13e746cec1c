"""One danger of a plan."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """In the order of reading; each with the words that count it, such as `2 IAM widenings`."""

    DESTROYED = "destroyed"
    REPLACED = "replacement"
    WIDENED = "IAM widening"
    EXPOSED = "public exposure"
    UNENCRYPTED = "encryption weakened"
    DATA = "data at risk"

    def counted(self, number: int) -> str:
        plural = (
            self.value if number == 1 or self in (Kind.DESTROYED, Kind.UNENCRYPTED, Kind.DATA) else f"{self.value}s"
        )
        return f"{number} {plural}"


@dataclass(frozen=True)
class Danger:
    """Where, what the plan does there, and what that means for somebody."""

    kind: Kind
    address: str
    what: str
    meaning: str
    is_grave: bool = False  # nobody can make again what goes

    def __str__(self) -> str:
        return f"{self.address}: {self.what}; {self.meaning}"
