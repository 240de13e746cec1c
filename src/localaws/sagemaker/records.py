"""The records of one kind, by name, for several threads."""

from __future__ import annotations

import copy
import threading
import time
from typing import Any

from localaws.gateway.messages import ServiceError
from localaws.sagemaker.kinds import Kind
from localaws.sagemaker.place import Place
from localaws.sagemaker.tags import Tags

Record = dict[str, Any]
NOT_KEPT = ("Tags", "ClientToken", "ClientRequestToken")


class Records:
    """What Create sent, plus ARN, status, times and what the service adds."""

    def __init__(self, kind: Kind, place: Place, tags: Tags) -> None:
        self.kind, self.place, self.tags = kind, place, tags
        self._records: dict[str, Record] = {}
        self._lock = threading.RLock()

    def arn(self, name: str) -> str:
        """The ARN that a name has or would have."""
        return self.place.arn(self.kind.arn_prefix, name)

    def refuse_taken(self, name: str) -> None:
        """AWS's error for a name that is in use."""
        with self._lock:
            if name in self._records:
                raise ServiceError(self.kind.taken_code, self.kind.taken.format(arn=self.arn(name), name=name))

    def add(self, asked: Record, **more: Any) -> str:
        """Keep a new record; its ARN."""
        name, now = asked[self.kind.name_key], time.time()
        arn = self.arn(name)
        record = {key: copy.deepcopy(value) for key, value in asked.items() if key not in NOT_KEPT}
        record |= {self.kind.arn_key: arn, "CreationTime": now, "LastModifiedTime": now, **more}
        with self._lock:
            self.refuse_taken(name)
            self._records[name] = record
        self.tags.set(arn, asked.get("Tags") or [])
        return arn

    def get(self, name: str) -> Record:
        """A copy of a record, or AWS's error for a name that is not there."""
        with self._lock:
            if name not in self._records:
                message = self.kind.missing.format(arn=self.arn(name), name=name)
                raise ServiceError("ValidationException", message)
            return copy.deepcopy({key: value for key, value in self._records[name].items() if value is not None})

    def change(self, name: str, **changes: Any) -> None:
        """Write into a record, if it is still there; None removes a key."""
        with self._lock:
            if name in self._records:
                self._records[name].update(changes, LastModifiedTime=time.time())

    def remove(self, name: str) -> None:
        """Forget a record."""
        with self._lock:
            self.get(name)
            del self._records[name]
        self.tags.forget(self.arn(name))

    def all(self) -> list[Record]:
        """Copies of all records."""
        with self._lock:
            return [self.get(name) for name in self._records]
