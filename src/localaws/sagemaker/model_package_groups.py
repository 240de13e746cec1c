"""Model package groups: the names under which models are versioned, with their resource policies."""

from __future__ import annotations

import json

from localaws.gateway.caller import Caller
from localaws.gateway.messages import ServiceError
from localaws.sagemaker.actions import Actions, Body
from localaws.sagemaker.records import Records


class ModelPackageGroups:
    """Serves the actions on groups."""

    def __init__(self, records: Records) -> None:
        self.records = records

    def actions(self) -> Actions:
        """What is served here; deleting is the model packages' business."""
        return {
            "CreateModelPackageGroup": self.create,
            "DescribeModelPackageGroup": self.describe,
            "GetModelPackageGroupPolicy": self.get_policy,
            "PutModelPackageGroupPolicy": self.put_policy,
            "DeleteModelPackageGroupPolicy": self.delete_policy,
        }

    def create(self, asked: Body, caller: Caller) -> Body:
        """CreateModelPackageGroup."""
        return {"ModelPackageGroupArn": self.records.add(asked, ModelPackageGroupStatus="Completed")}

    def describe(self, asked: Body, caller: Caller) -> Body:
        """DescribeModelPackageGroup."""
        group = self.records.get(name_of(asked))
        return {key: value for key, value in group.items() if key != "ResourcePolicy"}

    def get_policy(self, asked: Body, caller: Caller) -> Body:
        """GetModelPackageGroupPolicy."""
        group = self.records.get(name_of(asked))
        if "ResourcePolicy" not in group:
            raise ServiceError(
                "ValidationException", f"Cannot find Model Package Group Policy of {group['ModelPackageGroupArn']}."
            )
        return {"ResourcePolicy": group["ResourcePolicy"]}

    def put_policy(self, asked: Body, caller: Caller) -> Body:
        """PutModelPackageGroupPolicy."""
        group = self.records.get(name_of(asked))
        try:
            json.loads(asked["ResourcePolicy"])
        except ValueError as error:
            raise ServiceError("ValidationException", f"ResourcePolicy is not JSON: {error}.") from error
        self.records.change(group["ModelPackageGroupName"], ResourcePolicy=asked["ResourcePolicy"])
        return {"ModelPackageGroupArn": group["ModelPackageGroupArn"]}

    def delete_policy(self, asked: Body, caller: Caller) -> Body:
        """DeleteModelPackageGroupPolicy."""
        self.get_policy(asked, caller)
        self.records.change(name_of(asked), ResourcePolicy=None)
        return {}


def name_of(asked: Body) -> str:
    """A group may be named by its ARN."""
    return str(asked["ModelPackageGroupName"]).rsplit("/", 1)[-1]
