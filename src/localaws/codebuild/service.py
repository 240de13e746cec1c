"""All of CodeBuild for the gateway: what is served, what policies are asked about, what stands, its pages."""

from __future__ import annotations

from typing import Any

from localaws.codebuild.builds import Builds
from localaws.codebuild.machine import Machine
from localaws.codebuild.place import Place, project_of
from localaws.codebuild.projects import Projects
from localaws.codebuild.report_groups import ReportGroups
from localaws.gateway.actions import Actions, Body
from localaws.gateway.config import Config
from localaws.gateway.pages import Page

OF_BUILDS = {"BatchGetBuilds": "ids", "RetryBuild": "id", "StopBuild": "id"}
OF_PROJECTS = ("name", "projectName")
OF_REPORTS = {"BatchGetReports": "reportArns", "DescribeTestCases": "reportArn", "DeleteReport": "arn"}


class CodeBuild:
    """The parts, put together."""

    def __init__(self, config: Config) -> None:
        self.place = Place(config.account_id, config.region)
        self.projects, self.reports = Projects(self.place), ReportGroups(self.place)
        self.machine = Machine(config, self.place, self.reports)
        self.builds = Builds(self.machine, self.projects)

    def actions(self) -> Actions:
        """What is served here."""
        return self.projects.actions() | self.reports.actions() | self.builds.actions()

    def resource(self, action: str, asked: Body) -> str:
        """The project of projects and builds, the group of groups and reports; of lists of all there is none."""
        if action in OF_BUILDS:
            return self.place.arn("project", project_of(self.place.name("build", _first(asked, OF_BUILDS[action]))))
        if action in OF_REPORTS:
            return self.reports.group_of(_first(asked, OF_REPORTS[action]))
        if action == "BatchGetProjects":
            return self._project(_first(asked, "names"))
        if action == "CreateReportGroup":
            return self.place.arn("report-group", _first(asked, "name"))
        if "ReportGroup" in action and action != "ListReportGroups":
            return next(filter(None, (_first(asked, key) for key in ("arn", "reportGroupArn", "reportGroupArns"))), "*")
        return next((self._project(asked[key]) for key in OF_PROJECTS if asked.get(key)), "*")

    def condition_keys(self, asked: Body) -> dict[str, Any]:
        """None that our policies use."""
        return {}

    def inventory(self) -> dict[str, list[str]]:
        """What stands, by kind."""
        return {"projects": self.projects.names(), "report_groups": self.reports.names()}

    def pages(self) -> list[Page]:
        """Where builds fetch their credentials, and people read their logs."""
        return [self.machine.credentials.page(), self.machine.logs.page()]

    def _project(self, given: str) -> str:
        return self.place.arn("project", self.place.name("project", given))


def _first(asked: Body, key: str) -> str:
    """What was given under a key, or the first of several; an empty text for a request that is refused later."""
    given = asked.get(key) or ""
    return str(given[0]) if isinstance(given, list) else str(given)
