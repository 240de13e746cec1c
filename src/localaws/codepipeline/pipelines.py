"""The pipelines of the account, with their versions and tags."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from localaws.codepipeline import declaration, role
from localaws.gateway.actions import Actions, Body
from localaws.gateway.caller import Caller
from localaws.gateway.checked import as_map
from localaws.gateway.messages import ServiceError
from localaws.gateway.tag_actions import tag_actions
from localaws.gateway.tag_store import TagStore

MOST_PIPELINES = 1000  # of a region


@dataclass(frozen=True)
class Pipeline:
    """One version of a pipeline. Times are seconds since 1970."""

    declared: Body
    version: int
    created: float
    updated: float

    @property
    def described(self) -> Body:
        """As GetPipeline shows it."""
        return {**copy.deepcopy(self.declared), "version": self.version}


class Pipelines:
    """Serves their life and tags. `made` and `gone` hear of a new one and of one that was deleted."""

    def __init__(self, account_id: str, region: str) -> None:
        self.account_id, self.region, self.tags = account_id, region, TagStore()
        self.made: Callable[[Pipeline, Caller], None] = lambda pipeline, caller: None
        self.gone: Callable[[str], None] = lambda name: None
        self._pipelines: dict[str, Pipeline] = {}
        self._lock = threading.RLock()

    def actions(self) -> Actions:
        """What is served here."""
        return {
            "CreatePipeline": self.create,
            "GetPipeline": self.get,
            "UpdatePipeline": self.update,
            "DeletePipeline": self.delete,
            "ListPipelines": self.list,
            **tag_actions(self.tags, self._known, "tags", "tagKeys", _as_list),
        }

    def arn(self, name: str) -> str:
        """A pipeline's."""
        return f"arn:aws:codepipeline:{self.region}:{self.account_id}:{name}"

    def find(self, name: str) -> Pipeline:
        """A pipeline, or AWS's error for one that is not there."""
        with self._lock:
            if name not in self._pipelines:
                message = f"Account '{self.account_id}' does not have a pipeline with name '{name}'"
                raise ServiceError("PipelineNotFoundException", message)
            return self._pipelines[name]

    def all(self) -> list[Pipeline]:
        """Every one, by name."""
        with self._lock:
            return [self._pipelines[name] for name in sorted(self._pipelines)]

    def create(self, asked: Body, caller: Caller) -> Body:
        """CreatePipeline. As on AWS, the new pipeline runs at once."""
        declared, now = self._checked(asked, caller), time.time()
        name = declared["name"]
        with self._lock:
            if name in self._pipelines:
                raise ServiceError("PipelineNameInUseException", f"A pipeline with the name '{name}' already exists")
            if len(self._pipelines) >= MOST_PIPELINES:
                raise ServiceError(
                    "LimitExceededException", f"There are {MOST_PIPELINES} pipelines; no more are allowed"
                )
            pipeline = self._pipelines[name] = Pipeline(declared, 1, now, now)
        self.tags.add(self.arn(name), as_map(asked.get("tags") or []))
        self.made(pipeline, caller)
        return {"pipeline": pipeline.described, "tags": asked.get("tags") or []}

    def get(self, asked: Body, caller: Caller) -> Body:
        """GetPipeline. Earlier versions are not kept here."""
        pipeline = self.find(asked["name"])
        if asked.get("version") not in (None, pipeline.version):
            message = f"Version {asked['version']} of pipeline '{asked['name']}' is not kept; it is {pipeline.version}"
            raise ServiceError("PipelineVersionNotFoundException", message)
        times = {"created": pipeline.created, "updated": pipeline.updated}
        return {"pipeline": pipeline.described, "metadata": {"pipelineArn": self.arn(asked["name"]), **times}}

    def update(self, asked: Body, caller: Caller) -> Body:
        """UpdatePipeline. What runs goes on as it was declared when it began."""
        declared = self._checked(asked, caller)
        with self._lock:
            old = self.find(declared["name"])
            new = Pipeline(declared, old.version + 1, old.created, time.time())
            self._pipelines[declared["name"]] = new
        return {"pipeline": new.described}

    def delete(self, asked: Body, caller: Caller) -> Body:
        """DeletePipeline. One that is not there is no error; what runs is abandoned."""
        name = asked["name"]
        with self._lock:
            if self._pipelines.pop(name, None) is None:
                return {}
        self.tags.forget(self.arn(name))
        self.gone(name)
        return {}

    def list(self, asked: Body, caller: Caller) -> Body:
        """ListPipelines."""
        return {
            "pipelines": [
                {
                    **{key: one.declared[key] for key in ("name", "pipelineType", "executionMode")},
                    **{"version": one.version, "created": one.created, "updated": one.updated},
                }
                for one in self.all()
            ]
        }

    def _checked(self, asked: Body, caller: Caller) -> Body:
        declared = declaration.filled({key: value for key, value in asked["pipeline"].items() if key != "version"})
        declaration.check(declared, self.region)
        role.check(declared["roleArn"], self.arn(declared["name"]), caller)
        return declared

    def _known(self, asked: Body) -> str:
        arn = str(asked["resourceArn"])
        with self._lock:
            if arn not in (self.arn(name) for name in self._pipelines):
                raise ServiceError("ResourceNotFoundException", f"The resource {arn} was not found")
        return arn


def _as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """CodePipeline writes the words for key and value small."""
    return [{"key": key, "value": value} for key, value in tags.items()]
