"""Endpoint configurations: which models an endpoint serves, with which weights."""

from __future__ import annotations

from localaws.gateway.caller import Caller
from localaws.gateway.messages import ServiceError
from localaws.sagemaker import keys
from localaws.sagemaker.actions import Actions, Body
from localaws.sagemaker.models import Models
from localaws.sagemaker.records import Records


class EndpointConfigs:
    """Serves the actions on endpoint configurations."""

    def __init__(self, records: Records, models: Models) -> None:
        self.records, self.models = records, models

    def actions(self) -> Actions:
        """What is served here."""
        return {
            "CreateEndpointConfig": self.create,
            "DescribeEndpointConfig": self.describe,
            "DeleteEndpointConfig": self.delete,
        }

    def create(self, asked: Body, caller: Caller) -> Body:
        """CreateEndpointConfig. Every model must exist; a variant has instances or is serverless."""
        self.records.refuse_taken(asked["EndpointConfigName"])
        names = [variant["VariantName"] for variant in asked["ProductionVariants"]]
        if len(set(names)) < len(names):
            raise ServiceError("ValidationException", f"The variant names {', '.join(names)} are not unique.")
        variants = [self._variant(variant) for variant in asked["ProductionVariants"]]
        keys.check_endpoint_config(asked, caller)
        return {"EndpointConfigArn": self.records.add(asked, ProductionVariants=variants)}

    def describe(self, asked: Body, caller: Caller) -> Body:
        """DescribeEndpointConfig."""
        return self.records.get(asked["EndpointConfigName"])

    def delete(self, asked: Body, caller: Caller) -> Body:
        """DeleteEndpointConfig. An endpoint that uses it goes on serving."""
        self.records.remove(asked["EndpointConfigName"])
        return {}

    def _variant(self, variant: Body) -> Body:
        name = variant["VariantName"]
        if not variant.get("ModelName"):
            raise ServiceError("ValidationException", f"Variant {name} names no model to serve.")
        self.models.to_serve(variant["ModelName"])
        if bool(variant.get("InstanceType")) == bool(variant.get("ServerlessConfig")):
            raise ServiceError(
                "ValidationException", f"Variant {name} needs either InstanceType or ServerlessConfig, and not both."
            )
        return {"InitialVariantWeight": 1.0, **variant}
