"""Connections. One made by the API stays PENDING until a person has clicked in the console.

The service signs with two names, a new one and an old one. Both see the same connections; a connection's ARN keeps the
name that it was made under.
"""

from __future__ import annotations

import copy
import threading
import uuid
from dataclasses import dataclass, field
from typing import Any

from localaws.gateway.actions import Actions, Body
from localaws.gateway.caller import Caller
from localaws.gateway.checked import as_list, as_map
from localaws.gateway.messages import ServiceError
from localaws.gateway.tag_actions import tag_actions
from localaws.gateway.tag_store import TagStore

SIGNING_NAMES = ("codeconnections", "codestar-connections")


@dataclass
class Connected:
    """The connections of the account, whichever name they were made under."""

    account_id: str
    region: str
    connections: dict[str, Body] = field(default_factory=dict)
    tags: TagStore = field(default_factory=TagStore)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, arn: str) -> Body:
        """A connection, or AWS's error for one that is not there."""
        if arn not in self.connections:
            raise ServiceError("ResourceNotFoundException", f"Connection not found: {arn}")
        return self.connections[arn]

    def finish_handshake(self, arn: str) -> Body:
        """What `Update pending connection` does in AWS's console; no API can do it."""
        with self.lock:
            connection = self.get(arn)
            connection["ConnectionStatus"] = "AVAILABLE"
            return copy.deepcopy(connection)

    def inventory(self) -> dict[str, list[str]]:
        """What stands, by kind."""
        return {"connections": list(self.connections)}


class Connections:
    """Serves the actions under one of the two names."""

    def __init__(self, signing_name: str, connected: Connected) -> None:
        self.signing_name, self.connected = signing_name, connected

    def actions(self) -> Actions:
        """What is served here."""
        return {
            "CreateConnection": self.create,
            "GetConnection": self.get,
            "ListConnections": self.list,
            "DeleteConnection": self.delete,
            **tag_actions(self.connected.tags, self._known, "Tags", "TagKeys", as_list),
        }

    def resource(self, action: str, asked: Body) -> str:
        """A connection that exists has an ARN."""
        return str(asked.get("ConnectionArn") or asked.get("ResourceArn") or "*")

    def condition_keys(self, asked: Body) -> dict[str, Any]:
        """The provider, while a connection is made or listed."""
        provider = asked.get("ProviderType") or asked.get("ProviderTypeFilter")
        return {f"{self.signing_name}:ProviderType": provider} if provider else {}

    def create(self, asked: Body, caller: Caller) -> Body:
        """CreateConnection. Two connections may have one name."""
        if bool(asked.get("ProviderType")) == bool(asked.get("HostArn")):
            raise ServiceError("InvalidInputException", "Specify either ProviderType or HostArn, and not both.")
        if asked.get("HostArn"):
            raise ServiceError("UnsupportedOperationException", "The embedded AWS has no hosts; give a ProviderType.")
        here, tags = self.connected, asked.get("Tags") or []
        arn = f"arn:aws:{self.signing_name}:{here.region}:{here.account_id}:connection/{uuid.uuid4()}"
        with here.lock:
            here.connections[arn] = {
                "ConnectionName": asked["ConnectionName"],
                "ConnectionArn": arn,
                "ProviderType": asked["ProviderType"],
                "OwnerAccountId": here.account_id,
                "ConnectionStatus": "PENDING",
            }
        here.tags.add(arn, as_map(tags))
        return {"ConnectionArn": arn, "Tags": tags}

    def get(self, asked: Body, caller: Caller) -> Body:
        """GetConnection."""
        with self.connected.lock:
            return {"Connection": copy.deepcopy(self.connected.get(asked["ConnectionArn"]))}

    def list(self, asked: Body, caller: Caller) -> Body:
        """ListConnections, of one provider where it is named."""
        wanted = asked.get("ProviderTypeFilter")
        with self.connected.lock:
            found = [copy.deepcopy(c) for c in self.connected.connections.values()]
        return {"Connections": [c for c in found if wanted in (None, c["ProviderType"])]}

    def delete(self, asked: Body, caller: Caller) -> Body:
        """DeleteConnection."""
        arn = asked["ConnectionArn"]
        with self.connected.lock:
            self.connected.get(arn)
            del self.connected.connections[arn]
        self.connected.tags.forget(arn)
        return {}

    def _known(self, asked: Body) -> str:
        with self.connected.lock:
            return str(self.connected.get(asked["ResourceArn"])["ConnectionArn"])
