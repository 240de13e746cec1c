"""Events of our own services on the account's default bus, where rules find them as they find the emulator's."""

from __future__ import annotations

import contextvars
import json
from typing import Any

from ministack.services import eventbridge

from localaws.gateway.log import logger


def emit(source: str, detail_type: str, detail: dict[str, Any], resources: list[str]) -> None:
    """Put one event, such as `aws.codebuild` and `CodeBuild Build State Change`, on the default bus.

    An empty context stands for the gateway's own account and region, whoever's request the caller is serving.
    Nothing is raised: a build must not fail because somebody's rule about it does.
    """
    entry = {"Source": source, "DetailType": detail_type, "Detail": json.dumps(detail), "Resources": resources}
    try:
        contextvars.Context().run(eventbridge._put_events, {"Entries": [entry]}, allow_aws_source=True)
    except Exception:
        logger.exception("the event %s of %s is lost", detail_type, ", ".join(resources))
