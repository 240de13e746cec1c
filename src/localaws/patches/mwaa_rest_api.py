"""MWAA's InvokeRestApi: Airflow's REST API for whoever IAM lets in, under the Airflow role that IAM allows.

AWS asks IAM about `role/<environment>/<Airflow role>`, adds `/api/v2` to the path itself and waits ten seconds. The
emulator asks about nothing, calls without a token, drops the query and calls any answer a success.
"""

from __future__ import annotations

import asyncio
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlencode

from ministack.core import iam_actions
from ministack.core.iam_evaluator import enforce
from ministack.core.responses import get_account_id, get_region
from ministack.core.router import extract_access_key_id
from ministack.services import mwaa

from localaws.gateway.config import Airflow
from localaws.loopback import OPENER
from localaws.patches.replace import replace

ACTION = "airflow:InvokeRestApi"
PREFIX = "/restapi/"
ROLES = ("Admin", "Op", "User", "Viewer", "Public")  # the mightiest that IAM allows is taken
METHODS = ("GET", "PUT", "POST", "PATCH", "DELETE")
LONGEST_PATH = 64
TIMEOUT_SECONDS = 10

Reply = tuple[int, dict[str, str], bytes]


def apply(airflow: Airflow) -> None:
    """Answer InvokeRestApi ourselves: its one right depends on the Airflow role, so the front asks for none."""
    server = Server(airflow)
    replace(iam_actions, "extract_iam_action", _none_in_front)

    async def answer(old: Callable[..., Any], method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        return await asyncio.to_thread(_invoke, server, path, headers, body)

    replace(mwaa, "_invoke_rest_api", answer)


def _none_in_front(old: Callable[..., str | None], service: str, method: str, path: str, *rest: Any) -> str | None:
    if service == "airflow" and method == "POST" and path.startswith(PREFIX):
        return None  # the caller is known all the same: the front asks who it is where it asks for no action
    return old(service, method, path, *rest)


class Server:
    """The Airflow beside the gateway. One token per user, renewed when Airflow no longer takes it."""

    def __init__(self, airflow: Airflow) -> None:
        self._url, self._passwords = f"http://{airflow.webserver_url}", airflow.password_file
        self._tokens: dict[str, str] = {}
        self._lock = threading.Lock()

    def ask(self, role: str, method: str, path: str, body: object) -> tuple[int, Any]:
        """Airflow's status and answer to the user that is called like the role; 403 where there is none.

        Airflow's Public may do nothing, so it has no user here.
        """
        user = self._user(role)
        if user is None:
            return 403, {"title": "Forbidden", "status": 403, "detail": f"{role} may do nothing in this Airflow"}
        status, answer = self._send(method, path, body, self._token(user))
        if status == 401:  # this Airflow was started anew
            status, answer = self._send(method, path, body, self._token(user, renew=True))
        return status, answer

    def _user(self, role: str) -> tuple[str, str] | None:
        if self._passwords is None:
            raise OSError("the gateway's configuration names no airflow.password_file")
        known: dict[str, str] = json.loads(self._passwords.read_text())
        name = role.lower()
        return (name, known[name]) if name in known else None

    def _token(self, user: tuple[str, str], *, renew: bool = False) -> str:
        name, password = user
        with self._lock:
            if renew or name not in self._tokens:
                login = {"username": name, "password": password}
                status, answer = self._send("POST", "/auth/token", login, None)
                if status >= 300:
                    raise OSError(f"Airflow gives {name} no token: {status} {answer}")
                self._tokens[name] = answer["access_token"]
            return self._tokens[name]

    def _send(self, method: str, path: str, body: object, token: str | None) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self._url + path, data, headers, method=method)  # noqa: S310  our own Airflow
        try:
            with OPENER.open(request, timeout=TIMEOUT_SECONDS) as answer:
                return answer.status, _json_or_text(answer.read())
        except urllib.error.HTTPError as refusal:
            return refusal.code, _json_or_text(refusal.read())


def _invoke(server: Server, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
    name, asked = unquote(path.removeprefix(PREFIX)).strip("/"), json.loads(body or b"{}")
    environment = mwaa._environments.get(name)
    role = _role(name, headers)
    if role is None:
        resource = _resource(name, "{" + ",".join(ROLES) + "}")
        return _error("AccessDeniedException", {"message": f"{ACTION} is not allowed on any of {resource}"}, 403)
    if environment is None:
        return _error("ResourceNotFoundException", {"message": f"There is no environment {name}."}, 404)
    if fault := _fault(asked, environment):
        return _error("ValidationException", {"message": fault})
    status, answer = _asked(server, role, asked)
    told = {"RestApiStatusCode": status, "RestApiResponse": answer}
    if status < 400:
        return 200, {"Content-Type": "application/json"}, json.dumps(told).encode()
    return _error("RestApiClientException" if status < 500 else "RestApiServerException", told)


def _asked(server: Server, role: str, asked: Mapping[str, Any]) -> tuple[int, Any]:
    """Airflow's status and answer; 503 where it does not answer at all."""
    query = f"?{urlencode(asked['QueryParameters'], doseq=True)}" if asked.get("QueryParameters") else ""
    body = asked.get("Body") if asked["Method"] in ("PUT", "POST", "PATCH") else None
    try:
        return server.ask(role, asked["Method"], f"/api/v2{asked['Path']}{query}", body)
    except (OSError, KeyError, ValueError) as problem:
        return 503, {"detail": f"the local Airflow does not answer: {problem}"}


def _role(name: str, headers: Mapping[str, str]) -> str | None:
    """The mightiest Airflow role that IAM lets the caller have in this environment."""
    key = extract_access_key_id(headers, {})
    allowed = (role for role in ROLES if enforce(key, ACTION, "airflow", get_region(), _resource(name, role)) is None)
    return next(allowed, None)


def _resource(name: str, role: str) -> str:
    return f"arn:aws:airflow:{get_region()}:{get_account_id()}:role/{name}/{role}"


def _fault(asked: dict[str, Any], environment: Mapping[str, Any]) -> str | None:
    path, method = str(asked.get("Path", "")), asked.get("Method")
    if method not in METHODS:
        return f"Method is {method!r}; it must be one of {', '.join(METHODS)}."
    if not path.startswith("/") or len(path) > LONGEST_PATH:
        return f"Path is {path!r}; it must begin with / and have at most {LONGEST_PATH} characters."
    if environment["Status"] != "AVAILABLE":
        return f"{environment['Name']} is {environment['Status']}; it must be AVAILABLE."
    return None


def _error(code: str, body: Mapping[str, Any], status: int = 400) -> Reply:
    """Never 500: SDKs would repeat it for minutes, and MWAA gives 400 for Airflow's own errors too."""
    headers = {"Content-Type": "application/json", "x-amzn-errortype": code}
    return status, headers, json.dumps({"__type": code, "message": code, **body}).encode()


def _json_or_text(content: bytes) -> Any:
    try:
        return json.loads(content or b"null")
    except ValueError:
        return content.decode(errors="replace")
