"""Projects whose builds run for real, and the few lines that the tests of builds share."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from tests.localaws.helpers import ACCOUNT, REGION, Gateway, policy, wait_for

BUCKET = "builds"
ENVIRONMENT = {"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL"}
REPORTS = ["codebuild:CreateReportGroup", "codebuild:CreateReport", "codebuild:UpdateReport"]


def zip_of(**files: str) -> bytes:
    """A zip of small texts; `buildspec_yml` names buildspec.yml."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as opened:
        for name, text in files.items():
            opened.writestr(name.replace("_yml", ".yml").replace("_txt", ".txt"), text)
    return out.getvalue()


class Bench:
    """Makes projects and runs builds of them."""

    def __init__(self, gateway: Gateway, role: str) -> None:
        self.gateway, self.role = gateway, role
        self.codebuild, self.s3 = gateway.client("codebuild"), gateway.client("s3")

    def project(self, name: str, **settings: Any) -> str:
        """A project without source and artifacts, unless settings say otherwise; its name."""
        asked: dict[str, Any] = {
            "source": {"type": "NO_SOURCE", "buildspec": "version: 0.2\nphases: {build: {commands: ['true']}}"},
            "artifacts": {"type": "NO_ARTIFACTS"}, "environment": ENVIRONMENT, "serviceRole": self.role,
        }  # fmt: skip
        self.codebuild.create_project(name=name, **(asked | settings))
        return name

    def start(self, name: str, buildspec: str = "", **overrides: Any) -> str:
        """The id of a build that was started."""
        whole = buildspec if buildspec.startswith("{") else f"version: 0.2\n{buildspec}"
        given = {"buildspecOverride": whole} if buildspec else {}
        build: str = self.codebuild.start_build(projectName=name, **given, **overrides)["build"]["id"]
        return build

    def get(self, build: str) -> dict[str, Any]:
        """BatchGetBuilds of one."""
        found: dict[str, Any] = self.codebuild.batch_get_builds(ids=[build])["builds"][0]
        return found

    def ended(self, build: str) -> dict[str, Any]:
        """The build, when it has ended."""
        return wait_for(lambda: self.get(build), "buildStatus", ("IN_PROGRESS",))

    def run(self, name: str, buildspec: str = "", **overrides: Any) -> dict[str, Any]:
        """Start, and wait for the end."""
        return self.ended(self.start(name, buildspec, **overrides))

    def log(self, build: dict[str, Any]) -> str:
        """The lines in CloudWatch Logs."""
        logs = self.gateway.client("logs")
        found = logs.get_log_events(
            logGroupName=build["logs"]["groupName"], logStreamName=build["logs"]["streamName"], startFromHead=True
        )
        return "\n".join(event["message"] for event in found["events"])


def phases(build: dict[str, Any]) -> dict[str, str | None]:
    """The status of every phase."""
    return {phase["phaseType"]: phase.get("phaseStatus") for phase in build["phases"]}


def message(build: dict[str, Any], phase: str) -> str:
    """What a phase's context says."""
    return next(
        f"{one['statusCode']}: {one['message']}"
        for found in build["phases"] if found["phaseType"] == phase for one in found["contexts"]
    )  # fmt: skip


@pytest.fixture(scope="session")
def bench(gateway: Gateway, s3: Any, make_role: Callable[..., str]) -> Bench:
    """A role for builds that may write logs, read and write one bucket, and send reports."""
    s3.create_bucket(Bucket=BUCKET)
    groups = f"arn:aws:codebuild:{REGION}:{ACCOUNT}:report-group/*"
    allowed = policy(
        (["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "*"),
        (["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"], f"arn:aws:s3:::{BUCKET}/*"),
        ([*REPORTS, "codebuild:BatchPutTestCases"], groups),
    )
    return Bench(gateway, make_role("builds", allowed, "codebuild.amazonaws.com"))
