"""MetricDefinitions: numbers that a training script prints, found by regular expressions."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import Any

from localaws.container.failure import JobFailed


class Metrics:
    """The last match of each definition counts, as on AWS."""

    def __init__(self, definitions: Iterable[dict[str, str]]) -> None:
        self._patterns = [(definition["Name"], _compiled(definition)) for definition in definitions]
        self._found: dict[str, tuple[float, float]] = {}

    def see(self, line: str) -> None:
        """Look for every metric in a line."""
        for name, pattern in self._patterns:
            match = pattern.search(line)
            if match:
                try:
                    self._found[name] = (float(match[1]), time.time())
                except ValueError:
                    continue  # the group caught something that is no number: AWS skips it too

    def final(self) -> list[dict[str, Any]]:
        """FinalMetricDataList."""
        return [{"MetricName": name, "Value": value, "Timestamp": at} for name, (value, at) in self._found.items()]


def _compiled(definition: dict[str, str]) -> re.Pattern[str]:
    try:
        pattern = re.compile(definition["Regex"])
    except re.error as error:
        raise JobFailed(f"ClientError: The regex of metric {definition['Name']} is wrong: {error}.") from error
    if pattern.groups < 1:
        raise JobFailed(f"ClientError: The regex of metric {definition['Name']} needs a group that holds the number.")
    return pattern
