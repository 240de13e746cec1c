"""Lambda: an event-invoke configuration without a maximum age gets one, which a plan wants to take away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services import lambda_svc

from localaws.patches.replace import replace


def apply() -> None:
    """Keep the configuration as it was asked for."""
    replace(lambda_svc, "_put_event_invoke_config", _put_event_invoke_config)


def _put_event_invoke_config(
    old: Callable[..., Any], function: str, qualifier: str | None, asked: dict[str, Any]
) -> Any:
    answer = old(function, qualifier, asked)
    if answer[0] == 200 and asked.get("MaximumEventAgeInSeconds") is None:
        kept = lambda_svc._functions[function]["event_invoke_configs"][qualifier or ""]
        kept.pop("MaximumEventAgeInSeconds", None)
    return answer
