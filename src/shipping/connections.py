"""Connections to where the code lies: the one that our values ask for, and those that stand in an account."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from shipping import tools, values


def values_file(kind: str) -> Path:
    """The values of `make bootstrap`; `kind` is `account`, or `local` for the embedded AWS."""
    return tools.ROOT / "envs" / kind / "bootstrap.tfvars"


@cache
def wanted(file: Path) -> str | None:
    """The connection's name in the values of `make bootstrap`; None where they ask for no connection."""
    name: str | None = values.evaluated([file], {"name": "try(var.connection.name, null)"})["name"]
    return name


def standing(client: Any) -> Iterator[dict[str, Any]]:
    """Every connection of the account, of all pages; botocore has no paginator for them."""
    asked: dict[str, str] = {}
    while True:
        page = client.list_connections(**asked)
        yield from page["Connections"]
        if not page.get("NextToken"):
            return
        asked = {"NextToken": page["NextToken"]}
