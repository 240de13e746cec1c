"""`make approve` and `make reject`: show what waits in a pipeline, and answer it in the name of who calls."""

from __future__ import annotations

import getpass
import io
import socket
import sys
import zipfile
from typing import Any

from botocore.exceptions import ClientError

from localaws import pipelines, services
from localaws.pipelines import Waiting
from localaws.progress import StepFailed
from localaws.stack import Stack

LONGEST_REVIEW = 60_000  # letters on a terminal; the whole of it is in the artifact


def answer(stack: Stack, pipeline: str, *, reject: bool, asks: bool = True) -> None:
    """Answer the one approval that waits; with several, `pipeline` tells which. At a terminal it `asks` before."""
    found = _chosen(pipelines.waiting(pipelines.known(stack)), pipeline, "reject" if reject else "approve")
    print(f"{found}\n{found.action.get('summary') or ''}".rstrip())
    if text := _review(stack, found):
        print(f"\n{text[:LONGEST_REVIEW].rstrip()}")
    verdict = "Rejected" if reject else "Approved"
    if asks and sys.stdin.isatty():
        _ask(verdict)
    who = f"{getpass.getuser()}@{socket.gethostname()}"
    _put(stack, found, {"status": verdict, "summary": f"{verdict.lower()} by {who}"})
    print(f"\n{verdict.lower()} by {who}; `make pipelines WATCH=1` shows what becomes of it.")


def _put(stack: Stack, found: Waiting, result: dict[str, str]) -> None:
    place = {"pipelineName": found.pipeline, "stageName": found.stage, "actionName": found.action["name"]}
    try:
        client = services.client(stack, "codepipeline")
        client.put_approval_result(**place, token=found.action["token"], result=result)
    except ClientError as problem:  # somebody was quicker, or the execution was stopped meanwhile
        why = problem.response["Error"].get("Message", "")
        raise StepFailed("answer", why, remedy="`make pipelines` shows what became of it.") from problem


def _chosen(waiting: list[Waiting], pipeline: str, verb: str) -> Waiting:
    fitting = [found for found in waiting if pipeline in ("", found.pipeline)]
    if len(fitting) == 1:
        return fitting[0]
    if not fitting:
        where = f" in {pipeline}" if pipeline else ""
        others = "".join(f"\n  {found}" for found in waiting)
        raise StepFailed(verb, f"nothing waits{where}.{others}", remedy="`make pipelines` shows what each one does.")
    listed = "".join(f"\n  {found}" for found in fitting)
    named = fitting[0].pipeline
    raise StepFailed(verb, f"several wait:{listed}", remedy=f"Name one: make {verb} PIPELINE={named}")


def _ask(verdict: str) -> None:
    """A person at a terminal has just read it; a script has read it before."""
    if input(f"\n{verdict}? Type yes: ").strip().lower() not in ("y", "yes"):
        raise StepFailed("answer", "not confirmed; it goes on waiting.", remedy="Run the command again when decided.")


def _review(stack: Stack, found: Waiting) -> str:
    """The review of the plan that waits, out of the artifact that will be applied; empty where none is planned."""
    environment = found.stage.partition("-")[2]
    artifact = _artifact(stack, found, f"plan_{environment}")
    if artifact is None:
        return ""
    body = services.client(stack, "s3").get_object(Bucket=artifact["bucket"], Key=artifact["key"])["Body"].read()
    with zipfile.ZipFile(io.BytesIO(body)) as packed:
        names = [name for name in packed.namelist() if name.endswith((".md", ".txt")) and "plan" in name]
        return packed.read(names[0]).decode(errors="replace") if names else ""


def _artifact(stack: Stack, found: Waiting, name: str) -> dict[str, Any] | None:
    """Bucket and key of an artifact of this execution, as CodePipeline tells them."""
    asked = {"pipelineName": found.pipeline, "filter": {"pipelineExecutionId": found.execution["id"]}}
    pages = services.client(stack, "codepipeline").get_paginator("list_action_executions").paginate(**asked)
    for page in pages:
        for action in page["actionExecutionDetails"]:
            for artifact in action.get("output", {}).get("outputArtifacts", []):
                if artifact["name"] == name:
                    place: dict[str, Any] = artifact["s3location"]
                    return place
    return None
