"""AWS Batch as the gateway serves it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localaws.batch.capacity import ENVIRONMENT, QUEUE, Capacity
from localaws.batch.definitions import KIND, Definitions
from localaws.batch.jobs import Jobs
from localaws.batch.place import Place
from localaws.container.platform import Platform
from localaws.gateway.actions import Actions, Body
from localaws.gateway.config import Config
from localaws.gateway.messages import Answer, ServiceError
from localaws.gateway.pages import JSON, Page
from localaws.gateway.tag_actions import tag_actions
from localaws.gateway.tag_store import TagStore

NAMED = (  # what a request names, and the kind of ARN that makes
    ("computeEnvironmentName", ENVIRONMENT),
    ("computeEnvironment", ENVIRONMENT),
    ("jobQueueName", QUEUE),
    ("jobDefinitionName", KIND),
    ("jobId", "job"),
)
READS = ("Describe", "List")


class Batch:
    """All its actions, and what policies are asked about."""

    def __init__(self, config: Config) -> None:
        self.place, self.tags = Place(config.account_id, config.region), TagStore()
        self.capacity = Capacity(self.place, self.tags)
        self.definitions = Definitions(self.place, self.tags)
        self.jobs = Jobs(self.place, Platform(config), self.capacity, self.definitions, self.tags)

    def actions(self) -> Actions:
        """What is served here."""
        return {
            **self.capacity.actions(),
            **self.definitions.actions(),
            **self.jobs.actions(),
            **tag_actions(self.tags, self._known, "tags", "tagKeys"),
        }

    def resource(self, action: str, asked: Body) -> str:
        """AWS knows no resource for what is read; a job is submitted on its definition, and on its queue besides."""
        if asked.get("resourceArn"):
            return str(asked["resourceArn"])
        if action.startswith(READS):
            return "*"
        if action in ("SubmitJob", "DeregisterJobDefinition"):
            return self.place.named(KIND, str(asked["jobDefinition"]))
        found = [(kind, asked[name]) for name, kind in (*NAMED, ("jobQueue", QUEUE)) if asked.get(name)]
        return self.place.named(*found[0]) if found else "*"

    def condition_keys(self, asked: Body) -> dict[str, Any]:
        """None that a policy of ours asks for."""
        return {}

    def inventory(self) -> dict[str, list[str]]:
        """What stands; definitions that were deregistered do not."""
        active = [arn for arn, each in self.definitions.records.items() if each["status"] == "ACTIVE"]
        return {
            "compute_environments": [each["computeEnvironmentName"] for each in self.capacity.environments.values()],
            "job_definitions": [arn.rsplit("/", 1)[-1] for arn in active],
            "job_queues": [each["jobQueueName"] for each in self.capacity.queues.values()],
            "jobs": self.jobs.ids(),
        }

    def pages(self) -> list[Page]:
        """What a person can do to a job that AWS does by itself."""
        return [Page("POST", "batch-jobs/{id}/reclaim", self._reclaim)]

    def _known(self, asked: Body) -> str:
        arn = str(asked["resourceArn"])
        known = (*self.capacity.environments, *self.capacity.queues, *self.definitions.records)
        if arn not in known and not self.jobs.knows(arn):
            raise ServiceError("ClientException", f"{arn} does not exist", 404)
        return arn

    def _reclaim(self, path: Mapping[str, str], body: bytes) -> Answer:
        return Answer(self.jobs.reclaim(path["id"]), headers=JSON)
