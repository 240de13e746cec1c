"""SageMaker put together: every action with the part that serves it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from localaws.container.platform import Platform
from localaws.gateway.caller import Caller
from localaws.gateway.config import Config
from localaws.gateway.messages import Answer, Request, ServiceError
from localaws.gateway.pages import JSON, Page
from localaws.gateway.shapes import Shapes
from localaws.sagemaker import kinds, listing, permissions, runtime
from localaws.sagemaker.actions import Action, Actions, Body
from localaws.sagemaker.endpoint_configs import EndpointConfigs
from localaws.sagemaker.endpoints import Endpoints
from localaws.sagemaker.kinds import Kind
from localaws.sagemaker.model_package_groups import ModelPackageGroups
from localaws.sagemaker.model_packages import ModelPackages
from localaws.sagemaker.models import Models
from localaws.sagemaker.place import Place
from localaws.sagemaker.processing_jobs import ProcessingJobs
from localaws.sagemaker.records import Records
from localaws.sagemaker.tags import Tags
from localaws.sagemaker.training_jobs import TrainingJobs
from localaws.sagemaker.transform_jobs import TransformJobs
from localaws.sagemaker.tuning_jobs import TuningJobs


class SageMaker:
    """The service for the gateway: a request and its caller in, an answer out."""

    def __init__(self, config: Config) -> None:
        self.place = Place(config.account_id, config.region)
        platform, tags, self.shapes = Platform(config), Tags(), Shapes("sagemaker")
        self.records = {kind.name: Records(kind, self.place, tags) for kind in kinds.KINDS}
        packages = ModelPackages(self.records["ModelPackageGroup"], self.place, tags, self.shapes)
        models = Models(self.records["Model"], packages, platform)
        configs = EndpointConfigs(self.records["EndpointConfig"], models)
        self.endpoints = Endpoints(self.records["Endpoint"], configs, models, platform)
        self.training = TrainingJobs(self.records["TrainingJob"], platform)
        self.jobs = (
            self.training,
            TuningJobs(self.records["HyperParameterTuningJob"], self.training),
            ProcessingJobs(self.records["ProcessingJob"], platform),
            TransformJobs(self.records["TransformJob"], models, platform),
        )
        groups = ModelPackageGroups(self.records["ModelPackageGroup"])
        parts = (tags, packages, groups, models, configs, self.endpoints, *self.jobs)
        self.actions: Actions = {name: action for part in parts for name, action in part.actions().items()}
        self.actions |= {f"List{kind.name}s": self._listing(kind) for kind in kinds.KINDS}
        self.shapes.read(self.actions)

    def __call__(self, request: Request, caller: Caller) -> Answer:
        """Serve one request, of the control plane or of the runtime."""
        if found := runtime.PATH.match(request.path):
            name = unquote(found["name"])
            caller.require("sagemaker:InvokeEndpoint", self.place.arn("endpoint", name))
            return runtime.invoke(self.endpoints, name, request)
        action = self.actions.get(request.action)
        if action is None:
            raise self._unknown(request)
        asked = request.parameters()
        self._authorise(request.action, asked, caller)
        self.shapes.check(request.action, asked)
        return Answer(action(asked, caller))

    def status(self) -> dict[str, Any]:
        """What runs: for the health page."""
        shown = ("EndpointName", "EndpointStatus", "EndpointConfigName", "FailureReason")
        endpoints = [{k: e[k] for k in shown if k in e} for e in self.records["Endpoint"].all()]
        jobs = [{"kind": part.kind.name, "name": name} for part in self.jobs for name in part.running()]
        return {"endpoints": endpoints, "jobs": jobs}

    def pages(self) -> list[Page]:
        """What is served under /_localaws/ besides: an interruption of a spot job, which on AWS nobody can ask for."""
        return [Page("POST", "training-jobs/{name}/reclaim", self._reclaim)]

    def _reclaim(self, path: Mapping[str, str], body: bytes) -> Answer:
        return Answer(self.training.reclaim(path["name"]), headers=JSON)

    def _authorise(self, action: str, asked: Body, caller: Caller) -> None:
        """Every resource of the action must be allowed, and tagging while creating is an action of its own."""
        tags = {tag["Key"]: tag["Value"] for tag in asked.get("Tags") or [] if {"Key", "Value"} <= tag.keys()}
        keys: dict[str, Any] = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
        if tags:
            keys["aws:TagKeys"] = list(tags)
        if "ModelApprovalStatus" in asked and not action.startswith("List"):
            keys["sagemaker:ModelApprovalStatus"] = asked["ModelApprovalStatus"]
        resources = permissions.resources(action, asked, self.place)
        for resource in resources:
            caller.require(f"sagemaker:{action}", resource, keys)
        if tags and action != "AddTags":
            caller.require("sagemaker:AddTags", resources[0], keys)

    def _listing(self, kind: Kind) -> Action:
        def serve(asked: Body, caller: Caller) -> Body:
            records = self.records[kind.name].all()
            found = listing.filtered(records, asked, kind.name_key, kind.status_key)
            found = listing.ordered(found, asked, kind.name_key, kind.status_key, kind.newest_first)
            return listing.page(found, asked, kind.summaries_key, self.shapes.members(kind.summary_shape))

        return serve

    def _unknown(self, request: Request) -> ServiceError:
        name = request.action or f"{request.method} {request.path}"
        if request.action in self.shapes.known_to_aws:
            return ServiceError("UnsupportedOperationException", f"The embedded SageMaker does not serve {name}.")
        return ServiceError("UnknownOperationException", f"SageMaker has no action {name}.")
