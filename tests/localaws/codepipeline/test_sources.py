"""A source action fails, and says why, where AWS could not bring the commit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.localaws.codepipeline.toys import BUCKET, Body, Toys, build, stage
from tests.localaws.helpers import policy


def failing(toys: Toys, name: str, source: Body, **more: Any) -> Body:
    """The error of a source action that has to fail."""
    declared = toys.declared(name, **more)
    declared["stages"] = [stage("Source", source), stage("Build", build("Never"))]
    toys.client.create_pipeline(pipeline=declared)
    listed = toys.client.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]
    execution = str(listed[0]["pipelineExecutionId"])
    assert toys.ended(name, execution)["status"] == "Failed"
    actions = toys.actions(name, execution)
    assert "Never" not in actions
    return dict(actions["Repository"]["output"]["executionResult"]["errorDetails"])


def test_a_connection_that_nobody_has_clicked_brings_nothing(toys: Toys) -> None:
    """On AWS such a pipeline stands still for days, and nobody knows why."""
    client = toys.gateway.client("codestar-connections")
    pending = client.create_connection(ConnectionName="new", ProviderType="GitHub")["ConnectionArn"]

    error = failing(toys, "pending", toys.source(ConnectionArn=pending))

    assert "PENDING" in error["message"] and "AVAILABLE" in error["message"]


@pytest.mark.parametrize(
    ("name", "configuration", "words"),
    [
        ("unknown-repository", {"FullRepositoryId": "local/nowhere"}, "local/nowhere is not known"),
        ("no-repository-yet", {"FullRepositoryId": "local/empty"}, "branch main"),
        ("unknown-branch", {"BranchName": "release"}, "branch release"),
        ("unknown-connection", {"ConnectionArn": "arn:aws:codestar-connections:us-east-1:123456789012:connection/x"},
         "not found"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_named(toys: Toys, name: str, configuration: dict[str, str], words: str) -> None:
    """A slip in a value is found by its name, not by guessing."""
    assert words in failing(toys, name, toys.source(**configuration))["message"]


def test_a_role_that_may_not_use_the_connection_is_refused(toys: Toys, make_role: Callable[..., str]) -> None:
    """The permission that everybody forgets: on AWS it is missed only after the first push."""
    storage = policy((["s3:PutObject", "s3:GetObject"], f"arn:aws:s3:::{BUCKET}/*"), ("kms:*", "*"))
    role = make_role("no-connection", storage, "codepipeline.amazonaws.com")

    error = failing(toys, "no-permission", toys.source(), roleArn=role)

    assert error["code"] == "PermissionError" and "UseConnection" in error["message"]


def test_a_role_that_may_not_write_the_bucket_is_refused(toys: Toys, make_role: Callable[..., str]) -> None:
    """Everything that a pipeline does, it does under its role."""
    use = policy(("codestar-connections:UseConnection", toys.connection), ("kms:GenerateDataKey", toys.key))
    role = make_role("no-bucket", use, "codepipeline.amazonaws.com")

    error = failing(toys, "no-bucket", toys.source(), roleArn=role)

    assert error["code"] == "PermissionError" and "AccessDenied" in error["message"]


def test_a_role_that_may_not_use_the_key_is_refused(toys: Toys, make_role: Callable[..., str]) -> None:
    """S3 asks for the key's permission in the name of who writes."""
    use = ("codestar-connections:UseConnection", toys.connection)
    storage = (["s3:PutObject", "s3:GetObject"], f"arn:aws:s3:::{BUCKET}/*")
    role = make_role("no-key", policy(use, storage), "codepipeline.amazonaws.com")

    error = failing(toys, "no-key", toys.source(), roleArn=role)

    assert error["code"] == "PermissionError" and "kms:GenerateDataKey" in error["message"]


def test_a_named_commit_is_taken_instead_of_the_newest(toys: Toys) -> None:
    """Going back to yesterday's commit is one call."""
    earlier = toys.git("rev-parse", "origin/main")
    toys.push({"notes.txt": "newer\n"})
    toys.ended("yesterday", toys.make("yesterday", stage("Build", build("Look"))))
    wanted = [{"actionName": "Repository", "revisionType": "COMMIT_ID", "revisionValue": earlier}]

    started = toys.client.start_pipeline_execution(name="yesterday", sourceRevisions=wanted)["pipelineExecutionId"]

    assert toys.ended("yesterday", started)["status"] == "Succeeded"
    variables = toys.actions("yesterday", started)["Repository"]["output"]["outputVariables"]
    assert variables["CommitId"] == earlier != toys.git("rev-parse", "origin/main")
