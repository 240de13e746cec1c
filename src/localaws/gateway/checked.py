"""What every service of ours does before it acts: know the action, ask the policies, hold the request against AWS's
own description."""

from __future__ import annotations

from typing import Any, Protocol

from localaws.gateway.actions import Actions, Body
from localaws.gateway.caller import Caller
from localaws.gateway.messages import Answer, Request, ServiceError
from localaws.gateway.rest import Routes
from localaws.gateway.shapes import Shapes

TAG_FIELDS = ("Tags", "ResourceTags", "tags")


class Part(Protocol):
    """What a service brings: its actions, and what policies are asked about."""

    def actions(self) -> Actions:
        """What is served."""

    def resource(self, action: str, asked: Body) -> str:
        """The ARN that an action is checked on, or `*` where AWS knows none."""

    def condition_keys(self, asked: Body) -> dict[str, Any]:
        """The service's own condition keys."""


class Checked:
    """One service for the gateway, of the JSON protocol or, with `rest`, of the REST one.

    `signing_name` starts the names of its permissions as well; `model` is botocore's name for it.
    """

    def __init__(self, signing_name: str, part: Part, model: str = "", rest: bool = False) -> None:
        self.name, self.part = signing_name, part
        self._actions = part.actions()
        self.shapes = Shapes(model or signing_name)
        self.shapes.read(self._actions)
        self.routes = Routes(model or signing_name) if rest else None

    def __call__(self, request: Request, caller: Caller) -> Answer:
        """Serve one request."""
        action, asked = self.routes.find(request) if self.routes else (request.action, {})
        if action not in self._actions:
            raise self._unknown(action or f"{request.method} {request.path}")
        asked = asked if self.routes else request.parameters()
        self._authorise(action, asked, caller)
        self.shapes.check(action, asked)
        return Answer(self._actions[action](asked, caller))

    def _authorise(self, action: str, asked: Body, caller: Caller) -> None:
        """Tagging while creating is an action of its own."""
        tags = request_tags(asked)
        keys: dict[str, Any] = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
        if tags:
            keys["aws:TagKeys"] = list(tags)
        keys |= self.part.condition_keys(asked)
        resource = self.part.resource(action, asked)
        caller.require(f"{self.name}:{action}", resource, keys)
        if tags and action != "TagResource" and "TagResource" in self.shapes.known_to_aws:
            caller.require(f"{self.name}:TagResource", resource, keys)

    def _unknown(self, name: str) -> ServiceError:
        if name in self.shapes.known_to_aws:
            return ServiceError("UnsupportedOperationException", f"The embedded {self.name} does not serve {name}.")
        return ServiceError("UnknownOperationException", f"{self.name} has no action {name}.")


def request_tags(asked: Body) -> dict[str, str]:
    """The tags of a request, whichever of AWS's ways of writing them it follows."""
    given: Any = next((asked[field] for field in TAG_FIELDS if asked.get(field)), {})
    return dict(given) if isinstance(given, dict) else as_map(given)


def as_map(listed: list[dict[str, str]]) -> dict[str, str]:
    """Tags written as a list of Key and Value; CodeBuild and CodePipeline write both small."""
    return {tag.get("Key") or tag["key"]: tag.get("Value") or tag.get("value", "") for tag in listed}


def as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """Tags as a list of Key and Value."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
