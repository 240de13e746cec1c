"""POST /_localaws/pushed: what a repository's hook tells after a push, and the pipelines that start because of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from localaws.codepipeline import triggers
from localaws.codepipeline.operations import Operations
from localaws.codepipeline.pipelines import Pipeline, Pipelines
from localaws.codepipeline.repository import NOTHING, GitFailed, Repository
from localaws.codepipeline.triggers import Push
from localaws.gateway.messages import Answer, ServiceError
from localaws.gateway.pages import JSON

NEEDED = ("repository", "branch", "before", "after")
SHOWN = 2  # changed files that are named; the rest is a number


class Pushes:
    """Serves the page."""

    def __init__(self, pipelines: Pipelines, operations: Operations, repositories: Mapping[str, Path]) -> None:
        self.pipelines, self.operations, self.repositories = pipelines, operations, repositories

    def page(self, path: Mapping[str, str], body: bytes) -> Answer:
        """`said` are lines for the person who pushed, `started` the executions."""
        given = _read(body)
        push = self._push(given)
        if push is None:
            return Answer({"said": ["The branch is gone; no pipeline starts."], "started": []}, headers=JSON)
        said, started = self._overtaken(push, given["after"]), []
        for pipeline in self.pipelines.all():
            if triggers.watches(pipeline.declared, push.repository):
                line, execution = self._offer(pipeline, push)
                said.append(line)
                started += [{"pipeline": pipeline.declared["name"], "execution": execution}] if execution else []
        return Answer({"said": said or [f"No pipeline watches {push.repository}."], "started": started}, headers=JSON)

    def _push(self, told: Mapping[str, str]) -> Push | None:
        if told["repository"] not in self.repositories:
            known = ", ".join(self.repositories) or "none"
            message = f"The repository {told['repository']} is not known here; known are: {known}."
            raise ServiceError("RepositoryNotFoundException", message)
        if told["after"] == NOTHING:
            return None
        repository = Repository(self.repositories[told["repository"]])
        try:
            commit, head = repository.commit(told["after"]), repository.head(told["branch"])
            files = repository.changed_files(told["before"], head)
        except GitFailed as failed:
            message = f"Commit {told['after']} of {told['repository']} cannot be read: {failed}"
            raise ServiceError("ValidationException", message) from failed
        if not repository.is_part_of(commit, head):
            message = f"{told['branch']} is at {head} and does not hold {commit}; only what it holds is deployed."
            raise ServiceError("ValidationException", message)
        return Push(told["repository"], told["branch"], head, tuple(files))

    @staticmethod
    def _overtaken(push: Push, after: str) -> list[str]:
        """Nobody may bring an older commit back by telling of it once more."""
        if push.commit.startswith(after):
            return []
        return [f"{after[:7]} is overtaken: {push.branch} is at {push.commit[:7]} already, and that is deployed"]

    def _offer(self, pipeline: Pipeline, push: Push) -> tuple[str, str]:
        """What is said of one pipeline, and the id of its execution."""
        name = pipeline.declared["name"]
        started = triggers.started_by(pipeline.declared, push)
        if started is None:
            return f"{name}: nothing for it in this push", ""
        because = ", ".join(started.because[:SHOWN])
        if more := len(started.because) - SHOWN:
            because += f" and {more} more" if more > 0 else ""
        because = because or f"a push to {push.branch}"
        try:
            detail = f"{push.repository}, branch {push.branch}: {because}"
            execution = self.operations.begin(pipeline, "WebhookV2", detail, {started.action: push.commit})
        except ServiceError as refused:
            return f"{name}: did not start: {refused.message}", ""
        return f"{name}: execution {execution.id[:8]} starts, because of {because}", execution.id


def _read(body: bytes) -> dict[str, str]:
    try:
        given = json.loads(body)
    except ValueError as error:
        raise ServiceError("SerializationException", f"The body is not JSON: {error}") from error
    if not isinstance(given, dict) or not all(isinstance(given.get(key), str) and given[key] for key in NEEDED):
        raise ServiceError("ValidationException", f"The body must be an object with {', '.join(NEEDED)}, each a text.")
    return given
