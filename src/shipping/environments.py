"""One environment: the files in envs/<name> that describe it, and which AWS its commands may reach."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlparse

from shipping.tools import ROOT

LOCAL = "local"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Refused(Exception):
    """The command will not run like this; the message carries the remedy."""


def names() -> list[str]:
    return sorted(folder.parent.name for folder in (ROOT / "envs").glob("*/platform.tfvars"))


def check_name(environment: str) -> None:
    if environment not in names():
        known = ", ".join(names())
        raise Refused(f"ENV is {environment!r}; envs/ has {known}. Name one of them, such as `make plan ENV=local`.")


def backend_file(environment: str) -> Path:
    return ROOT / "envs" / environment / "platform.backend.hcl"


def value_files(environment: str) -> list[Path]:
    """The environment's values; behind them what STOCKCAST_VAR_FILE names, whose values win."""
    more = os.environ.get("STOCKCAST_VAR_FILE")
    return [ROOT / "envs" / environment / "platform.tfvars", *([Path(more)] if more else [])]


def is_embedded(endpoint: str) -> bool:
    return urlparse(endpoint).hostname in LOOPBACK


def target(environment: str, outer: Mapping[str, str]) -> str:
    """Which AWS these variables lead to, in words. `local` must never reach a real account, so it is refused one."""
    endpoint = outer.get("AWS_ENDPOINT_URL", "")
    if environment == LOCAL and not is_embedded(endpoint):
        raise Refused(
            f"ENV is 'local' but AWS_ENDPOINT_URL is {endpoint!r}; it must name the embedded AWS on 127.0.0.1. "
            "Run `make up` first, and use the make targets."
        )
    if environment == LOCAL and (astray := _leads_elsewhere(outer)):
        raise Refused(f"ENV is 'local' but {astray} leads past the embedded AWS. Unset it, and use the make targets.")
    return f"the embedded AWS at {endpoint}" if endpoint else "the real AWS of the credentials at hand"


def _leads_elsewhere(outer: Mapping[str, str]) -> str | None:
    """The variable that would win over AWS_ENDPOINT_URL, for one service or for all."""
    for name, value in outer.items():
        if name.startswith("AWS_ENDPOINT_URL_") and not is_embedded(value):
            return f"{name}={value}"
    ignoring = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
    return f"{ignoring}=true" if outer.get(ignoring, "").lower() == "true" else None
