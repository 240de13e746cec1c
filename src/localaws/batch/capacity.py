"""Compute environments and the queues in front of them. Both must be disabled before they are deleted, as on AWS."""

from __future__ import annotations

import copy
import threading
from typing import Any

from localaws.batch.place import Place, refused
from localaws.gateway.actions import Actions, Body
from localaws.gateway.caller import Caller
from localaws.gateway.tag_store import TagStore

ENVIRONMENT, QUEUE = "compute-environment", "job-queue"
SPOT = ("FARGATE_SPOT", "SPOT")
HEALTHY = "ComputeEnvironment Healthy", "JobQueue Healthy"


class Capacity:
    """Serves the actions on both."""

    def __init__(self, place: Place, tags: TagStore) -> None:
        self.place, self.tags = place, tags
        self.environments: dict[str, Body] = {}  # by ARN
        self.queues: dict[str, Body] = {}
        self._lock = threading.RLock()

    def actions(self) -> Actions:
        """What is served here."""
        return {
            "CreateComputeEnvironment": self.create_environment,
            "CreateJobQueue": self.create_queue,
            "DeleteComputeEnvironment": self.delete_environment,
            "DeleteJobQueue": self.delete_queue,
            "DescribeComputeEnvironments": self.describe_environments,
            "DescribeJobQueues": self.describe_queues,
            "UpdateComputeEnvironment": self.update_environment,
            "UpdateJobQueue": self.update_queue,
        }

    def open_queue(self, name: str) -> Body:
        """The queue that a job is sent to, or a refusal."""
        with self._lock:
            queue = self._find(self.queues, QUEUE, name)
            if queue["state"] != "ENABLED":
                raise refused(f"Job queue {queue['jobQueueName']} is DISABLED; it takes no jobs.")
            return queue

    def known_queue(self, name: str) -> Body:
        """A queue, whatever its state."""
        with self._lock:
            return self._find(self.queues, QUEUE, name)

    def machines(self, queue: Body) -> Body:
        """The environment that stands first in a queue's order and is enabled."""
        with self._lock:
            order = sorted(queue["computeEnvironmentOrder"], key=lambda each: each["order"])
            found = [self.environments[each["computeEnvironment"]] for each in order]
            usable = [each for each in found if each["state"] == "ENABLED" and each["type"] == "MANAGED"]
        if not usable:
            raise refused(f"Job queue {queue['jobQueueName']} has no managed compute environment that is ENABLED.")
        return usable[0]

    def create_environment(self, asked: Body, caller: Caller) -> Body:
        """CreateComputeEnvironment."""
        name = asked["computeEnvironmentName"]
        arn = self.place.named(ENVIRONMENT, name)
        if asked["type"] == "MANAGED" and not asked.get("computeResources"):
            raise refused("computeResources must be provided for a MANAGED compute environment")
        role = asked.get("serviceRole") or (
            f"arn:aws:iam::{self.place.account_id}:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch"
        )
        record = {
            "computeEnvironmentName": name, "computeEnvironmentArn": arn, "type": asked["type"],
            "computeResources": copy.deepcopy(asked.get("computeResources") or {}), "serviceRole": role,
            "state": asked.get("state") or "ENABLED", "status": "VALID", "statusReason": HEALTHY[0],
            "ecsClusterArn": f"arn:aws:ecs:{self.place.region}:{self.place.account_id}:cluster/AWSBatch-{name}",
            "containerOrchestrationType": "ECS",
        }  # fmt: skip
        with self._lock:
            if arn in self.environments:
                raise refused("Object already exists")
            self.environments[arn] = {key: value for key, value in record.items() if value != {}}
        self.tags.add(arn, asked.get("tags") or {})
        return {"computeEnvironmentName": name, "computeEnvironmentArn": arn}

    def update_environment(self, asked: Body, caller: Caller) -> Body:
        """UpdateComputeEnvironment."""
        with self._lock:
            found = self._find(self.environments, ENVIRONMENT, asked["computeEnvironment"])
            found.update({key: asked[key] for key in ("serviceRole", "state") if asked.get(key)})
            if asked.get("computeResources"):
                found["computeResources"] = found.get("computeResources", {}) | copy.deepcopy(asked["computeResources"])
            return {key: found[key] for key in ("computeEnvironmentName", "computeEnvironmentArn")}

    def delete_environment(self, asked: Body, caller: Caller) -> Body:
        """DeleteComputeEnvironment."""
        arn = self.place.named(ENVIRONMENT, asked["computeEnvironment"])
        with self._lock:
            found = self.environments.get(arn)
            users = [
                queue["jobQueueName"] for queue in self.queues.values()
                if any(each["computeEnvironment"] == arn for each in queue["computeEnvironmentOrder"])
            ]  # fmt: skip
            if found and found["state"] == "ENABLED":
                raise refused("Cannot delete, state must be set to DISABLED")
            if users:
                raise refused(f"Cannot delete, found existing JobQueue relationship: {', '.join(users)}")
            self.environments.pop(arn, None)
        self.tags.forget(arn)
        return {}

    def describe_environments(self, asked: Body, caller: Caller) -> Body:
        """DescribeComputeEnvironments: those that are named, or all; a name that nothing bears is left out."""
        return {
            "computeEnvironments": self._described(self.environments, ENVIRONMENT, asked.get("computeEnvironments"))
        }

    def create_queue(self, asked: Body, caller: Caller) -> Body:
        """CreateJobQueue."""
        name = asked["jobQueueName"]
        arn = self.place.named(QUEUE, name)
        with self._lock:
            if arn in self.queues:
                raise refused("Object already exists")
            self.queues[arn] = {
                "jobQueueName": name, "jobQueueArn": arn, "state": asked.get("state") or "ENABLED",
                "status": "VALID", "statusReason": HEALTHY[1], "priority": asked["priority"],
                "computeEnvironmentOrder": self._order(asked.get("computeEnvironmentOrder") or []),
                "jobStateTimeLimitActions": copy.deepcopy(asked.get("jobStateTimeLimitActions") or []),
                **({"schedulingPolicyArn": asked["schedulingPolicyArn"]} if asked.get("schedulingPolicyArn") else {}),
            }  # fmt: skip
        self.tags.add(arn, asked.get("tags") or {})
        return {"jobQueueName": name, "jobQueueArn": arn}

    def update_queue(self, asked: Body, caller: Caller) -> Body:
        """UpdateJobQueue."""
        with self._lock:
            found = self._find(self.queues, QUEUE, asked["jobQueue"])
            if asked.get("computeEnvironmentOrder"):
                found["computeEnvironmentOrder"] = self._order(asked["computeEnvironmentOrder"])
            kept = ("state", "priority", "schedulingPolicyArn", "jobStateTimeLimitActions")
            found.update({key: copy.deepcopy(asked[key]) for key in kept if asked.get(key) is not None})
            return {key: found[key] for key in ("jobQueueName", "jobQueueArn")}

    def delete_queue(self, asked: Body, caller: Caller) -> Body:
        """DeleteJobQueue."""
        arn = self.place.named(QUEUE, asked["jobQueue"])
        with self._lock:
            found = self.queues.get(arn)
            if found and found["state"] == "ENABLED":
                raise refused("Cannot delete, state must be set to DISABLED")
            self.queues.pop(arn, None)
        self.tags.forget(arn)
        return {}

    def describe_queues(self, asked: Body, caller: Caller) -> Body:
        """DescribeJobQueues."""
        return {"jobQueues": self._described(self.queues, QUEUE, asked.get("jobQueues"))}

    def _order(self, asked: list[Any]) -> list[Any]:
        if not asked:
            raise refused("computeEnvironmentOrder must name at least one compute environment")
        for each in asked:
            self._find(self.environments, ENVIRONMENT, each["computeEnvironment"])
        return [
            {"order": each["order"], "computeEnvironment": self.place.named(ENVIRONMENT, each["computeEnvironment"])}
            for each in asked
        ]

    def _find(self, records: dict[str, Body], kind: str, name: str) -> Body:
        arn = self.place.named(kind, name)
        if arn not in records:
            raise refused(f"{arn} does not exist")
        return records[arn]

    def _described(self, records: dict[str, Body], kind: str, names: list[str] | None) -> list[Body]:
        with self._lock:
            arns = [self.place.named(kind, name) for name in names] if names else list(records)
            return [{**copy.deepcopy(records[arn]), "tags": self.tags.of(arn)} for arn in arns if arn in records]
