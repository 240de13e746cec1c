"""The service role of a pipeline: everything that an execution does in AWS, it does under it."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Mapping
from typing import Any

from ministack.core.iam_evaluator import enforce, pin_request_origin
from ministack.core.responses import set_request_account_id, set_request_region

from localaws import roles
from localaws.clients import Clients
from localaws.gateway.caller import Caller
from localaws.gateway.messages import ServiceError

PRINCIPAL = "codepipeline.amazonaws.com"
SESSION_NAME = "CodePipeline"


class Role:
    """Assumed when it is first needed, for the sake of one pipeline, and given back at the execution's end."""

    def __init__(self, role_arn: str, pipeline_arn: str, clients: Clients) -> None:
        self.role_arn, self.pipeline_arn, self.clients = role_arn, pipeline_arn, clients
        self._credentials: roles.Credentials | None = None
        self._made: dict[str, Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str) -> Any:
        """A client that signs as the role; the same one each time, since making one takes a while."""
        credentials = self._assumed()
        with self._lock:
            if service not in self._made:
                self._made[service] = self.clients.of(service, credentials)
            return self._made[service]

    def may(self, action: str, resource: str, keys: Mapping[str, str]) -> bool:
        """Whether the role's policies allow an action that no service of the embedded AWS would ask about."""
        access_key, config = self._assumed().access_key, self.clients.config

        def decided() -> bool:
            set_request_account_id(config.account_id)
            set_request_region(config.region)
            pin_request_origin("127.0.0.1", True)
            return enforce(access_key, action, action.split(":")[0], config.region, resource, dict(keys)) is None

        return bool(contextvars.Context().run(decided))  # whoever calls now does not matter

    def give_back(self) -> None:
        """The execution has ended."""
        with self._lock:
            if self._credentials:
                roles.give_back(self._credentials)
            self._credentials, self._made = None, {}

    def _assumed(self) -> roles.Credentials:
        with self._lock:
            if self._credentials is None:
                self._credentials = roles.assume(self.role_arn, SESSION_NAME, PRINCIPAL, self.pipeline_arn)
            return self._credentials


def check(role_arn: str, pipeline_arn: str, caller: Caller) -> None:
    """What AWS asks before it takes a role: may the caller pass it, and does it trust CodePipeline?"""
    caller.require("iam:PassRole", role_arn, {"iam:PassedToService": PRINCIPAL})
    try:
        credentials = roles.assume(role_arn, SESSION_NAME, PRINCIPAL, pipeline_arn)
    except roles.RoleRefused as refused:
        message = f"CodePipeline is not authorized to perform AssumeRole on role {role_arn}. {refused}"
        raise ServiceError("InvalidStructureException", message) from refused
    roles.give_back(credentials)
