"""The model registry: versions of a model, whether they are approved, and what they scored."""

from __future__ import annotations

import copy
import threading
import time
from typing import Any

from localaws.gateway.caller import Caller
from localaws.gateway.messages import ServiceError
from localaws.gateway.shapes import Shapes
from localaws.sagemaker import listing
from localaws.sagemaker.actions import Actions, Body
from localaws.sagemaker.model_package_groups import name_of
from localaws.sagemaker.place import Place
from localaws.sagemaker.records import NOT_KEPT, Records
from localaws.sagemaker.tags import Tags

REMOVED_PROPERTIES = "CustomerMetadataPropertiesToRemove"
ADDED_SPECIFICATIONS = "AdditionalInferenceSpecificationsToAdd"


class ModelPackages:
    """Serves the actions on model packages. Its own records: a version has an ARN but no name."""

    def __init__(self, groups: Records, place: Place, tags: Tags, shapes: Shapes) -> None:
        self.groups, self.place, self.tags, self.shapes = groups, place, tags, shapes
        self._packages: dict[str, Body] = {}  # by ARN
        self._highest: dict[str, int] = {}  # group -> the highest version ever given; a number is never used twice
        self._lock = threading.RLock()

    def actions(self) -> Actions:
        """What is served here."""
        return {
            "CreateModelPackage": self.create,
            "DescribeModelPackage": self.describe,
            "UpdateModelPackage": self.update,
            "DeleteModelPackage": self.delete,
            "ListModelPackages": self.list,
            "DeleteModelPackageGroup": self.delete_group,
        }

    def create(self, asked: Body, caller: Caller) -> Body:
        """CreateModelPackage: the next version of a group, or a package with a name of its own."""
        if bool(asked.get("ModelPackageGroupName")) == bool(asked.get("ModelPackageName")):
            raise ServiceError(
                "ValidationException", "Give either ModelPackageGroupName, for a version, or ModelPackageName."
            )
        package = {key: copy.deepcopy(value) for key, value in asked.items() if key not in NOT_KEPT}
        with self._lock:
            package |= self._versioned(asked) if asked.get("ModelPackageGroupName") else self._named(asked)
            now = time.time()
            package |= {"ModelPackageStatus": "Completed", "CreationTime": now, "LastModifiedTime": now}
            package["ModelPackageStatusDetails"] = {"ValidationStatuses": []}
            self._packages[package["ModelPackageArn"]] = package
        self.tags.set(package["ModelPackageArn"], asked.get("Tags") or [])
        return {"ModelPackageArn": package["ModelPackageArn"]}

    def describe(self, asked: Body, caller: Caller) -> Body:
        """DescribeModelPackage, by ARN or by name."""
        return copy.deepcopy(self._get(asked["ModelPackageName"]))

    def update(self, asked: Body, caller: Caller) -> Body:
        """UpdateModelPackage: approval, properties, specifications."""
        with self._lock:
            package = self._get(asked["ModelPackageArn"])
            if "ModelApprovalStatus" in asked and "ModelPackageVersion" not in package:
                raise ServiceError("ValidationException", "Only versions of a group have an approval status.")
            changes = {key: value for key, value in asked.items() if key != "ModelPackageArn"}
            properties = package.get("CustomerMetadataProperties", {}) | changes.pop("CustomerMetadataProperties", {})
            for key in changes.pop(REMOVED_PROPERTIES, []):
                properties.pop(key, None)
            added = changes.pop(ADDED_SPECIFICATIONS, [])
            if added:
                package.setdefault("AdditionalInferenceSpecifications", []).extend(added)
            package.update(copy.deepcopy(changes), CustomerMetadataProperties=properties, LastModifiedTime=time.time())
        return {"ModelPackageArn": package["ModelPackageArn"]}

    def delete(self, asked: Body, caller: Caller) -> Body:
        """DeleteModelPackage."""
        with self._lock:
            package = self._get(asked["ModelPackageName"])
            del self._packages[package["ModelPackageArn"]]
        self.tags.forget(package["ModelPackageArn"])
        return {}

    def list(self, asked: Body, caller: Caller) -> Body:
        """ListModelPackages."""
        with self._lock:
            found = [{"ModelPackageName": "", **package} for package in self._packages.values()]
        kind = asked.get("ModelPackageType", "Versioned" if asked.get("ModelPackageGroupName") else "Unversioned")
        if kind != "Both":
            found = [package for package in found if ("ModelPackageVersion" in package) == (kind == "Versioned")]
        if asked.get("ModelPackageGroupName"):
            group = name_of(asked)
            found = [package for package in found if package.get("ModelPackageGroupName") == group]
        if asked.get("ModelApprovalStatus"):
            found = [package for package in found if package.get("ModelApprovalStatus") == asked["ModelApprovalStatus"]]
        found = listing.filtered(found, asked, "ModelPackageArn", "")
        found = listing.ordered(found, asked, "ModelPackageArn", "", newest_first=False)
        members = self.shapes.members("ModelPackageSummary")
        return listing.page(found, asked, "ModelPackageSummaryList", members)

    def delete_group(self, asked: Body, caller: Caller) -> Body:
        """DeleteModelPackageGroup. AWS refuses while versions are left."""
        name = name_of(asked)
        with self._lock:
            left = [p for p in self._packages.values() if p.get("ModelPackageGroupName") == name]
            self.groups.get(name)
            if left:
                raise ServiceError(
                    "ConflictException",
                    f"Model Package Group {name} still has {len(left)} model packages. Delete them first.",
                )
            self.groups.remove(name)
        return {}

    def container_of(self, container: Body) -> Body:
        """A container that names a model package takes image and artefact from there; any other is itself."""
        if not container.get("ModelPackageName"):
            return container
        package = self._get(container["ModelPackageName"])
        if package.get("ModelApprovalStatus", "Approved") != "Approved":
            raise ServiceError(
                "ValidationException",
                f"Model package {package['ModelPackageArn']} is {package['ModelApprovalStatus']}; approve it first.",
            )
        inside: Body = package["InferenceSpecification"]["Containers"][0]
        environment = {**inside.get("Environment", {}), **container.get("Environment", {})}
        return {**inside, **container, "Environment": environment}

    def _versioned(self, asked: Body) -> Body:
        group = self.groups.get(name_of(asked))["ModelPackageGroupName"]
        version = self._highest[group] = self._highest.get(group, 0) + 1
        return {
            "ModelPackageGroupName": group,
            "ModelPackageVersion": version,
            "ModelPackageArn": self.place.arn("model-package", f"{group}/{version}"),
            "ModelApprovalStatus": asked.get("ModelApprovalStatus", "PendingManualApproval"),
        }

    def _named(self, asked: Body) -> Body:
        arn = self.place.arn("model-package", asked["ModelPackageName"])
        if arn in self._packages:
            raise ServiceError("ConflictException", f"Model package already exists: {arn}")
        return {"ModelPackageArn": arn}

    def _get(self, name_or_arn: str) -> dict[str, Any]:
        arn = name_or_arn if name_or_arn.startswith("arn:") else self.place.arn("model-package", name_or_arn)
        with self._lock:
            if arn not in self._packages:
                raise ServiceError("ValidationException", f"ModelPackage {arn} does not exist.")
            return self._packages[arn]
