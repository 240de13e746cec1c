"""The environment variables of a build, in CodeBuild's order: the buildspec's, then the project's and the start's."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from localaws.codebuild.buildspec import Buildspec
from localaws.codebuild.failure import PhaseFailed
from localaws.gateway.actions import Body


def of_codebuild(build: Body, account_id: str, folders: dict[str, Path]) -> dict[str, str]:
    """What CodeBuild tells a build about itself. `folders` has the sources, the primary one under no name."""
    told = {
        "AWS_ACCOUNT_ID": account_id,
        "CI": "true",
        "CODEBUILD_CI": "true",
        "CODEBUILD_BUILD_ARN": build["arn"],
        "CODEBUILD_BUILD_ID": build["id"],
        "CODEBUILD_BUILD_IMAGE": build["environment"]["image"],
        "CODEBUILD_BUILD_NUMBER": str(build["buildNumber"]),
        "CODEBUILD_BUILD_SUCCEEDING": "1",
        "CODEBUILD_INITIATOR": build["initiator"],
        "CODEBUILD_KMS_KEY_ID": build["encryptionKey"],
        "CODEBUILD_LOG_PATH": build["logs"].get("streamName", ""),
        "CODEBUILD_PROJECT_ARN": build["arn"].split(":build/")[0] + f":project/{build['projectName']}",
        "CODEBUILD_RESOLVED_SOURCE_VERSION": build.get("resolvedSourceVersion", ""),
        "CODEBUILD_SOURCE_VERSION": build.get("sourceVersion", ""),
        "CODEBUILD_START_TIME": str(int(build["startTime"] * 1000)),
    }
    return told | {"CODEBUILD_SRC_DIR" + (f"_{name}" if name else ""): str(path) for name, path in folders.items()}


def asked_for(build: Body, spec: Buildspec, client: Callable[[str], Any]) -> tuple[dict[str, str], list[str]]:
    """The variables that the buildspec and the project set, and the values that a log must not show.

    `client` makes clients of SSM and Secrets Manager under the build's role.
    """
    found, hidden = dict(spec.variables), []
    listed = [{"name": name, "value": value, "type": "PARAMETER_STORE"} for name, value in spec.parameters.items()]
    listed += [{"name": name, "value": value, "type": "SECRETS_MANAGER"} for name, value in spec.secrets.items()]
    for variable in [*listed, *build["environment"]["environmentVariables"]]:
        value, kind = variable["value"], variable.get("type", "PLAINTEXT")
        if kind == "PARAMETER_STORE":
            value = _parameter(client("ssm"), value)
            hidden.append(value)
        elif kind == "SECRETS_MANAGER":
            value = _secret(client("secretsmanager"), value)
            hidden.append(value)
        found[variable["name"]] = value
    return found, hidden


def _parameter(ssm: Any, name: str) -> str:
    try:
        return str(ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
    except (ClientError, BotoCoreError) as error:
        raise PhaseFailed("CLIENT_ERROR", f"Parameter Store reference {name}: {error}") from error


def _secret(secrets: Any, reference: str) -> str:
    """`id:json-key:version-stage:version-id`, of which only the id is needed; an ARN has colons of its own."""
    parts = reference.split(":")
    identity, rest = (":".join(parts[:7]), parts[7:]) if reference.startswith("arn:") else (parts[0], parts[1:])
    key, stage, version = ([*rest, "", "", ""])[:3]
    named = {"VersionStage": stage, "VersionId": version}
    try:
        text = secrets.get_secret_value(SecretId=identity, **{k: v for k, v in named.items() if v})["SecretString"]
        return str(json.loads(text)[key] if key else text)
    except (ClientError, BotoCoreError) as error:
        raise PhaseFailed("CLIENT_ERROR", f"Secrets Manager reference {reference}: {error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise PhaseFailed("CLIENT_ERROR", f"Secrets Manager reference {reference} has no key {key}") from error
