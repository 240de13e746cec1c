"""Job definitions: what a job runs, in revisions that never change."""

from __future__ import annotations

import copy
import threading

from localaws.batch.place import Place, refused
from localaws.gateway.actions import Actions, Body
from localaws.gateway.caller import Caller
from localaws.gateway.tag_store import TagStore

KIND = "job-definition"
TASKS = "ecs-tasks.amazonaws.com"
ROLES = ("executionRoleArn", "jobRoleArn")
NOT_HERE = ("ecsProperties", "eksProperties", "nodeProperties")
KEPT = ("parameters", "platformCapabilities", "propagateTags", "retryStrategy", "schedulingPriority", "timeout")
LISTS = ("environment", "mountPoints", "resourceRequirements", "secrets", "ulimits", "volumes")  # told even when empty


class Definitions:
    """Serves the actions on them."""

    def __init__(self, place: Place, tags: TagStore) -> None:
        self.place, self.tags = place, tags
        self.records: dict[str, Body] = {}  # by ARN, oldest first
        self._lock = threading.RLock()

    def actions(self) -> Actions:
        """What is served here."""
        return {
            "DeregisterJobDefinition": self.deregister,
            "DescribeJobDefinitions": self.describe,
            "RegisterJobDefinition": self.register,
        }

    def register(self, asked: Body, caller: Caller) -> Body:
        """RegisterJobDefinition. Whoever registers lends the roles to the containers."""
        given = [name for name in NOT_HERE if asked.get(name)]
        if asked["type"] != "container" or given or not asked.get("containerProperties"):
            raise refused(
                f"The embedded AWS runs definitions of type container with containerProperties, not "
                f"{', '.join(given) or asked['type']}."
            )
        container = copy.deepcopy(asked["containerProperties"])
        for role in filter(None, [container.get(name) for name in ROLES]):
            caller.require("iam:PassRole", role, {"iam:PassedToService": TASKS})
        on_fargate = "FARGATE" in (asked.get("platformCapabilities") or [])
        if on_fargate and not container.get("executionRoleArn"):
            raise refused("Error executing request, Exception : EXECUTION_ROLE_ARN is required for Fargate jobs")
        name = asked["jobDefinitionName"]
        container = {**{key: [] for key in LISTS}, "command": [], **container}
        with self._lock:
            revision = 1 + max((each["revision"] for each in self._revisions(name)), default=0)
            arn = self.place.arn(f"{KIND}/{name}:{revision}")
            self.records[arn] = {
                "jobDefinitionName": name, "jobDefinitionArn": arn, "revision": revision, "status": "ACTIVE",
                "type": "container", "containerProperties": container, "containerOrchestrationType": "ECS",
                "parameters": {}, **{key: copy.deepcopy(asked[key]) for key in KEPT if asked.get(key) is not None},
            }  # fmt: skip
        self.tags.add(arn, asked.get("tags") or {})
        return {"jobDefinitionName": name, "jobDefinitionArn": arn, "revision": revision}

    def deregister(self, asked: Body, caller: Caller) -> Body:
        """DeregisterJobDefinition: AWS goes on describing it as INACTIVE."""
        with self._lock:
            self.find(asked["jobDefinition"])["status"] = "INACTIVE"
        return {}

    def describe(self, asked: Body, caller: Caller) -> Body:
        """DescribeJobDefinitions, by name, by list, by status."""
        names, name, status = asked.get("jobDefinitions"), asked.get("jobDefinitionName"), asked.get("status")
        with self._lock:
            found = [
                each for each in self.records.values()
                if (not names or self._is_one_of(each, names))
                and name in (None, each["jobDefinitionName"]) and status in (None, each["status"])
            ]  # fmt: skip
            told = [{**copy.deepcopy(each), "tags": self.tags.of(each["jobDefinitionArn"])} for each in found]
        return {"jobDefinitions": told}

    def find(self, named: str) -> Body:
        """The active revision that a job names: by ARN, by name and revision, or the newest of a name."""
        short = named.rsplit("/", 1)[-1]
        name, _, revision = short.partition(":")
        with self._lock:
            active = [each for each in self._revisions(name) if each["status"] == "ACTIVE"]
            found = [each for each in active if revision in ("", str(each["revision"]))]
        if not found:
            raise refused(f"JobDefinition {named} does not exist or is not ACTIVE")
        return found[-1]

    def _revisions(self, name: str) -> list[Body]:
        return [each for each in self.records.values() if each["jobDefinitionName"] == name]

    def _is_one_of(self, record: Body, names: list[str]) -> bool:
        known = (record["jobDefinitionArn"], record["jobDefinitionName"])
        return any(name in (*known, f"{known[1]}:{record['revision']}") for name in names)
