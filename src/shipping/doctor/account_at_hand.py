"""The account that the credentials lead to, as the live checks ask it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config

from shipping import environments
from shipping.doctor.plan import Plan, Resource

Client = Callable[[str], Any]


def client_maker(region: str) -> Client:
    """Clients that give up soon: a check that hangs is no check."""
    config = Config(
        connect_timeout=5,
        read_timeout=20,
        retries={"total_max_attempts": 2},
        inject_host_prefix=not environments.is_embedded(os.environ.get("AWS_ENDPOINT_URL", "")),
    )
    return lambda service: boto3.client(service, region_name=region, config=config)


@dataclass(frozen=True)
class Account:
    """What is planned, and where to ask what is already there."""

    plan: Plan
    client: Client
    _quotas: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def to_make(self, kind: str) -> list[Resource]:
        """Resources of a kind that the apply would create."""
        return [resource for resource in self.plan.of_type(kind) if "create" in resource.actions]

    def setting(self, name: str) -> str | None:
        """A setting's planned value; None where there is none or it is not known yet."""
        for parameter in self.plan.of_type("aws_ssm_parameter"):
            value = parameter.values.get("value")
            if str(parameter.values.get("name")).endswith(f"/{name}") and isinstance(value, str):
                return value
        return None

    def quota(self, service: str, name: str) -> float | None:
        """The account's limit whose name matches, as Service Quotas tells it; None where it knows none."""
        if service not in self._quotas:
            pages = self.client("service-quotas").get_paginator("list_service_quotas").paginate(ServiceCode=service)
            self._quotas[service] = [quota for page in pages for quota in page["Quotas"]]
        for quota in self._quotas[service]:
            if re.fullmatch(name, quota["QuotaName"], re.IGNORECASE):
                return float(quota["Value"])
        return None
