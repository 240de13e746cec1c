"""Which action a REST request means: AWS's own description says which method and path belong to which."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from botocore.loaders import Loader

from localaws.gateway.messages import Request

PLACEHOLDER = re.compile(r"\{(\w+)\+?\}")


class Routes:
    """The paths of one service. They are matched as sent: an ARN in a path has its slashes written as %2F."""

    def __init__(self, service: str) -> None:
        whole = Loader().load_service_model(service, "service-2")
        self._shapes = whole["shapes"]
        self._routes: list[tuple[str, re.Pattern[str], str, dict[str, Any]]] = []
        for action, operation in whole["operations"].items():
            members = self._shapes[operation["input"]["shape"]]["members"] if "input" in operation else {}
            path = operation["http"]["requestUri"].split("?")[0].rstrip("/") or "/"
            pattern = re.compile(PLACEHOLDER.sub(r"(?P<\1>[^/]+)", path) + "/?")
            self._routes.append((operation["http"]["method"], pattern, action, members))

    def find(self, request: Request) -> tuple[str, dict[str, Any]]:
        """The action and its parameters from path, query and body; an empty action where no path fits."""
        sent = urlsplit(request.target or request.path)
        for method, pattern, action, members in self._routes:
            found = pattern.fullmatch(sent.path) if method == request.method else None
            if found:
                in_path = {name: unquote(value) for name, value in found.groupdict().items()}
                return action, request.parameters() | self._named(members, in_path, parse_qs(sent.query))
        return "", {}

    def _named(self, members: dict[str, Any], path: dict[str, str], query: dict[str, list[str]]) -> dict[str, Any]:
        """What path and query hold, under the names of the description and of its types."""
        given: dict[str, Any] = {}
        for name, member in members.items():
            sent_as, shape = member.get("locationName", name), self._shapes[member["shape"]]
            if member.get("location") == "uri":
                given[name] = path[sent_as]
            elif member.get("location") == "querystring" and sent_as in query:
                values = query[sent_as]
                given[name] = values if shape["type"] == "list" else _typed(shape["type"], values[-1])
        return given


def _typed(kind: str, value: str) -> Any:
    return int(value) if kind in ("integer", "long") and value.lstrip("-").isdigit() else value
