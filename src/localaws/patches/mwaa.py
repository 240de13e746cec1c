"""MWAA: the emulator keeps an environment in name only, drops half of what it was given and cannot change its tags.

The Airflow behind it is a real one that runs beside the gateway; GetEnvironment names its address.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from ministack.core.responses import error_response_json, json_response
from ministack.services import mwaa

from localaws.gateway.config import Airflow
from localaws.patches import mwaa_rest_api
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


def apply(airflow: Airflow) -> None:
    """Keep what was asked for; start no container; name the real Airflow, and let its REST API be asked."""
    mwaa_rest_api.apply(airflow)

    def start(old: Callable[..., Any], account: str, region: str, name: str, environment: dict[str, Any]) -> None:
        environment["WebserverUrl"] = airflow.webserver_url or f"{environment['Name']}.airflow.local"
        environment["Status"] = "AVAILABLE"

    replace(mwaa, "_start_airflow_container_in_scope", start)
    replace(mwaa, "_create_environment", _create)
    replace(mwaa, "_update_environment", _update)
    replace(mwaa, "handle_request", _with_tags)


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


async def _with_tags(old: Callable[..., Any], method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
    if not path.startswith("/tags/"):
        return await old(method, path, headers, body, query)
    arn = unquote(path.removeprefix("/tags/"))
    environment = next((e for e in mwaa._environments.values() if e.get("Arn") == arn), None)
    if environment is None:
        return error_response_json("ResourceNotFoundException", f"There is no environment {arn}", 404)
    tags = environment.setdefault("Tags", {})
    if method == "POST":
        tags.update(json.loads(body or b"{}").get("Tags") or {})
    elif method == "DELETE":
        for key in query.get("tagKeys") or []:
            tags.pop(key, None)
    return json_response({"Tags": tags} if method == "GET" else {})
