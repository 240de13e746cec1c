"""Models: a container with an artefact, and the role it runs under."""

from __future__ import annotations

from localaws.container.failure import JobFailed
from localaws.container.platform import Platform
from localaws.container.transform import ModelToServe
from localaws.gateway.caller import Caller
from localaws.gateway.messages import ServiceError
from localaws.sagemaker import execution_role
from localaws.sagemaker.actions import Actions, Body
from localaws.sagemaker.model_packages import ModelPackages
from localaws.sagemaker.records import Records


class Models:
    """Serves the actions on models."""

    def __init__(self, records: Records, packages: ModelPackages, platform: Platform) -> None:
        self.records, self.packages, self.platform = records, packages, platform

    def actions(self) -> Actions:
        """What is served here."""
        return {"CreateModel": self.create, "DescribeModel": self.describe, "DeleteModel": self.delete}

    def create(self, asked: Body, caller: Caller) -> Body:
        """CreateModel. The artefact must be there and readable for the role, as AWS asks for."""
        name = asked["ModelName"]
        self.records.refuse_taken(name)
        container = self._only_container(asked)
        role = asked.get("ExecutionRoleArn")
        if not role:
            raise ServiceError("ValidationException", f"Model {name} needs an ExecutionRoleArn to read its artefact.")
        execution_role.check(role, self.records.arn(name), caller)
        served = self.packages.container_of(container)
        self._check_artefact(name, served.get("ModelDataUrl"), role)
        return {"ModelArn": self.records.add(asked, EnableNetworkIsolation=asked.get("EnableNetworkIsolation", False))}

    def describe(self, asked: Body, caller: Caller) -> Body:
        """DescribeModel."""
        return self.records.get(asked["ModelName"])

    def delete(self, asked: Body, caller: Caller) -> Body:
        """DeleteModel. What serves it goes on serving."""
        self.records.remove(asked["ModelName"])
        return {}

    def to_serve(self, name: str) -> ModelToServe:
        """The container of a model, with image and artefact of its model package where it names one."""
        model = self.records.get(name)
        return ModelToServe(self.packages.container_of(self._only_container(model)), model["ExecutionRoleArn"])

    @staticmethod
    def _only_container(model: Body) -> Body:
        containers: list[Body] = [*([model["PrimaryContainer"]] if model.get("PrimaryContainer") else [])]
        containers += model.get("Containers") or []
        if len(containers) != 1:
            raise ServiceError(
                "ValidationException",
                f"Model {model['ModelName']} has {len(containers)} containers; the embedded AWS serves exactly one.",
            )
        if containers[0].get("ModelDataSource"):
            raise ServiceError(
                "UnsupportedOperationException",
                "The embedded AWS reads artefacts from ModelDataUrl only, not from ModelDataSource.",
            )
        return containers[0]

    def _check_artefact(self, name: str, uri: str | None, role: str) -> None:
        if not uri:
            return
        try:
            with self.platform.session(role, name, self.records.arn(name)) as session:
                is_there = session.storage.exists(uri)
        except JobFailed as failed:
            raise ServiceError("ValidationException", failed.reason) from failed
        if not is_there:
            raise ServiceError(
                "ValidationException",
                f"Could not find model data at {uri}. Please ensure that the object exists and that the role {role} "
                f'has "s3:GetObject" permissions on it.',
            )
