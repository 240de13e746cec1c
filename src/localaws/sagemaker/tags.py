"""SageMaker's own way of speaking of tags."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from localaws.gateway.caller import Caller
from localaws.gateway.checked import as_list, as_map
from localaws.gateway.tag_store import TagStore
from localaws.sagemaker.actions import Actions


class Tags:
    """Serves AddTags, ListTags and DeleteTags."""

    def __init__(self) -> None:
        self._store = TagStore()
        self.forget = self._store.forget

    def actions(self) -> Actions:
        """What is served here."""
        return {"AddTags": self.add, "ListTags": self.list, "DeleteTags": self.delete}

    def set(self, arn: str, tags: Iterable[dict[str, str]]) -> None:
        """The tags that a resource was made with, instead of those of an earlier one of its name."""
        self._store.forget(arn)
        self._store.add(arn, as_map(list(tags)))

    def add(self, asked: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """AddTags."""
        self._store.add(asked["ResourceArn"], as_map(asked["Tags"]))
        return self.list(asked, caller)

    def list(self, asked: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """ListTags."""
        return {"Tags": as_list(self._store.of(asked["ResourceArn"]))}

    def delete(self, asked: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """DeleteTags."""
        self._store.take(asked["ResourceArn"], asked["TagKeys"])
        return {}
