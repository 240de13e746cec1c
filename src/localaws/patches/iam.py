"""IAM: a service-linked role made without a description gets an invented one, which a plan wants to take away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services import iam

from localaws.patches.replace import replace

INVENTED = "Service-linked role for"


def apply() -> None:
    """Keep the description as it was asked for."""
    replace(iam, "_create_service_linked_role", _create_service_linked_role)


def _create_service_linked_role(old: Callable[..., Any], parameters: dict[str, Any]) -> Any:
    answer = old(parameters)
    if not parameters.get("Description"):
        for role in iam._roles.values():
            if str(role.get("Description", "")).startswith(INVENTED):
                role["Description"] = ""
    return answer
