"""Who calls one of our own services, and what the policies of this account let them do.

The emulator's evaluator decides, the same that decides for its own services; ours only have to name action and
resource.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

from ministack.core.iam_actions import identity_denial_message
from ministack.core.iam_evaluator import (
    AuthError,
    enforce,
    find_iam_access_key_account,
    pin_request_origin,
    pin_signed_body,
    pin_signed_request,
)
from ministack.core.responses import set_request_account_id, set_request_region

from localaws.gateway.messages import Request, ServiceError
from localaws.gateway.scope import Scope

SAGEMAKER = "sagemaker.amazonaws.com"


class Caller:
    """The signer of one request. `require` raises what AWS answers when the policies do not allow an action."""

    def __init__(self, request: Request) -> None:
        self.request = request

    def require(self, action: str, resource: str, keys: Mapping[str, Any] | None = None) -> None:
        """Refuse unless a policy allows `action`, such as sagemaker:CreateModel, on the ARN `resource`."""
        service = action.split(":")[0]
        denied = enforce(
            self.request.access_key, action, service, self.request.region, resource, dict(keys) if keys else None
        )
        if isinstance(denied, AuthError):
            raise ServiceError(denied.code, denied.message, 403)
        if denied:
            explicit = denied.decision == "Deny"
            message = identity_denial_message(action, denied.principal_arn, resource, explicit)
            raise ServiceError("AccessDeniedException", message)

    def require_to_pass(self, role_arn: str) -> None:
        """Refuse unless the caller may hand this role to SageMaker."""
        self.require("iam:PassRole", role_arn, {"iam:PassedToService": SAGEMAKER})


def in_context_of(request: Request, scope: Scope, work: Callable[[], Any]) -> Any:
    """Run `work` as the emulator runs its own handlers: account, region and signature pinned for this request only."""

    def pinned() -> Any:
        set_request_account_id(find_iam_access_key_account(request.access_key) or request.access_key)
        set_request_region(request.region)
        query = parse_qs(scope.get("query_string", b"").decode(), keep_blank_values=True)
        raw_path = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        pin_signed_request(request.method, raw_path, query, scope.get("headers", []))
        pin_signed_body(request.body)
        pin_request_origin("127.0.0.1", True)  # as over TLS: see patches/transport.py
        return work()

    return contextvars.Context().run(pinned)
