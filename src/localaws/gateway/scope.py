"""What the headers of an HTTP request tell: whom it is for, and who signed it."""

from __future__ import annotations

import re
from collections.abc import Iterable, MutableMapping
from typing import Any
from urllib.parse import unquote

Scope = MutableMapping[str, Any]
CREDENTIAL = re.compile(r"Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")


def headers_of(scope: Scope) -> dict[str, str]:
    """Names in lower case; the last value wins."""
    raw: Iterable[tuple[bytes, bytes]] = scope.get("headers", [])
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw}


def signer(headers: dict[str, str]) -> tuple[str, str, str]:
    """Access key, region and service of the SigV4 signature; empty for an unsigned request."""
    found = CREDENTIAL.search(headers.get("authorization", ""))
    return (found[1], found[2], found[3]) if found else ("", "", "")


def target_of(scope: Scope) -> str:
    """Path and query as they were sent: an encoded slash is still one."""
    raw = scope.get("raw_path") or scope["path"].encode()
    query = scope.get("query_string", b"")
    return str((raw + b"?" + query if query else raw).decode("latin-1"))


def without_host(scope: Scope) -> Scope:
    """Strip `http://host` off a path.

    MWAA's `api.` host prefix has no address here, so Terraform sends those requests through HTTP_PROXY, and a proxied
    request names the whole URL.
    """
    raw = scope.get("raw_path") or scope["path"].encode()
    if not raw.startswith(b"http://"):
        return scope
    path = b"/" + [*raw.split(b"/", 3), b""][3].split(b"?")[0]
    return {**scope, "raw_path": path, "path": unquote(path.decode("latin-1"))}
