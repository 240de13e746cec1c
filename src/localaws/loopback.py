"""Ask a server on this machine, whatever proxy the shell is set up for: a proxy would look on its own machine."""

from __future__ import annotations

import http.client
import json
import urllib.request
from typing import Any

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def json_object(url: str, timeout_seconds: float = 5) -> dict[str, Any] | None:
    """The JSON object at `url`; None where nobody answers, or somebody with something else."""
    try:
        with OPENER.open(url, timeout=timeout_seconds) as answer:
            found = json.load(answer)
    except (OSError, ValueError, http.client.HTTPException):  # the last: it does not even speak HTTP
        return None
    return found if isinstance(found, dict) else None
