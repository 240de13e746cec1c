"""`make approve` and `make reject`: show what waits in a pipeline, and answer it in the name of who calls."""

from __future__ import annotations

import getpass
import io
import json
import socket
import sys
import zipfile
from typing import Any

from botocore.exceptions import ClientError

from localaws import pipelines, services
from localaws.pipelines import Waiting
from localaws.printable import printable
from localaws.progress import StepFailed
from localaws.stack import Stack
from shipping import ending
from shipping.review import commands, markdown, terminal
from shipping.review.report import parse_report

REVIEW, OLDER_REVIEW = "review.json", "plan.md"  # as `make review` calls them; older commits keep no report
LONGEST_REVIEW = 60_000  # letters on a terminal; the whole of it is in the artifact
MAX_ENTRIES = 200  # of one kind of danger or one module


def answer(stack: Stack, pipeline: str, *, reject: bool, asks: bool = True) -> None:
    """Answer the one approval that waits; with several, `pipeline` tells which. At a terminal it `asks` before."""
    found = _chosen(pipelines.waiting(pipelines.known(stack)), pipeline, "reject" if reject else "approve")
    print(printable(f"{found}\n{found.action.get('summary') or ''}".rstrip()))
    if place := _plan(stack, found):
        text = _review(stack, place)
        if not text and not reject:  # what nobody can read may be refused, but not agreed to
            where, remedy = f"s3://{place['bucket']}/{place['key']}", "`make reject`, then push again."
            raise StepFailed("approve", f"the plan that waits has no review that could be read: {where}", remedy=remedy)
        print(f"\n{_shown(text, place)}")
    verdict = "Rejected" if reject else "Approved"
    if ending.output_is_closed():
        why = f"the output was closed before all of it was read; nothing was {verdict.lower()}."
        raise StepFailed("answer", why, remedy="Run the command again without a pipe that ends early, such as `head`.")
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


def _review(stack: Stack, place: dict[str, Any]) -> str:
    """The review of the plan that waits, out of the artifact that will be applied; empty where it holds none."""
    body = services.client(stack, "s3").get_object(Bucket=place["bucket"], Key=place["key"])["Body"].read()
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            return _report(_read(packed, REVIEW)) or markdown.as_text(_read(packed, OLDER_REVIEW))
    except zipfile.BadZipFile:
        return ""


def _read(packed: zipfile.ZipFile, name: str) -> str:
    found = [path for path in packed.namelist() if path.split("/")[-1] == name]
    return packed.read(found[0]).decode(errors="replace") if found else ""


def _report(text: str) -> str:
    """The report in review.json as this terminal shows it; empty where there is none, or one of an unknown form."""
    try:
        report = parse_report(json.loads(text)[commands.REPORT])
    except (ValueError, KeyError, TypeError):
        return ""
    return terminal.render(report, width=terminal.find_width(), most=MAX_ENTRIES).strip()


def _shown(text: str, place: dict[str, Any]) -> str:
    """As much of it as a terminal takes; whoever approves has to know when that is not the whole."""
    cut = len(text) - LONGEST_REVIEW
    where = f"aws s3 cp s3://{place['bucket']}/{place['key']} plan.zip"
    if cut > 0:
        rest = f"\n\nCUT HERE: {cut} more letters are not shown. The whole review: {where}"
    else:
        rest = f"\nThe page with all of it is plan.html in: {where}"
    return printable(text[:LONGEST_REVIEW].rstrip()) + rest


def _plan(stack: Stack, found: Waiting) -> dict[str, Any] | None:
    """Bucket and key of the artifact with the plan that waits, as CodePipeline tells them; None where none is made."""
    name = f"plan_{found.stage.partition('-')[2]}"
    asked = {"pipelineName": found.pipeline, "filter": {"pipelineExecutionId": found.execution["id"]}}
    pages = services.client(stack, "codepipeline").get_paginator("list_action_executions").paginate(**asked)
    for page in pages:
        for action in page["actionExecutionDetails"]:
            for artifact in action.get("output", {}).get("outputArtifacts", []):
                if artifact["name"] == name:
                    place: dict[str, Any] = artifact["s3location"]
                    return place
    return None
