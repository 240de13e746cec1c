"""Builds: started, queued where too many run at once, run in a thread each, stopped.

As on AWS, a project's own limit refuses the build above it, and only the limit of the account lets it wait.
https://docs.aws.amazon.com/codebuild/latest/userguide/builds-working.html
"""

from __future__ import annotations

import threading
from typing import Any

from ministack.services import sts

from localaws.codebuild import start
from localaws.codebuild.machine import Machine
from localaws.codebuild.place import missing, project_of
from localaws.codebuild.projects import Projects
from localaws.codebuild.record import Build
from localaws.codebuild.runner import MINUTE_SECONDS, Runner
from localaws.gateway.actions import Actions, Body
from localaws.gateway.caller import Caller
from localaws.gateway.log import logger
from localaws.gateway.messages import ServiceError

AT_ONCE = 10  # of the account; a new account of AWS's has as few


class Builds:
    """Serves the actions on builds."""

    def __init__(self, machine: Machine, projects: Projects) -> None:
        self.machine, self.projects = machine, projects
        self._builds: dict[str, Build] = {}  # oldest first
        self._tokens: dict[tuple[str, str], str] = {}
        self._running: list[str] = []  # ids in the order of their start, those that wait among them
        self._changed = threading.Condition()

    def actions(self) -> Actions:
        """What is served here."""
        return {
            "StartBuild": self.start,
            "RetryBuild": self.retry,
            "StopBuild": self.stop,
            "BatchGetBuilds": self.batch_get,
            "ListBuilds": self.list,
            "ListBuildsForProject": self.list,
        }

    def start(self, asked: Body, caller: Caller) -> Body:
        """StartBuild. The same token starts no second build."""
        project = self.projects.find(asked["projectName"])
        one = start.overridden(project, asked)
        if "serviceRoleOverride" in asked:
            self.projects.check_role(one["serviceRole"], one["name"], caller)
        token = (one["name"], str(asked.get("idempotencyToken")))
        with self._changed:
            if asked.get("idempotencyToken") and token in self._tokens:
                return {"build": self._builds[self._tokens[token]].described()}
            self._refuse_too_many(project)
            number = 1 + sum(build.project == one["name"] for build in self._builds.values())
            made = start.record(one, self.machine.place, self.machine.logs, number, initiator(caller))
            build = Build(made, asked, one["artifacts"])
            self._builds[build.id] = build
            self._tokens[token] = build.id
            self._running.append(build.id)
        threading.Thread(target=self._work, args=(build,), name=f"build {build.id}", daemon=True).start()
        return {"build": build.described()}

    def retry(self, asked: Body, caller: Caller) -> Body:
        """RetryBuild: the same request as a new build."""
        request = {key: value for key, value in self._find(asked["id"]).request.items() if key != "idempotencyToken"}
        return self.start(request, caller)

    def stop(self, asked: Body, caller: Caller) -> Body:
        """StopBuild. The answer comes before the build has ended."""
        build = self._find(asked["id"])
        build.stop_asked.set()
        with self._changed:
            self._changed.notify_all()
        return {"build": build.described()}

    def batch_get(self, asked: Body, caller: Caller) -> Body:
        """BatchGetBuilds. Builds of several projects are asked for under each of them."""
        found, gone = [], []
        for given in asked["ids"]:
            try:
                found.append(self._find(given))
            except ServiceError:
                gone.append(given)
        for project in {build.project for build in found} - {project_of(self._id(asked["ids"][0]))}:
            caller.require("codebuild:BatchGetBuilds", self.machine.place.arn("project", project))
        return {"builds": [build.described() for build in found], "buildsNotFound": gone}

    def list(self, asked: Body, caller: Caller) -> Body:
        """ListBuilds and ListBuildsForProject, newest first."""
        wanted = self.projects.find(asked["projectName"])["name"] if asked.get("projectName") else None
        with self._changed:
            ids = [build.id for build in self._builds.values() if wanted in (None, build.project)]
        return {"ids": ids if asked.get("sortOrder") == "ASCENDING" else ids[::-1]}

    def _refuse_too_many(self, project: Body) -> None:
        limit, name = project.get("concurrentBuildLimit"), project["name"]
        if limit is not None and sum(project_of(build) == name for build in self._running) >= limit:
            message = f"Cannot have more than {limit} builds running for the project {name}"
            raise ServiceError("AccountLimitExceededException", message)

    def _work(self, build: Build) -> None:
        """A build must never seem to run for ever, whatever goes wrong here."""
        status = "FAULT"
        try:
            build.begin("SUBMITTED")
            build.end("SUCCEEDED")
            build.tell()
            status = self._queue(build) or Runner(self.machine, build).run()
        except Exception as error:
            logger.exception("build %s", build.id)
            build.end("FAULT", "INTERNAL_SERVICE_ERROR", repr(error))
        with self._changed:
            self._running.remove(build.id)
            self._changed.notify_all()
        build.complete(status)
        logger.info("build %s %s", build.id, status)

    def _queue(self, build: Build) -> str | None:
        """Wait for a turn; the status of a build that ends before it."""
        build.begin("QUEUED")

        def may_leave() -> bool:
            return build.stop_asked.is_set() or self._running.index(build.id) < AT_ONCE

        seconds = build.described()["queuedTimeoutInMinutes"] * MINUTE_SECONDS
        with self._changed:
            in_time = self._changed.wait_for(may_leave, seconds)
        status = "STOPPED" if build.stop_asked.is_set() else "SUCCEEDED" if in_time else "TIMED_OUT"
        build.end(status)
        return None if status == "SUCCEEDED" else status

    def _find(self, given: str) -> Build:
        with self._changed:
            if self._id(given) not in self._builds:
                raise missing(f"Build {given} cannot be found")
            return self._builds[self._id(given)]

    def _id(self, given: str) -> str:
        return self.machine.place.name("build", given)


def initiator(caller: Caller) -> str:
    """Who started a build: a role with its session, or the account."""
    session: dict[str, Any] | None = sts._sessions.get(caller.request.access_key)
    return str(session["Arn"]).partition("assumed-role/")[2] if session else "root"
