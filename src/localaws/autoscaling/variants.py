"""Which variants of which endpoints can be scaled: those that exist and have instances that AWS scales."""

from __future__ import annotations

import re
from collections.abc import Callable

from localaws.gateway.actions import Body
from localaws.gateway.messages import ServiceError

NAMESPACE, DIMENSION = "sagemaker", "sagemaker:variant:DesiredInstanceCount"
RESOURCE = re.compile(r"endpoint/(?P<endpoint>[^/]+)/variant/(?P<variant>[^/]+)")
BURSTABLE = re.compile(r"ml\.t\d")


class Variants:
    """Looks endpoints up; `endpoint` and `config` raise for a name that is not there."""

    def __init__(self, endpoint: Callable[[str], Body], config: Callable[[str], Body]) -> None:
        self._endpoint, self._config = endpoint, config

    def check(self, asked: Body) -> None:
        """Refuse what AWS would refuse to scale."""
        if (asked["ServiceNamespace"], asked["ScalableDimension"]) != (NAMESPACE, DIMENSION):
            raise ServiceError(
                "UnsupportedOperationException",
                f"The embedded AWS scales {DIMENSION} only, not {asked['ScalableDimension']}.",
            )
        endpoint, name = split(asked["ResourceId"])
        variant = self._find(asked["ResourceId"], endpoint, name)
        if "ServerlessConfig" in variant:
            raise _invalid(f"Variant {name} of endpoint {endpoint} is serverless and has no instances to scale.")
        if BURSTABLE.match(variant["InstanceType"]):
            raise _invalid(
                f"Variant {name} of endpoint {endpoint} has burstable instances ({variant['InstanceType']}); automatic "
                f"scaling does not support them. Choose another instance type."
            )

    def _find(self, resource: str, endpoint: str, name: str) -> Body:
        try:
            config = self._config(self._endpoint(endpoint)["EndpointConfigName"])
        except ServiceError as missing:
            raise _invalid(f"SageMaker endpoint doesn't exist: {resource}") from missing
        for variant in config["ProductionVariants"]:
            if variant["VariantName"] == name:
                return dict(variant)
        raise _invalid(f"SageMaker endpoint {endpoint} has no variant {name}: {resource}")


def split(resource: str) -> tuple[str, str]:
    """Endpoint and variant of a resource id."""
    found = RESOURCE.fullmatch(resource)
    if not found:
        raise _invalid(f"Unsupported resource ID {resource}; it is written endpoint/NAME/variant/VARIANT.")
    return found["endpoint"], found["variant"]


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)
