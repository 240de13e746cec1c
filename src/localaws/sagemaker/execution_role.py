"""The checks AWS makes before it takes a role: may the caller pass it, and does it trust SageMaker?"""

from __future__ import annotations

from localaws import roles
from localaws.gateway.caller import SAGEMAKER, Caller
from localaws.gateway.messages import ServiceError


def check(role_arn: str, source_arn: str, caller: Caller) -> None:
    """Raise what AWS answers to a role that cannot be used. `source_arn` is what the role is wanted for."""
    caller.require_to_pass(role_arn)
    try:
        credentials = roles.assume(role_arn, "SageMaker", SAGEMAKER, source_arn)
    except roles.RoleRefused as refused:
        raise ServiceError("ValidationException", str(refused)) from refused
    roles.give_back(credentials)
