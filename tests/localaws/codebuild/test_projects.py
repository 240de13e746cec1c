"""Projects are kept as AWS keeps them: whatever is missing is a change in every plan."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localaws.codebuild.conftest import ENVIRONMENT, Bench
from tests.localaws.helpers import ACCOUNT, REGION

SETTINGS: dict[str, Any] = {
    "artifacts": {"type": "CODEPIPELINE"},
    "cache": {"type": "LOCAL", "modes": ["LOCAL_CUSTOM_CACHE"]},
    "concurrentBuildLimit": 1,
    "description": "Plans.",
    "encryptionKey": f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/builds",
    "environment": ENVIRONMENT | {"environmentVariables": [{"name": "ENVIRONMENT", "value": "dev"}]},
    "logsConfig": {"cloudWatchLogs": {"status": "ENABLED", "groupName": "/aws/codebuild/kept"}},
    "queuedTimeoutInMinutes": 60,
    "source": {"type": "CODEPIPELINE", "buildspec": "buildspec-infra.yml"},
    "tags": [{"key": "Project", "value": "toys"}],
    "timeoutInMinutes": 30,
}


def test_a_project_is_kept_with_aws_defaults(bench: Bench) -> None:
    bench.project("kept", **SETTINGS)

    found = bench.codebuild.batch_get_projects(names=["kept", "not-there"])
    project = found["projects"][0]

    assert found["projectsNotFound"] == ["not-there"]
    for key in (
        "cache",
        "concurrentBuildLimit",
        "description",
        "encryptionKey",
        "logsConfig",
        "tags",
        "timeoutInMinutes",
    ):
        assert project[key] == SETTINGS[key]
    assert project["arn"] == f"arn:aws:codebuild:{REGION}:{ACCOUNT}:project/kept"
    assert project["environment"]["environmentVariables"][0]["type"] == "PLAINTEXT"
    assert project["environment"]["imagePullCredentialsType"] == "CODEBUILD"
    assert (project["artifacts"]["name"], project["artifacts"]["packaging"]) == ("kept", "NONE")
    assert project["badge"] == {"badgeEnabled": False} and project["projectVisibility"] == "PRIVATE"


def test_an_update_replaces_what_it_names_and_keeps_the_rest(bench: Bench) -> None:
    bench.project("changed", **SETTINGS)

    bench.codebuild.update_project(name="changed", description="Applies.", concurrentBuildLimit=-1)
    project = bench.codebuild.batch_get_projects(names=["changed"])["projects"][0]

    assert project["description"] == "Applies." and "concurrentBuildLimit" not in project
    assert project["tags"] == SETTINGS["tags"] and project["source"]["buildspec"] == "buildspec-infra.yml"


def test_a_project_is_deleted_by_name_or_arn(bench: Bench) -> None:
    """Terraform deletes by ARN, people by name."""
    for given in ("gone", f"arn:aws:codebuild:{REGION}:{ACCOUNT}:project/gone"):
        bench.project("gone")
        assert "gone" in bench.codebuild.list_projects()["projects"]
        bench.codebuild.delete_project(name=given)
        assert "gone" not in bench.codebuild.list_projects()["projects"]


def test_what_aws_refuses_is_refused(bench: Bench) -> None:
    bench.project("twice")

    with pytest.raises(ClientError, match="ResourceAlreadyExistsException"):
        bench.project("twice")
    with pytest.raises(ClientError, match="both have the type CODEPIPELINE"):
        bench.project("one-sided", source={"type": "CODEPIPELINE"})
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        bench.start("never-made")
