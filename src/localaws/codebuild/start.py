"""What StartBuild makes of a project: its settings with the overrides of this one build."""

from __future__ import annotations

import copy
import time
import uuid

from localaws.codebuild.build_log import LogPages
from localaws.codebuild.place import Place, invalid
from localaws.gateway.actions import Body

IN_SOURCE = {
    "sourceTypeOverride": "type",
    "sourceLocationOverride": "location",
    "buildspecOverride": "buildspec",
    "sourceAuthOverride": "auth",
    "gitCloneDepthOverride": "gitCloneDepth",
    "insecureSslOverride": "insecureSsl",
}
IN_ENVIRONMENT = {
    "environmentTypeOverride": "type",
    "imageOverride": "image",
    "computeTypeOverride": "computeType",
    "privilegedModeOverride": "privilegedMode",
}
OF_PROJECT = {
    "cacheOverride": "cache",
    "encryptionKeyOverride": "encryptionKey",
    "logsConfigOverride": "logsConfig",
    "queuedTimeoutInMinutesOverride": "queuedTimeoutInMinutes",
    "secondarySourcesOverride": "secondarySources",
    "secondarySourcesVersionOverride": "secondarySourceVersions",
    "serviceRoleOverride": "serviceRole",
    "sourceVersion": "sourceVersion",
    "timeoutInMinutesOverride": "timeoutInMinutes",
}
COPIED = (
    "cache",
    "encryptionKey",
    "environment",
    "queuedTimeoutInMinutes",
    "serviceRole",
    "source",
    "timeoutInMinutes",
)
ELSEWHERE = ("projectName", "artifactsOverride", "environmentVariablesOverride", "idempotencyToken")
SERVED = frozenset([*IN_SOURCE, *IN_ENVIRONMENT, *OF_PROJECT, *ELSEWHERE])


def overridden(project: Body, asked: Body) -> Body:
    """The project as this build sees it. An override that would be passed over is refused."""
    unknown = sorted(set(asked) - SERVED)
    if unknown:
        raise invalid(f"{unknown[0]} is not served by the embedded AWS; it knows {', '.join(sorted(SERVED))}.")
    one = copy.deepcopy(project)
    for names, place in ((IN_SOURCE, one["source"]), (IN_ENVIRONMENT, one["environment"]), (OF_PROJECT, one)):
        place.update({to: copy.deepcopy(asked[name]) for name, to in names.items() if name in asked})
    if "artifactsOverride" in asked:
        one["artifacts"] = {"name": project["name"], "packaging": "NONE", **copy.deepcopy(asked["artifactsOverride"])}
    variables = {variable["name"]: variable for variable in one["environment"]["environmentVariables"]}
    for variable in asked.get("environmentVariablesOverride") or []:
        variables[variable["name"]] = {"type": "PLAINTEXT", **variable}
    one["environment"]["environmentVariables"] = list(variables.values())
    _check(one)
    return one


def record(one: Body, place: Place, pages: LogPages, number: int, initiator: str) -> Body:
    """The first words of a build about itself. `one` is the project as the build sees it."""
    identity = str(uuid.uuid4())
    build_id = f"{one['name']}:{identity}"
    made = {key: one[key] for key in COPIED} | {
        "id": build_id,
        "arn": place.arn("build", build_id),
        "artifacts": {"location": ""},
        "buildNumber": number,
        "currentPhase": "SUBMITTED",
        "exportedEnvironmentVariables": [],
        "initiator": initiator,
        "logs": _logs(one, place, identity) | {"deepLink": pages.link(build_id)},
        "projectName": one["name"],
        "reportArns": [],
        "secondaryArtifacts": [],
        "secondarySources": one.get("secondarySources", []),
        "secondarySourceVersions": one.get("secondarySourceVersions", []),
        "startTime": time.time(),
    }
    return made | ({"sourceVersion": one["sourceVersion"]} if one.get("sourceVersion") else {})


def _logs(one: Body, place: Place, identity: str) -> Body:
    config = (one.get("logsConfig") or {}).get("cloudWatchLogs") or {}
    s3_logs = {"status": "DISABLED", "encryptionDisabled": False}
    if config.get("status") == "DISABLED":
        return {"cloudWatchLogs": config, "s3Logs": s3_logs}
    group = config.get("groupName") or f"/aws/codebuild/{one['name']}"
    stream = "/".join(filter(None, [config.get("streamName"), identity]))
    log_group = f"arn:aws:logs:{place.region}:{place.account_id}:log-group:{group}"
    return {
        "groupName": group,
        "streamName": stream,
        "cloudWatchLogs": {"status": "ENABLED", **config},
        "cloudWatchLogsArn": f"{log_group}:log-stream:{stream}",
        "s3Logs": s3_logs,
    }


def _check(one: Body) -> None:
    for what in ("source", "artifacts"):
        if one[what]["type"] == "CODEPIPELINE":
            raise invalid(
                f"Project {one['name']} has {what} of type CODEPIPELINE, which only a pipeline can bring; override the "
                f"{what} to start a build of it."
            )
    if one["artifacts"]["type"] == "S3" and not one["artifacts"].get("location"):
        raise invalid("Invalid artifacts: location is required for artifacts of type S3.")
    names = [source.get("sourceIdentifier") for source in one.get("secondarySources", [])]
    if None in names or len(set(names)) < len(names):
        raise invalid("Every secondary source needs a sourceIdentifier of its own.")
