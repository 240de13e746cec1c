"""Source/CodeStarSourceConnection: a commit of a repository on this machine, put as a zip into the artifact bucket."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from botocore.exceptions import ClientError

from localaws.codepipeline import artifacts
from localaws.codepipeline.execution import ActionFailed, ActionRun, Execution
from localaws.codepipeline.repository import GitFailed, Repository
from localaws.codepipeline.role import Role
from localaws.connections.connections import SIGNING_NAMES
from localaws.gateway.actions import Body
from localaws.gateway.messages import ServiceError

CONFIGURED = (
    ("FullRepositoryId", "FullRepositoryName"),
    ("BranchName", "BranchName"),
    ("ConnectionArn", "ConnectionArn"),
)
SUMMARY_LENGTH = 2000


class SourceAction:
    """`connection` looks a connection up by its ARN; `repositories` are the bare ones by their full id."""

    def __init__(self, connection: Callable[[str], Body], repositories: Mapping[str, Path]) -> None:
        self.connection, self.repositories = connection, repositories

    def __call__(self, run: ActionRun, execution: Execution, role: Role) -> None:
        """Take the commit that started the execution, or the branch's newest."""
        given = run.configuration
        provider = self._check_connection(given, role)
        repository = self._repository(given["FullRepositoryId"])
        commit = self._commit(repository, given["BranchName"], execution.commits.get(run.name))
        about = repository.about(commit)
        artifact = run.declared["outputArtifacts"][0]["name"]
        bucket, key = artifacts.place(execution, artifact)
        body = self._archive(repository, commit)
        try:
            role.client("s3").put_object(Bucket=bucket, Key=key, Body=body, **artifacts.encryption(execution, role))
        except ClientError as error:
            raise ActionFailed(
                "PermissionError", f"The artifact {artifact} cannot be put into {bucket}: {error}"
            ) from error
        artifacts.put_out(run, execution, artifact, (bucket, key))
        configured = {name: given[key] for key, name in CONFIGURED}
        run.variables = {**about, **configured, "CommitId": commit, "ProviderType": provider}
        self._tell(run, execution, artifact)

    def _check_connection(self, given: Mapping[str, str], role: Role) -> str:
        """The connection's provider. AWS looks for the permission under the service's new name and its old one."""
        arn = given["ConnectionArn"]
        keys = {"FullRepositoryId": given["FullRepositoryId"], "BranchName": given["BranchName"]}
        allowed = [
            role.may(f"{name}:UseConnection", arn, {f"{name}:{key}": value for key, value in keys.items()})
            for name in SIGNING_NAMES
        ]
        if not any(allowed):
            raise ActionFailed(
                "PermissionError",
                f"Unable to use Connection: {arn}. The provided role {role.role_arn} does not have sufficient "
                "permissions; allow it codeconnections:UseConnection and codestar-connections:UseConnection on it.",
            )
        try:
            connection = self.connection(arn)
        except ServiceError as missing:
            raise ActionFailed("ConfigurationError", missing.message) from missing
        if connection["ConnectionStatus"] != "AVAILABLE":
            raise ActionFailed(
                "ConfigurationError",
                f"Connection {arn} is {connection['ConnectionStatus']}; it has to be AVAILABLE. On AWS a person "
                f"finishes it in the console; here, a POST of JSON to /_localaws/connections/{arn}/available does.",
            )
        return str(connection["ProviderType"])

    def _repository(self, full_id: str) -> Repository:
        if full_id not in self.repositories:
            known = ", ".join(self.repositories) or "none"
            raise ActionFailed(
                "ConfigurationError",
                f"The repository {full_id} is not known here; known are: {known}. Name one of them in "
                "FullRepositoryId, or give the gateway's `repositories` its folder.",
            )
        return Repository(self.repositories[full_id])

    def _commit(self, repository: Repository, branch: str, wanted: str | None) -> str:
        try:
            return repository.commit(wanted) if wanted else repository.head(branch)
        except GitFailed as failed:
            what = f"commit {wanted}" if wanted else f"branch {branch}"
            message = f"{repository.path.name} has no {what}: {failed}. Push it, then release the change again."
            raise ActionFailed("ConfigurationError", message) from failed

    def _archive(self, repository: Repository, commit: str) -> bytes:
        try:
            return repository.archive(commit)
        except GitFailed as failed:
            raise ActionFailed("InternalError", f"Commit {commit} cannot be packed: {failed}") from failed

    def _tell(self, run: ActionRun, execution: Execution, artifact: str) -> None:
        message, commit = run.variables["CommitMessage"], run.variables["CommitId"]
        told = {"ProviderType": run.variables["ProviderType"], "CommitMessage": message[:SUMMARY_LENGTH]}
        run.revision = {"name": artifact, "revisionId": commit, "revisionSummary": json.dumps(told)[:2048]}
        run.external_id, run.summary = commit, message[:SUMMARY_LENGTH]
        execution.revisions = [one for one in execution.revisions if one["name"] != artifact] + [run.revision]
