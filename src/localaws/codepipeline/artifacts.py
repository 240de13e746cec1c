"""Where the artifacts of an execution lie: `<pipeline>/<artifact>/<7 letters>` in its bucket, names cut as AWS does."""

from __future__ import annotations

import secrets
import string
from typing import Any

from localaws.codepipeline.execution import ActionFailed, ActionRun, Execution
from localaws.codepipeline.role import Role
from localaws.gateway.actions import Body
from localaws.gateway.messages import ServiceError
from localaws.sagemaker.keys import arn_of

LETTERS = string.ascii_letters + string.digits
PIPELINE_LENGTH, ARTIFACT_LENGTH, RANDOM_LENGTH = 20, 10, 7


def place(execution: Execution, artifact: str) -> tuple[str, str]:
    """Bucket and key for a new artifact."""
    folder = f"{execution.pipeline[:PIPELINE_LENGTH]}/{artifact[:ARTIFACT_LENGTH]}"
    chance = "".join(secrets.choice(LETTERS) for _ in range(RANDOM_LENGTH))
    return str(execution.artifact_store()["location"]), f"{folder}/{chance}.zip"


def detail(name: str, at: tuple[str, str]) -> Body:
    """As ListActionExecutions tells of it."""
    return {"name": name, "s3location": {"bucket": at[0], "key": at[1]}}


def inputs(run: ActionRun, execution: Execution) -> dict[str, tuple[str, str]]:
    """The places of what an action takes in, by name."""
    found = {}
    for artifact in run.declared["inputArtifacts"]:
        name = artifact["name"]
        if name not in execution.artifacts:
            raise ActionFailed("ArtifactMissing", f"Input artifact {name} was not made in this execution; retry from "
                               "the stage that makes it, or start the pipeline anew.")  # fmt: skip
        found[name] = execution.artifacts[name]
    run.inputs = [detail(name, at) for name, at in found.items()]
    return found


def put_out(run: ActionRun, execution: Execution, name: str, at: tuple[str, str]) -> None:
    """Note a new artifact, for the action and for those after it."""
    run.outputs = [*run.outputs, detail(name, at)]
    execution.artifacts[name] = at


def encryption(execution: Execution, role: Role) -> dict[str, Any]:
    """PutObject's parameters for the store's key, which the role must be allowed; without one, S3's own for KMS."""
    key = execution.artifact_store().get("encryptionKey")
    if not key:
        return {"ServerSideEncryption": "aws:kms"}
    try:
        arn = arn_of(key["id"])
    except ServiceError as missing:
        raise ActionFailed("ConfigurationError", missing.message) from missing
    if not role.may("kms:GenerateDataKey", arn, {"kms:ViaService": f"s3.{role.clients.config.region}.amazonaws.com"}):
        message = f"The role {role.role_arn} must be allowed kms:GenerateDataKey on {arn} to encrypt artifacts."
        raise ActionFailed("PermissionError", message)
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key["id"]}
