"""Projects, as they are asked for and with the defaults that AWS adds."""

from __future__ import annotations

import copy
import threading
import time
from typing import Any

from localaws import roles
from localaws.codebuild.place import PRINCIPAL, Place, invalid, missing
from localaws.gateway.actions import Actions, Body
from localaws.gateway.caller import Caller
from localaws.gateway.messages import ServiceError

MINUTES, QUEUED_MINUTES = 60, 480
DEFAULT_KEY = "arn:aws:kms:{region}:{account}:alias/aws/s3"
REPLACED_BY_NOTHING = {"vpcConfig": {}, "concurrentBuildLimit": -1}  # how UpdateProject takes a setting away
UNTRUSTED = (
    "CodeBuild is not authorized to perform: sts:AssumeRole on service role. Please verify that: 1) The provided "
    "service role exists, 2) The role name is case-sensitive and matches exactly, and 3) The role has the necessary "
    "trust policy configured. Role: {role}"
)


class Projects:
    """Serves the actions on projects."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._projects: dict[str, Body] = {}
        self._lock = threading.RLock()

    def actions(self) -> Actions:
        """What is served here."""
        return {
            "CreateProject": self.create,
            "BatchGetProjects": self.batch_get,
            "UpdateProject": self.update,
            "DeleteProject": self.delete,
            "ListProjects": self.list,
        }

    def names(self) -> list[str]:
        """What stands."""
        with self._lock:
            return sorted(self._projects)

    def find(self, given: str) -> Body:
        """A copy of a project, by name or ARN."""
        name = self.place.name("project", given)
        with self._lock:
            if name not in self._projects:
                raise missing(f"Project cannot be found: {self.place.arn('project', name)}")
            return copy.deepcopy(self._projects[name])

    def create(self, asked: Body, caller: Caller) -> Body:
        """CreateProject. The role must exist and trust CodeBuild already, as AWS wants it."""
        name = asked["name"]
        self._check(asked)
        self.check_role(asked["serviceRole"], name, caller)
        with self._lock:
            if name in self._projects:
                arn = self.place.arn("project", name)
                raise ServiceError("ResourceAlreadyExistsException", f"Project already exists: {arn}")
            now = time.time()
            made = self._defaults(asked) | {"arn": self.place.arn("project", name), "created": now}
            self._projects[name] = _completed(made | copy.deepcopy(asked) | {"lastModified": now})
            return {"project": copy.deepcopy(self._projects[name])}

    def update(self, asked: Body, caller: Caller) -> Body:
        """UpdateProject: what is given is replaced whole."""
        name = asked["name"]
        changed = self.find(name) | copy.deepcopy(asked) | {"lastModified": time.time()}
        for key, nothing in REPLACED_BY_NOTHING.items():
            if changed.get(key) == nothing:
                del changed[key]
        self._check(changed)
        if asked.get("serviceRole"):
            self.check_role(asked["serviceRole"], name, caller)
        with self._lock:
            self._projects[name] = _completed(changed)
            return {"project": copy.deepcopy(self._projects[name])}

    def delete(self, asked: Body, caller: Caller) -> Body:
        """DeleteProject. AWS is content with one that is gone already."""
        with self._lock:
            self._projects.pop(self.place.name("project", asked["name"]), None)
        return {}

    def batch_get(self, asked: Body, caller: Caller) -> Body:
        """BatchGetProjects, by name or ARN."""
        found, gone = [], []
        for given in asked["names"]:
            try:
                found.append(self.find(given))
            except ServiceError:
                gone.append(given)
        for project in found[1:]:  # the first was asked for before we were called
            caller.require("codebuild:BatchGetProjects", project["arn"])
        return {"projects": found, "projectsNotFound": gone}

    def list(self, asked: Body, caller: Caller) -> Body:
        """ListProjects."""
        return {"projects": sorted(self.names(), reverse=asked.get("sortOrder") == "DESCENDING")}

    def check_role(self, role_arn: str, project: str, caller: Caller) -> None:
        """Refuse a role that the caller may not pass, or that CodeBuild could not take."""
        caller.require("iam:PassRole", role_arn, {"iam:PassedToService": PRINCIPAL})
        role, source = roles.find(role_arn), self.place.arn("project", project)
        if role is None or not roles.trusts(role.get("AssumeRolePolicyDocument", "{}"), PRINCIPAL, role_arn, source):
            raise invalid(UNTRUSTED.format(role=role_arn))

    def _check(self, project: Body) -> None:
        """CODEPIPELINE on one side only is what AWS refuses; so is a source without a place."""
        source, artifacts = project["source"], project["artifacts"]
        if (source["type"] == "CODEPIPELINE") != (artifacts["type"] == "CODEPIPELINE"):
            raise invalid("Invalid artifacts: source and artifacts must both have the type CODEPIPELINE, or neither.")
        if source["type"] not in ("CODEPIPELINE", "NO_SOURCE") and not source.get("location"):
            raise invalid(f"Invalid project source: location is required for a source of type {source['type']}.")
        if source["type"] == "NO_SOURCE" and not source.get("buildspec"):
            raise invalid("Invalid project source: a buildspec is required for a source of type NO_SOURCE.")
        if artifacts["type"] == "S3" and not artifacts.get("location"):
            raise invalid("Invalid artifacts: location is required for artifacts of type S3.")

    def _defaults(self, asked: Body) -> Body:
        here = {"region": self.place.region, "account": self.place.account_id}
        return {
            "badge": {"badgeEnabled": False},
            "cache": {"type": "NO_CACHE"},
            "encryptionKey": DEFAULT_KEY.format(**here),
            "projectVisibility": "PRIVATE",
            "queuedTimeoutInMinutes": QUEUED_MINUTES,
            "tags": [],
            "timeoutInMinutes": MINUTES,
        }


def _completed(project: Body) -> Body:
    """The defaults inside of what was given."""
    if "badgeEnabled" in project:
        project["badge"] = {"badgeEnabled": project.pop("badgeEnabled")}
    kept: dict[str, Any] = {
        "environmentVariables": [],
        "privilegedMode": False,
        "imagePullCredentialsType": "CODEBUILD",
    }
    project["environment"] = kept | project["environment"]
    for variable in project["environment"]["environmentVariables"]:
        variable.setdefault("type", "PLAINTEXT")
    for source in [project["source"], *project.get("secondarySources", [])]:
        source.setdefault("insecureSsl", False)
    for artifacts in [project["artifacts"], *project.get("secondaryArtifacts", [])]:
        _complete_artifacts(artifacts, project["name"])
    return project


def _complete_artifacts(artifacts: Body, name: str) -> None:
    if artifacts["type"] == "NO_ARTIFACTS":
        return
    artifacts.setdefault("name", name)
    artifacts.setdefault("encryptionDisabled", False)
    artifacts.setdefault("packaging", "NONE")
    if artifacts["type"] == "S3":
        artifacts.setdefault("namespaceType", "NONE")
