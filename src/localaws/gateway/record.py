"""Note every decision of IAM about a role or a user in <log_dir>/decisions.jsonl, each only once.

All services ask one function of the emulator: its own when a request comes in, ours through their Caller. Functions and
jobs call with the credentials of their role, so they come by here too. Root is never asked about and leaves no line.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import AuthError, EvalContext, ParsedStatement

from localaws.gateway import log
from localaws.patches.replace import replace
from localaws.privilege.decisions import FILE_NAME, MOST, decision

Layers = tuple[list[list[ParsedStatement]], ...]
_asked: ContextVar[list[tuple[EvalContext, Layers]] | None] = ContextVar("asked", default=None)


def install(folder: Path) -> None:
    """Record from now on. Call it once, after the patches: they hold the function that is replaced here.

    A new gateway is a new, empty AWS account, so what an earlier one decided is forgotten.
    """
    recorder = Recorder(folder / FILE_NAME)
    old = iam_evaluator.enforce
    replace(iam_evaluator, "evaluate", _look_at)
    replace(iam_evaluator, "enforce", recorder.decide)
    for module in list(sys.modules.values()):
        if vars(module).get("enforce") is old:
            module.enforce = iam_evaluator.enforce  # type: ignore[attr-defined]  # imported by name earlier


class Recorder:
    """The file, and what stands in it already. Services ask from many threads."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", buffering=1)  # a line is there when it is written
        self._seen: set[str] = set()
        self._lock = threading.Lock()

    def decide(self, old: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Let the emulator decide, and note what it was asked and said."""
        asked: list[tuple[EvalContext, Layers]] = []
        token = _asked.set(asked)
        try:
            denied = old(*args, **kwargs)
        finally:
            _asked.reset(token)
        if asked and not isinstance(denied, AuthError):
            self.note(*asked[0], "Allow" if denied is None else denied.decision)
        return denied

    def note(self, context: EvalContext, layers: Layers, answer: str) -> None:
        """Write the decision down unless it is known."""
        line = decision(
            {
                "principal": principal(context.principal_arn),
                "action": context.action,
                "resource": context.resource_arn,
                "region": context.region,
                "context": keys(context, layers),
                "answer": answer,
                "session": context.principal_arn.rsplit("/", 1)[-1],
            }
        ).line()
        with self._lock:
            if line in self._seen or len(self._seen) >= MOST:
                return
            self._seen.add(line)
            self._file.write(line + "\n")
            if len(self._seen) == MOST:
                log.logger.warning("%s has %d lines and gets no more", self._file.name, MOST)


def _look_at(old: Callable[..., Any], context: EvalContext, policies: Any, *limits: Any) -> Any:
    """The first evaluation of a decision is the caller's own policies; the resource's policy may follow."""
    asked = _asked.get()
    if asked is not None and not asked:
        asked.append((context, (policies, *limits)))
    return old(context, policies, *limits)


def principal(arn: str) -> str:
    """role/NAME or user/NAME; the name of a role's session is left out."""
    resource = arn.split(":", 5)[-1]
    kind, _, name = resource.partition("/")
    return f"role/{name.split('/')[0]}" if kind == "assumed-role" else f"{kind}/{name.rsplit('/', 1)[-1]}"


def keys(context: EvalContext, layers: Layers) -> dict[str, Any]:
    """What conditions could ask for: the request's keys, and of the caller's those that its policies name.

    The rest of the caller's keys differ from session to session, so every session would have lines of its own.
    """
    known = {key: value for key, value in context.service_context.items() if value is not None}
    named = {key.lower() for block in _conditions(layers) for key in block}
    return known | {key: value for key, value in context.principal_keys.items() if key in named}


def _conditions(layers: Layers) -> Iterable[dict[str, Any]]:
    statements = (statement for layer in layers for policy in layer for statement in policy)
    return (block for statement in statements for block in statement.conditions.values() if isinstance(block, dict))
