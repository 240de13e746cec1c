"""MWAA: the emulator keeps an environment in name only and drops half of what it was given.

The Airflow behind it is a real one that runs beside the gateway; GetEnvironment names its address.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ministack.services import mwaa

from localaws.patches.replace import replace

DROPPED = (
    "EndpointManagement",
    "KmsKey",
    "PluginsS3ObjectVersion",
    "PluginsS3Path",
    "RequirementsS3ObjectVersion",
    "RequirementsS3Path",
    "StartupScriptS3ObjectVersion",
    "StartupScriptS3Path",
    "WeeklyMaintenanceWindowStart",
)
DROPPED_IN_UPDATE = (*DROPPED, "AirflowVersion", "MaxWebservers", "MinWebservers", "Schedulers")


def apply(webserver_url: str | None) -> None:
    """Keep what was asked for; start no container; name the real Airflow."""

    def start(old: Callable[..., Any], account: str, region: str, name: str, environment: dict[str, Any]) -> None:
        environment["WebserverUrl"] = webserver_url or f"{environment['Name']}.airflow.local"
        environment["Status"] = "AVAILABLE"

    replace(mwaa, "_start_airflow_container_in_scope", start)
    replace(mwaa, "_create_environment", _create)
    replace(mwaa, "_update_environment", _update)


def _create(old: Callable[..., Any], method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
    answer = old(method, path, headers, body, query)
    _keep(answer, path, body, DROPPED)
    return answer


def _update(old: Callable[..., Any], method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
    answer = old(method, path, headers, body, query)
    _keep(answer, path, body, DROPPED_IN_UPDATE)
    return answer


def _keep(answer: Any, path: str, body: bytes, keys: tuple[str, ...]) -> None:
    asked = json.loads(body or b"{}")
    if answer[0] == 200:
        environment = mwaa._environments[path.strip("/").split("/")[-1]]
        environment.update({key: asked[key] for key in keys if key in asked})
