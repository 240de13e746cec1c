"""Credentials of a role, made as AWS makes them when one of its services assumes a role.

They stay valid until they are given back, because a job must not outlive its credentials. Whoever uses them meets the
policies of the role, as on AWS.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ministack.core.iam_evaluator import EvalContext, _conditions_met, fnmatch_iam
from ministack.services import iam, sts


class RoleRefused(Exception):
    """The role does not exist, or does not let the service assume it."""


@dataclass(frozen=True)
class Credentials:
    """An access key with its secret and session token."""

    access_key: str
    secret_key: str
    token: str

    def variables(self) -> dict[str, str]:
        """As SDKs read them from the environment."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_SESSION_TOKEN": self.token,
        }


def assume(role_arn: str, session_name: str, service: str, source_arn: str) -> Credentials:
    """Credentials of the role for the principal `service`, such as sagemaker.amazonaws.com.

    `source_arn` is what the service assumes it for; trust policies ask for it to keep strangers' jobs out.
    """
    role = find(role_arn)
    if role is None or not trusts(role.get("AssumeRolePolicyDocument", "{}"), service, role_arn, source_arn):
        raise RoleRefused(
            f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal "
            f"'{service}' to assume the role."
        )
    account, name = role_arn.split(":")[4], role_arn.rsplit("/", 1)[-1]
    made = Credentials("ASIA" + secrets.token_hex(8).upper(), secrets.token_urlsafe(30), secrets.token_urlsafe(90))
    sts.register_session(
        made.access_key,
        {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session_name[:64]}",
            "UserId": f"{role.get('RoleId', name)}:{session_name[:64]}",
            "AccountId": account,
            "PrincipalType": "AssumedRole",
            "SecretAccessKey": made.secret_key,
            "SessionToken": made.token,
        },
    )
    return made


def give_back(credentials: Credentials) -> None:
    """End a session: its key is unknown from now on."""
    sts._sessions.pop(credentials.access_key, None)


@contextmanager
def assumed(role_arn: str, session_name: str, service: str, source_arn: str) -> Iterator[Credentials]:
    """Credentials for as long as a piece of work takes."""
    credentials = assume(role_arn, session_name, service, source_arn)
    try:
        yield credentials
    finally:
        give_back(credentials)


def find(role_arn: str) -> Mapping[str, Any] | None:
    """The role by its ARN, or None."""
    parts = role_arn.split(":")
    if len(parts) != 6 or not parts[5].startswith("role/"):
        return None
    found: Mapping[str, Any] | None = iam._roles.get_scoped(parts[4], None, parts[5].rsplit("/", 1)[-1])
    return found if found is not None and found.get("Arn") == role_arn else None


def trusts(document: str | Mapping[str, Any], service: str, role_arn: str, source_arn: str) -> bool:
    """Whether a trust policy lets a service assume the role. A deny wins over every allow.

    The emulator's own check lets any root caller through a `Service` principal; this one asks for the very service.
    """
    policy = json.loads(document) if isinstance(document, str) else document
    matching = [s for s in _listed(policy.get("Statement")) if _speaks_of(s, service, role_arn, source_arn)]
    effects = {statement.get("Effect") for statement in matching}
    return "Allow" in effects and "Deny" not in effects


def _speaks_of(statement: Mapping[str, Any], service: str, role_arn: str, source_arn: str) -> bool:
    principal = statement.get("Principal")
    named = _listed(principal.get("Service")) if isinstance(principal, Mapping) else _listed(principal)
    if service not in named and "*" not in named:
        return False
    if not any(fnmatch_iam("sts:AssumeRole", action) for action in _listed(statement.get("Action"))):
        return False
    account = role_arn.split(":")[4]
    context = EvalContext(
        principal_arn=service, principal_type="Service", principal_account=account, action="sts:AssumeRole",
        resource_arn=role_arn, region="",
        service_context={"aws:sourceaccount": account, "aws:sourcearn": source_arn},
    )  # fmt: skip
    return bool(_conditions_met(statement.get("Condition") or {}, context))


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
