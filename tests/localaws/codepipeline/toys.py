"""A repository, the roles, a project and small pipelines: what a pipeline needs around it to run for real."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.localaws.helpers import Gateway, await_until, policy

Body = dict[str, Any]
REPOSITORY, BUCKET, PROJECT = "local/toys", "pipeline-artifacts", "toy-build"
ENDED = ("Succeeded", "Failed", "Stopped", "Superseded", "Cancelled")
BUILDSPEC = """
version: 0.2
env: {shell: bash, variables: {CHANGES: unknown, DO: 'true'}, exported-variables: [CHANGES, SEEN]}
phases: {build: {commands: ['mkdir -p out', 'eval "$DO"']}}
artifacts: {base-directory: out, files: ['**/*']}
"""


@dataclass
class Toys:
    """Everything that the pipelines of these tests share."""

    gateway: Gateway
    clone: Path
    role: str
    connection: str
    topic: str
    key: str

    @cached_property
    def client(self) -> Any:
        """CodePipeline as root; making a client takes longer than most calls."""
        return self.gateway.client("codepipeline")

    def git(self, *arguments: str) -> str:
        """In a clone of the repository."""
        author = ("-c", "user.name=A Person", "-c", "user.email=person@example.com")
        command = ["git", *author, *arguments]
        return subprocess.run(command, cwd=self.clone, capture_output=True, text=True, check=True).stdout.strip()

    def push(self, files: dict[str, str], message: str = "Change a toy", branch: str = "main") -> tuple[str, str]:
        """Commit files and push them; the commits before and after, for the hook's words."""
        before = self.git("rev-parse", "HEAD")
        for name, text in files.items():
            (self.clone / name).parent.mkdir(parents=True, exist_ok=True)
            (self.clone / name).write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        self.git("push", "--quiet", "origin", f"HEAD:{branch}")
        return before, self.git("rev-parse", "HEAD")

    def pushed(self, before: str, after: str, branch: str = "main", repository: str = REPOSITORY) -> Body:
        """What the repository's hook tells the gateway."""
        told = {"repository": repository, "branch": branch, "before": before, "after": after}
        return post(self.gateway, "pushed", json.dumps(told).encode())

    def make(self, name: str, *stages: Body, **more: Any) -> str:
        """A pipeline; the id of the execution that it began with."""
        self.client.create_pipeline(pipeline=self.declared(name, *stages, **more))
        summaries = self.client.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]
        return str(summaries[0]["pipelineExecutionId"])

    def declared(self, name: str, *stages: Body, **more: Any) -> Body:
        """A pipeline's declaration, QUEUED, with a source of the repository's branch main."""
        source = stage("Source", self.source())
        store = {"type": "S3", "location": BUCKET, "encryptionKey": {"id": self.key, "type": "KMS"}}
        return {
            "name": name, "roleArn": self.role, "artifactStore": store, "pipelineType": "V2",
            "executionMode": "QUEUED", "stages": [source, *stages], **more,
        }  # fmt: skip

    def source(self, **configuration: str) -> Body:
        """The source action."""
        given = {"ConnectionArn": self.connection, "FullRepositoryId": REPOSITORY, "BranchName": "main",
                 "DetectChanges": "false", **configuration}  # fmt: skip
        return {
            "name": "Repository", "namespace": "SourceVariables", "configuration": given,
            "actionTypeId": kind("Source", "CodeStarSourceConnection"), "outputArtifacts": [{"name": "source"}],
        }  # fmt: skip

    def ended(self, name: str, execution: str) -> Body:
        """Wait until an execution has ended."""
        return await_until(lambda: self.execution(name, execution), lambda one: one["status"] in ENDED)

    def execution(self, name: str, execution: str) -> Body:
        """GetPipelineExecution."""
        found = self.client.get_pipeline_execution(pipelineName=name, pipelineExecutionId=execution)
        return dict(found["pipelineExecution"])

    def actions(self, name: str, execution: str) -> dict[str, Body]:
        """The newest try of each action, by name."""
        asked = {"pipelineExecutionId": execution}
        found = self.client.list_action_executions(pipelineName=name, filter=asked)["actionExecutionDetails"]
        return {one["actionName"]: one for one in reversed(found)}

    def stages(self, name: str) -> dict[str, Body]:
        """GetPipelineState, by stage."""
        found = self.client.get_pipeline_state(name=name)["stageStates"]
        return {one["stageName"]: one for one in found}

    def token(self, name: str, stage_name: str = "Ask") -> str:
        """The token of the approval that waits."""

        def latest() -> Body:
            return dict(self.stages(name)[stage_name]["actionStates"][0].get("latestExecution", {}))

        return str(await_until(latest, lambda one: "token" in one)["token"])

    def answer(self, name: str, token: str, status: str, summary: str = "") -> None:
        """PutApprovalResult."""
        given = {"status": status, "summary": summary}
        self.client.put_approval_result(
            pipelineName=name, stageName="Ask", actionName="Ask", token=token, result=given
        )  # fmt: skip


def make_toys(gateway: Gateway, folder: Path, make_role: Callable[..., str]) -> Toys:
    """The bare repository where the gateway looks for it, and everything in AWS."""
    clone, bare = folder / "clone", gateway.folder / "toys.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(bare)], check=True)
    subprocess.run(["git", "clone", "--quiet", str(bare), str(clone)], check=True, capture_output=True)
    gateway.client("s3").create_bucket(Bucket=BUCKET)
    objects = [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]
    storage = (["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:GetBucketLocation"], objects)
    builds = ["codebuild:StartBuild", "codebuild:BatchGetBuilds", "codebuild:StopBuild"]
    logs = ["logs:CreateLogGroup", "logs:CreateLogStream"]
    use = ["codestar-connections:UseConnection", "codeconnections:UseConnection"]
    build_role = make_role("toy-builder", policy(storage, ([*logs, "logs:PutLogEvents"], "*"), ("kms:*", "*")),
                           "codebuild.amazonaws.com")  # fmt: skip
    may = policy(storage, (builds, "*"), (use, "*"), ("sns:Publish", "*"), ("kms:*", "*"))
    role = make_role("toy-pipeline", may, "codepipeline.amazonaws.com")
    gateway.client("codebuild").create_project(
        name=PROJECT, serviceRole=build_role, source={"type": "CODEPIPELINE", "buildspec": BUILDSPEC},
        artifacts={"type": "CODEPIPELINE"},
        environment={
            "type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0", "computeType": "BUILD_GENERAL1_SMALL"
        },
    )  # fmt: skip
    topic = gateway.client("sns").create_topic(Name="approvals")["TopicArn"]
    key = gateway.client("kms").create_key()["KeyMetadata"]["Arn"]
    toys = Toys(gateway, clone, role, available_connection(gateway), topic, key)
    toys.git("commit", "--quiet", "--allow-empty", "--message", "Begin")
    toys.push({"dags/a.py": "a = 1\n", "terraform/main.tf": "\n"}, "Bring the toys\n\nAll of them.")
    return toys


def available_connection(gateway: Gateway) -> str:
    """A connection whose handshake a person has finished."""
    client = gateway.client("codestar-connections")
    arn = str(client.create_connection(ConnectionName="toys", ProviderType="GitHub")["ConnectionArn"])
    post(gateway, f"connections/{quote(arn, safe='')}/available", b"")
    return arn


def kind(category: str, provider: str) -> Body:
    """An action's type."""
    return {"category": category, "owner": "AWS", "provider": provider, "version": "1"}


def stage(name: str, *actions: Body, **more: Any) -> Body:
    """A stage."""
    return {"name": name, "actions": list(actions), **more}


def build(name: str, do: str = "true", **more: Any) -> Body:
    """A build action that does what a shell understands."""
    variables = [{"name": "DO", "value": do, "type": "PLAINTEXT"}]
    configuration = {"ProjectName": PROJECT, "EnvironmentVariables": json.dumps(variables)}
    configuration |= more.pop("configuration", {})
    return {
        "name": name, "actionTypeId": kind("Build", "CodeBuild"), "configuration": configuration,
        "inputArtifacts": [{"name": "source"}], **more,
    }  # fmt: skip


def approval(**configuration: str) -> Body:
    """The action Ask."""
    return {"name": "Ask", "actionTypeId": kind("Approval", "Manual"), "configuration": configuration}


def only_if(variable: str, operator: str, value: str, result: str = "SKIP") -> Body:
    """A stage's beforeEntry."""
    rule = {
        "name": "Check",
        "ruleTypeId": {"category": "Rule", "owner": "AWS", "provider": "VariableCheck", "version": "1"},
        "configuration": {"Variable": variable, "Operator": operator, "Value": value},
    }
    return {"beforeEntry": {"conditions": [{"result": result, "rules": [rule]}]}}


def skipped(name: str) -> Body:
    """A stage whose build is never run: an execution comes to its end without the time that a build takes."""
    return stage(name, build(name), **only_if("never", "EQ", "always"))


def get(gateway: Gateway, path: str) -> bytes:
    """A page."""
    with urllib.request.urlopen(f"{gateway.url}/_localaws/{path}", timeout=20) as answer:
        return bytes(answer.read())


def post(gateway: Gateway, path: str, body: bytes, content_type: str = "application/json") -> Body:
    """A page's answer; an error's body too."""
    told = {"content-type": content_type}
    asked = urllib.request.Request(f"{gateway.url}/_localaws/{path}", body, told, method="POST")
    try:
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return dict(json.load(answer))
    except urllib.error.HTTPError as refused:
        return dict(json.load(refused))
