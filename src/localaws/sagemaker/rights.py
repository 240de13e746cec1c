"""What a role may do, asked of the evaluator that judges requests: for what AWS does in a role's name."""

from __future__ import annotations

import contextvars
from collections.abc import Mapping

from ministack.core.iam_evaluator import enforce, pin_request_origin
from ministack.core.responses import set_request_account_id, set_request_region

from localaws import roles
from localaws.gateway.caller import SAGEMAKER
from localaws.gateway.messages import ServiceError
from localaws.sagemaker.place import Place


def role_may(
    place: Place, role_arn: str, source_arn: str, action: str, resource: str, keys: Mapping[str, str] | None = None
) -> bool:
    """Whether SageMaker, under this role and for the sake of `source_arn`, is allowed an action on an ARN."""

    def decided(access_key: str) -> bool:
        set_request_account_id(place.account)
        set_request_region(place.region)
        pin_request_origin("127.0.0.1", True)
        service = action.split(":")[0]
        return enforce(access_key, action, service, place.region, resource, dict(keys or {})) is None

    try:
        with roles.assumed(role_arn, "SageMaker", SAGEMAKER, source_arn) as credentials:
            return contextvars.Context().run(decided, credentials.access_key)  # whoever calls now does not matter
    except roles.RoleRefused as refused:
        raise ServiceError("ValidationException", str(refused)) from refused
