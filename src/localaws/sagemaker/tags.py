"""Tags, by the ARN of what carries them."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from localaws.gateway.caller import Caller
from localaws.sagemaker.actions import Actions


class Tags:
    """Serves AddTags, ListTags and DeleteTags."""

    def __init__(self) -> None:
        self._tags: dict[str, dict[str, str]] = {}
        self._lock = threading.Lock()

    def actions(self) -> Actions:
        """What is served here."""
        return {"AddTags": self.add, "ListTags": self.list, "DeleteTags": self.delete}

    def set(self, arn: str, tags: Iterable[dict[str, str]]) -> None:
        """The tags that a resource was made with."""
        with self._lock:
            self._tags[arn] = {tag["Key"]: tag["Value"] for tag in tags}

    def forget(self, arn: str) -> None:
        """The resource is gone."""
        with self._lock:
            self._tags.pop(arn, None)

    def add(self, asked: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """AddTags."""
        with self._lock:
            tags = self._tags.setdefault(asked["ResourceArn"], {})
            tags.update({tag["Key"]: tag["Value"] for tag in asked["Tags"]})
            return {"Tags": _listed(tags)}

    def list(self, asked: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """ListTags."""
        with self._lock:
            return {"Tags": _listed(self._tags.get(asked["ResourceArn"], {}))}

    def delete(self, asked: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """DeleteTags."""
        with self._lock:
            for key in asked["TagKeys"]:
                self._tags.get(asked["ResourceArn"], {}).pop(key, None)
        return {}


def _listed(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
