"""EventBridge: a rule or a schedule whose target is a CodeBuild project or a pipeline starts it, under its role.

The emulator knows neither. The input is StartBuild's or StartPipelineExecution's, such as
`{"environmentVariablesOverride": [...]}`; an event without an input of its own starts the target as it is.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from ministack.services import eventbridge, scheduler

from localaws import roles
from localaws.clients import Clients
from localaws.gateway.config import Config
from localaws.gateway.log import logger
from localaws.patches.replace import replace

PRINCIPALS = {"aws.scheduler": "scheduler.amazonaws.com"}  # else a rule, whatever the event's source
RULES = "events.amazonaws.com"
STARTS = {"codebuild": "start_build", "codepipeline": "start_pipeline_execution"}


def apply(config: Config) -> None:
    """Let builds and pipelines be targets, and look at schedules as often as the config says."""
    clients = Clients(config)
    scheduler._SCHEDULE_TICK_INTERVAL = config.schedule_seconds

    def invoke(old: Callable[..., Any], target: Any, event: Any, rule: Any, view: Any = None) -> Any:
        if _service(target) not in STARTS:
            return old(target, event, rule, view)
        given = _input(target, event, rule, view)
        # not here: this may be the event loop, and what starts it is a request to it
        threading.Thread(target=_start, args=(clients, target, event, rule, given), daemon=True).start()
        return None

    replace(eventbridge, "_invoke_target", invoke)


def _service(target: Mapping[str, Any]) -> str:
    return f"{target.get('Arn', '')}::".split(":")[2]


def _input(target: Mapping[str, Any], event: Any, rule: Any, view: Any) -> str:
    if target.get("InputTransformer"):
        seen = view or eventbridge._pattern_event_view(event)
        return str(eventbridge._apply_input_transformer(target["InputTransformer"], rule, seen))
    return str(target.get("Input") or "{}")


def _start(clients: Clients, target: Mapping[str, Any], event: Any, rule: Mapping[str, Any], given: str) -> None:
    arn, role, source = target["Arn"], target.get("RoleArn", ""), str(rule.get("Arn", ""))
    principal, service = PRINCIPALS.get(event["Source"], RULES), _service(target)
    named = {"projectName": arn} if service == "codebuild" else {"name": arn.split(":")[-1]}
    try:
        with roles.assumed(role, "events", principal, source) as credentials:
            getattr(clients.of(service, credentials), STARTS[service])(**{**json.loads(given), **named})
    except (roles.RoleRefused, ClientError, BotoCoreError, ValueError, TypeError) as error:
        logger.error("%s could not start %s: %s", source, arn, error)
