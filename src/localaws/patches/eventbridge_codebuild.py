"""EventBridge: a rule or a schedule whose target is a CodeBuild project starts a build, under the target's role.

The emulator knows no such target. The input is StartBuild's, such as `{"environmentVariablesOverride": [...]}`; an
event without an input of its own starts the project as it is.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from ministack.services import eventbridge

from localaws import roles
from localaws.clients import Clients
from localaws.gateway.config import Config
from localaws.gateway.log import logger
from localaws.patches.replace import replace

PRINCIPALS = {"aws.scheduler": "scheduler.amazonaws.com"}  # else a rule, whatever the event's source
RULES = "events.amazonaws.com"


def apply(config: Config) -> None:
    """Let builds be targets."""
    clients = Clients(config)

    def invoke(old: Callable[..., Any], target: Any, event: Any, rule: Any, view: Any = None) -> Any:
        if not str(target.get("Arn", "")).startswith("arn:aws:codebuild:"):
            return old(target, event, rule, view)
        given = _input(target, event, rule, view)
        # not here: this may be the event loop, and StartBuild is a request to it
        threading.Thread(target=_start, args=(clients, target, event, rule, given), daemon=True).start()
        return None

    replace(eventbridge, "_invoke_target", invoke)


def _input(target: Mapping[str, Any], event: Any, rule: Any, view: Any) -> str:
    if target.get("InputTransformer"):
        seen = view or eventbridge._pattern_event_view(event)
        return str(eventbridge._apply_input_transformer(target["InputTransformer"], rule, seen))
    return str(target.get("Input") or "{}")


def _start(clients: Clients, target: Mapping[str, Any], event: Any, rule: Mapping[str, Any], given: str) -> None:
    project, role, source = target["Arn"], target.get("RoleArn", ""), str(rule.get("Arn", ""))
    principal = PRINCIPALS.get(event["Source"], RULES)
    try:
        with roles.assumed(role, "events", principal, source) as credentials:
            clients.of("codebuild", credentials).start_build(**{**json.loads(given), "projectName": project})
    except (roles.RoleRefused, ClientError, BotoCoreError, ValueError, TypeError) as error:
        logger.error("%s could not start %s: %s", source, project, error)
