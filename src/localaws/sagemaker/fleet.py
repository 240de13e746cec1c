"""The model servers behind one configuration of an endpoint, and the choice among them."""

from __future__ import annotations

import random
from contextlib import ExitStack
from typing import Any

from localaws.container.failure import JobFailed
from localaws.container.platform import Platform
from localaws.container.serving import ModelServer
from localaws.gateway.messages import ServiceError
from localaws.sagemaker.models import Models

LOG_GROUP = "/aws/sagemaker/Endpoints"
BY_WEIGHT = random.Random()  # noqa: S311  (spreads load, guards nothing)


class Fleet:
    """One server per variant, whatever instance count was asked for: this is one machine."""

    def __init__(self, endpoint: str, arn: str, config: dict[str, Any], models: Models, platform: Platform) -> None:
        self.config_name: str = config["EndpointConfigName"]
        self.variants: list[dict[str, Any]] = config["ProductionVariants"]
        self.servers: dict[str, ModelServer] = {}
        self._sessions = ExitStack()
        try:
            for variant in self.variants:
                self._start(endpoint, arn, variant, models, platform)
        except BaseException:
            self.stop()
            raise

    def _start(self, endpoint: str, arn: str, variant: dict[str, Any], models: Models, platform: Platform) -> None:
        name, model = variant["VariantName"], models.to_serve(variant["ModelName"])
        session = self._sessions.enter_context(platform.session(model.role_arn, endpoint, arn))
        group = f"{LOG_GROUP}/{endpoint}"
        server = self.servers[name] = ModelServer(platform, session, f"{endpoint}/{name}", group, model.container)
        timeout = variant.get("ContainerStartupHealthCheckTimeoutInSeconds")
        if not (server.await_ping(timeout) if timeout else server.await_ping()):
            raise JobFailed(
                f"The primary container for production variant {name} did not pass the ping health check. "
                f"Please check CloudWatch logs for this endpoint: {group}."
            )

    def summary(self) -> list[dict[str, Any]]:
        """ProductionVariants as DescribeEndpoint shows them."""
        return [self._shown(variant) for variant in self.variants]

    def choose(self, wanted: str | None) -> tuple[str, ModelServer]:
        """The variant that was asked for, or one by weight."""
        if wanted:
            if wanted not in self.servers:
                raise ServiceError("ValidationError", f"Variant {wanted} is not one of {', '.join(self.servers)}.")
            return wanted, self.servers[wanted]
        weights = [variant["InitialVariantWeight"] for variant in self.variants]
        names = [variant["VariantName"] for variant in self.variants]
        chosen = BY_WEIGHT.choices(names, weights)[0] if any(weights) else names[0]
        return chosen, self.servers[chosen]

    def drain(self) -> None:
        """Let the requests end that were on their way when others took over."""
        for server in self.servers.values():
            server.drain()

    def stop(self) -> None:
        """End all servers and give their credentials back."""
        for server in self.servers.values():
            server.stop()
        self._sessions.close()

    @staticmethod
    def _shown(variant: dict[str, Any]) -> dict[str, Any]:
        weight = variant["InitialVariantWeight"]
        shown = {"VariantName": variant["VariantName"], "CurrentWeight": weight, "DesiredWeight": weight}
        if "ServerlessConfig" in variant:
            return shown | {"CurrentServerlessConfig": variant["ServerlessConfig"]}
        count = variant.get("InitialInstanceCount", 1)
        return shown | {"CurrentInstanceCount": count, "DesiredInstanceCount": count}
