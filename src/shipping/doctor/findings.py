"""What a check has to say: where, what it saw, which rule that breaks, and the way out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding weighs; in the order in which people should read them."""

    ERROR = "error"  # AWS will refuse it, or it will not work
    WARNING = "warning"  # it works, and somebody will regret it
    UNCHECKED = "could not be checked"  # known only after the apply, or the question was not answered


@dataclass(frozen=True)
class Finding:
    """One fact that breaks one rule. `address` is Terraform's name of the place, or the service that was asked."""

    rule: str
    address: str
    value: str
    remedy: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        return f"{self.severity}: {self.address} is {self.value}; {self.rule}. {self.remedy}"
