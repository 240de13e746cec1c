"""Send the test reports of a build to their groups, under its role."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from localaws import roles
from localaws.codebuild import junit
from localaws.codebuild.failure import PhaseFailed
from localaws.codebuild.machine import Machine
from localaws.codebuild.record import Build
from localaws.gateway.caller import Caller
from localaws.gateway.messages import Request, ServiceError

ALSO_NEEDED = ("CreateReport", "UpdateReport", "BatchPutTestCases")  # permissions without an action for the public


class Desk:
    """Takes the reports of one build. `codebuild` is a client under the build's role."""

    def __init__(self, machine: Machine, build: Build, credentials: roles.Credentials, codebuild: Any) -> None:
        self._machine, self._build, self._credentials, self._codebuild = machine, build, credentials, codebuild

    def send(self, name: str, files: list[Path]) -> str:
        """Read the files and keep them as one report; its ARN. `name` is the buildspec's, or a group's ARN."""
        cases = [case for path in files for case in junit.cases_of(path)]
        group = name if name.startswith("arn:") else self._own_group(f"{self._build.project}-{name}")
        try:
            self._require(group)
            return self._machine.reports.add(group, self._build.described()["arn"], cases)
        except ServiceError as refused:
            raise PhaseFailed("CLIENT_ERROR", f"error processing report {name}: {refused.message}") from refused

    def _own_group(self, name: str) -> str:
        arn = self._machine.place.arn("report-group", name)
        if name not in self._machine.reports.names():
            try:
                kept_here = {"exportConfigType": "NO_EXPORT"}
                self._codebuild.create_report_group(name=name, type="TEST", exportConfig=kept_here)
            except (ClientError, BotoCoreError) as error:
                raise PhaseFailed("CLIENT_ERROR", f"error creating report group {name}: {error}") from error
        return arn

    def _require(self, group: str) -> None:
        region, key = self._machine.place.region, self._credentials.access_key
        caller = Caller(Request("codebuild", "CreateReport", "POST", "/", {}, b"", region, key))
        for action in ALSO_NEEDED:
            caller.require(f"codebuild:{action}", group)
