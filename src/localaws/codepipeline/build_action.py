"""Build/CodeBuild and Test/CodeBuild: a build of a project, started and watched through CodeBuild's own API."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from localaws.codepipeline import artifacts, kinds
from localaws.codepipeline.execution import Abandoned, ActionFailed, ActionRun, Execution
from localaws.codepipeline.role import Role
from localaws.gateway.actions import Body
from localaws.gateway.log import logger

FIRST_POLL_SECONDS, POLL_SECONDS = 0.05, 0.3  # the pause before the first look at a build, and the longest
TRIES = 4  # of a look that fails: a network that was away for a moment must not end an apply
MESSAGE_LENGTH = 4000


class BuildAction:
    """Everything is asked under the pipeline's role."""

    def __call__(self, run: ActionRun, execution: Execution, role: Role) -> None:
        """Start the build, wait for its end, take what it exported."""
        codebuild = role.client("codebuild")
        out = self._output(run, execution)
        build = self._start(codebuild, self._asked(run, execution, out))
        run.external_id, run.external_url = build["id"], (build.get("logs") or {}).get("deepLink", "")
        build = self._await(codebuild, build, execution)
        run.variables = {one["name"]: one["value"] for one in build.get("exportedEnvironmentVariables") or []}
        if build["buildStatus"] != "SUCCEEDED":
            raise ActionFailed("JobFailed", _why(build))
        if out:
            self._take(role, run, execution, out)

    def _output(self, run: ActionRun, execution: Execution) -> tuple[str, tuple[str, str]] | None:
        declared = run.declared["outputArtifacts"]
        return (declared[0]["name"], artifacts.place(execution, declared[0]["name"])) if declared else None

    def _asked(self, run: ActionRun, execution: Execution, out: tuple[str, tuple[str, str]] | None) -> dict[str, Any]:
        """StartBuild's parameters."""
        inputs = artifacts.inputs(run, execution)
        primary = run.configuration.get("PrimarySource") or next(iter(inputs))
        try:
            variables = kinds.environment_variables(run.configuration.get("EnvironmentVariables", "[]"))
        except ValueError as error:
            raise ActionFailed("ConfigurationError", f"EnvironmentVariables cannot be read: {error}") from error
        key = execution.artifact_store().get("encryptionKey")
        return {
            "projectName": run.configuration["ProjectName"],
            "sourceTypeOverride": "S3",
            "sourceLocationOverride": "/".join(inputs[primary]),
            "secondarySourcesOverride": [
                {"type": "S3", "location": "/".join(at), "sourceIdentifier": name}
                for name, at in inputs.items()
                if name != primary
            ],
            "artifactsOverride": _artifacts(out[1]) if out else {"type": "NO_ARTIFACTS"},
            "environmentVariablesOverride": variables,
            "idempotencyToken": run.id,  # an SDK asks again where no answer came: not for a second build
            **({"encryptionKeyOverride": key["id"]} if key else {}),
        }

    def _start(self, codebuild: Any, asked: dict[str, Any]) -> Body:
        try:
            started: Body = codebuild.start_build(**asked)["build"]
        except (ClientError, BotoCoreError) as error:
            code = "PermissionError" if _is_denied(error) else "ConfigurationError"
            raise ActionFailed(code, f"Error calling startBuild: {error}") from error
        return started

    def _await(self, codebuild: Any, build: Body, execution: Execution) -> Body:
        try:
            pause = FIRST_POLL_SECONDS
            while build["buildStatus"] == "IN_PROGRESS":
                build = self._look(codebuild, build["id"], execution, pause)
                pause = min(1.5 * pause, POLL_SECONDS)
        except (Abandoned, ActionFailed):
            self._stop(codebuild, build["id"])
            raise
        return build

    def _look(self, codebuild: Any, build: str, execution: Execution, pause: float) -> Body:
        """The build after a pause in seconds, which is longer after a look that failed."""
        for tries in range(1, TRIES + 1):
            if execution.abandoned.wait(pause if tries == 1 else POLL_SECONDS * tries):
                raise Abandoned
            try:
                found = codebuild.batch_get_builds(ids=[build])["builds"]
                break
            except (ClientError, BotoCoreError) as error:
                if _is_denied(error) or tries == TRIES:
                    code = "PermissionError" if _is_denied(error) else "SystemUnavailable"
                    raise ActionFailed(code, f"Error calling batchGetBuilds: {error}") from error
        if not found:
            raise ActionFailed("JobFailed", f"Build {build} is not known to CodeBuild any more.")
        return dict(found[0])

    def _stop(self, codebuild: Any, build: str) -> None:
        """AWS warns that a build may outlive its action. Here it would do so in the user's own machine, unseen."""
        try:
            codebuild.stop_build(id=build)
        except (ClientError, BotoCoreError) as error:
            logger.warning("build %s outlives its action and could not be stopped: %s", build, error)

    def _take(self, role: Role, run: ActionRun, execution: Execution, out: tuple[str, tuple[str, str]]) -> None:
        name, (bucket, key) = out
        try:
            role.client("s3").head_object(Bucket=bucket, Key=key)
        except (ClientError, BotoCoreError) as error:
            message = f"The build succeeded, but its output artifact {name} is not at {bucket}/{key}: {error}"
            raise ActionFailed("ArtifactMissing", message) from error
        artifacts.put_out(run, execution, name, (bucket, key))


def _is_denied(error: ClientError | BotoCoreError) -> bool:
    return isinstance(error, ClientError) and "AccessDenied" in error.response["Error"]["Code"]


def _artifacts(at: tuple[str, str]) -> dict[str, Any]:
    bucket, key = at
    path, name = key.rsplit("/", 1)
    place = {"type": "S3", "location": bucket, "path": path, "name": name, "namespaceType": "NONE"}
    return {**place, "packaging": "ZIP", "overrideArtifactName": False}


def _why(build: Body) -> str:
    """The phase that failed and what it said, in CodePipeline's words."""
    for phase in build.get("phases") or []:
        if phase.get("phaseStatus") in (None, "SUCCEEDED", "IN_PROGRESS", "QUEUED"):
            continue
        said: Body = next((one for one in phase.get("contexts") or [] if one.get("message")), {})
        code, message = said.get("statusCode", ""), said.get("message", "")
        return (
            f"Build terminated with state: {build['buildStatus']}. Phase: {phase['phaseType']}, Code: {code}, "
            f"Message: {message[:MESSAGE_LENGTH]}"
        )
    return f"Build terminated with state: {build['buildStatus']}"
