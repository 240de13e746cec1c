"""An environment's outputs as people, programs and shells read them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from shipping import environments

FORMS = ("text", "json", "env")


def shown(values: Mapping[str, Any], form: str) -> str:
    if form == "json":
        return json.dumps(values, indent=2)
    if form == "env":
        return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in _flat("STOCKCAST", values))
    width = max(map(len, values))
    return "\n".join(f"{name:<{width}}  {_in_words(value)}" for name, value in values.items())


def make_reachable(value: Any, endpoint_url: str) -> Any:
    """The same outputs with the addresses that answer where an embedded AWS at `endpoint_url` plays the real one.

    Terraform makes them as they are on AWS. Here its APIs share one endpoint, Airflow's pages speak plain HTTP, and
    there is no console: an address in it becomes null.
    """
    if isinstance(value, Mapping):
        return {key: make_reachable(inner, endpoint_url) for key, inner in value.items()}
    if isinstance(value, list):
        return [make_reachable(inner, endpoint_url) for inner in value]
    if not isinstance(value, str) or not value.startswith("https://"):
        return value
    address = urlsplit(value)
    if environments.is_embedded(value):
        return address._replace(scheme="http").geturl()
    if ".console." in f".{address.hostname}":
        return None
    here = urlsplit(endpoint_url)
    return address._replace(scheme=here.scheme, netloc=here.netloc).geturl()


def _in_words(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """STOCKCAST_BUCKETS_GOLD and so on; what is null is empty, a list is JSON."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(f"{name}_{key.upper().replace('-', '_')}", inner)
    else:
        yield name, "" if value is None else _in_words(value)
