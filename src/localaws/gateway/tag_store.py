"""Tags by the ARN of what carries them, for several threads."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping


class TagStore:
    """The tags of one service's resources."""

    def __init__(self) -> None:
        self._tags: dict[str, dict[str, str]] = {}
        self._lock = threading.Lock()

    def add(self, arn: str, tags: Mapping[str, str]) -> None:
        """Add tags, or write over those of the same key."""
        with self._lock:
            self._tags.setdefault(arn, {}).update(tags)

    def of(self, arn: str) -> dict[str, str]:
        """A copy of a resource's tags."""
        with self._lock:
            return dict(self._tags.get(arn, {}))

    def take(self, arn: str, keys: Iterable[str]) -> None:
        """Take the tags of these keys away."""
        with self._lock:
            for key in keys:
                self._tags.get(arn, {}).pop(key, None)

    def forget(self, arn: str) -> None:
        """The resource is gone."""
        with self._lock:
            self._tags.pop(arn, None)
