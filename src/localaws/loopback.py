"""Ask a server on this machine, whatever proxy the shell is set up for: a proxy would look on its own machine."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from typing import Any

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def json_value(url: str, timeout_seconds: float = 5) -> Any:
    """What JSON at `url` says; None where nobody answers, or somebody with something else."""
    try:
        with OPENER.open(url, timeout=timeout_seconds) as answer:
            return json.load(answer)
    except (OSError, ValueError, http.client.HTTPException):  # the last: it does not even speak HTTP
        return None


def json_object(url: str, timeout_seconds: float = 5) -> dict[str, Any] | None:
    """The JSON object at `url`; None where nobody answers, or somebody with something else."""
    found = json_value(url, timeout_seconds)
    return found if isinstance(found, dict) else None


def post(url: str, told: object = None, timeout_seconds: float = 30) -> None:
    """Send something to a page of ours; its refusal in its own words."""
    body = b"" if told is None else json.dumps(told).encode()
    request = urllib.request.Request(url, body, {"content-type": "application/json"})  # noqa: S310  on this machine
    try:
        OPENER.open(request, timeout=timeout_seconds).close()
    except urllib.error.HTTPError as problem:
        raise ValueError(f"{url} answers {problem.code}: {problem.read().decode(errors='replace')[:500]}") from problem
