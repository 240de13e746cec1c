"""Names and ARNs of projects, builds, report groups and reports in one account and region."""

from __future__ import annotations

from dataclasses import dataclass

from localaws.gateway.messages import ServiceError

PRINCIPAL = "codebuild.amazonaws.com"


@dataclass(frozen=True)
class Place:
    """The account and region that everything here stands in."""

    account_id: str
    region: str

    def arn(self, kind: str, name: str) -> str:
        """The ARN of a `project`, `build`, `report-group` or `report`."""
        return f"arn:aws:codebuild:{self.region}:{self.account_id}:{kind}/{name}"

    def name(self, kind: str, given: str) -> str:
        """The name of what was given by name or by ARN."""
        start = self.arn(kind, "")
        if given.startswith("arn:") and not given.startswith(start):
            raise invalid(f"Invalid {kind} ARN: {given}")
        return given.removeprefix(start)


def project_of(build_id: str) -> str:
    """The project's name inside a build's id, `<project>:<uuid>`."""
    return build_id.rpartition(":")[0]


def invalid(message: str) -> ServiceError:
    """What AWS answers to a request that makes no sense."""
    return ServiceError("InvalidInputException", message)


def missing(message: str) -> ServiceError:
    """What AWS answers about something that is not there."""
    return ServiceError("ResourceNotFoundException", message)
