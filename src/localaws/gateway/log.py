"""One line per request and per event in <log_dir>/gateway.log."""

from __future__ import annotations

import logging
import re
from logging.handlers import RotatingFileHandler
from pathlib import Path
from urllib.parse import unquote

from localaws.gateway.scope import Scope

OWN_CALLS = "stockcast-localaws"  # in the user agent of what the gateway asks itself; logged only when refused
MAX_BYTES = 10_000_000
FORM_ACTION = re.compile(rb"(?:^|&)Action=(\w+)")
PATH_LENGTH = 100

logger = logging.getLogger("localaws")


def to_file(folder: Path) -> None:
    """Send our lines, and the emulator's warnings, to the file. stdout stays silent."""
    folder.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(folder / "gateway.log", maxBytes=MAX_BYTES, backupCount=1)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%Y-%m-%d %H:%M:%S"))
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logger.setLevel(logging.INFO)


def action_of(scope: Scope, headers: dict[str, str], body_start: bytes) -> str:
    """What a request asks for, as far as can be told without knowing the service: its action, or method and path."""
    if target := headers.get("x-amz-target"):
        return target.split(".")[-1]
    if found := FORM_ACTION.search(body_start or scope.get("query_string", b"")):
        return found[1].decode()
    query = unquote(scope.get("query_string", b"").decode("latin-1")).split("&")[0].split("=")[0]
    return f"{scope['method']} {unquote(scope['path'])[:PATH_LENGTH]}{'?' if query else ''}{query}"


def request(service: str, action: str, status: int, milliseconds: float, headers: dict[str, str]) -> None:
    """One request. The gateway's own questions (job logs, DAG mirror) are told only when they are refused."""
    if status < 400 and OWN_CALLS in headers.get("user-agent", ""):
        return
    level = logging.INFO if status in (*range(400), 404) else logging.WARNING  # 404 is how S3 says "not there yet"
    logger.log(level, "%s %s %d %.0f ms", service or "-", action, status, milliseconds)
