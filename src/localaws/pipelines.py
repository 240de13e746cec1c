"""`make pipelines`: what the pipelines of the running stack do, in one compact page of text."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localaws import loopback
from localaws.printable import printable
from localaws.progress import StepFailed
from localaws.stack import Stack
from shipping import ending

SHOWN = 3  # executions of each pipeline
LAST_WORDS = 6  # lines of a failed build's log
MARKS = {"Succeeded": "✓", "Failed": "✗", "InProgress": "…", "Skipped": "–", "Stopped": "■", "Abandoned": "■"}
LOOK_EVERY_SECONDS = 0.5
NOT_REACHED = "·"
Fact = dict[str, Any]


@dataclass(frozen=True)
class Waiting:
    """A manual approval that somebody has to answer."""

    pipeline: str
    execution: Fact
    stage: str
    action: Fact

    def __str__(self) -> str:
        return f"{self.pipeline}: {self.stage}, execution {self.execution['id'][:8]}, {_commit(self.execution)}"


def page(stack: Stack) -> str:
    return f"{stack.endpoint_url}/_localaws/pipelines"


def read(stack: Stack) -> list[Fact] | None:
    """Every pipeline with its newest executions, newest first; None where no embedded AWS answers."""
    found = loopback.json_value(f"{page(stack)}.json")
    return found if isinstance(found, list) else None


def known(stack: Stack) -> list[Fact]:
    """The same, where there must be some."""
    found = read(stack)
    if found is None:
        raise StepFailed(
            "pipelines", f"no embedded AWS answers at {stack.endpoint_url}.", remedy="Run `make up` first."
        )
    if not found:
        raise StepFailed("pipelines", "there are none yet.", remedy="Run `make up`; it makes them.")
    return found


def show(stack: Stack, *, watch: bool) -> int:
    """Print them; with `watch` follow until all rest, and tell by the exit status whether the newest failed."""
    found = known(stack)
    if watch:
        found = _follow(stack, found)
    print(printable("\n\n".join("\n".join(_pipeline(stack, pipeline)) for pipeline in found)))
    print(f"\n{page(stack)} shows the same, with logs.")
    return 1 if watch and any(newest["status"] == "Failed" for newest in _newest(found)) else 0


def waiting(found: Sequence[Fact]) -> list[Waiting]:
    return [
        Waiting(pipeline["name"], execution, stage["name"], action)
        for pipeline in found
        for execution in pipeline["executions"]
        for stage in execution["stages"]
        for action in stage["actions"]
        if action["status"] == "InProgress" and action.get("token")
    ]


def rests(pipeline: Fact) -> bool:
    """Whether nothing moves without a person: all has ended, or what is queued waits behind an approval."""
    going = [execution for execution in pipeline["executions"] if execution["status"] in ("InProgress", "Stopping")]
    at_work = any(
        action["status"] == "InProgress" and not action.get("token")
        for execution in going
        for stage in execution["stages"]
        for action in stage["actions"]
    )
    return not going or (not at_work and bool(waiting([pipeline])))


def _newest(found: Sequence[Fact]) -> list[Fact]:
    return [pipeline["executions"][0] for pipeline in found if pipeline["executions"]]


def _follow(stack: Stack, found: list[Fact]) -> list[Fact]:
    """Print each change as it comes, while somebody reads it. What ended before this began is not told again."""
    told = set(_changes(found))
    began = time.monotonic()
    while not all(rests(pipeline) for pipeline in found) and not ending.output_is_closed():
        time.sleep(LOOK_EVERY_SECONDS)
        found = known(stack)
        for change in _changes(found):
            if change not in told:
                told.add(change)
                print(f"{time.monotonic() - began:6.1f} s  {printable(change)}", flush=True)
    print()
    return found


def _changes(found: Sequence[Fact]) -> Iterator[str]:
    for pipeline in found:
        for execution in reversed(pipeline["executions"]):
            name = f"{pipeline['name']} {execution['id'][:8]}"
            for stage in execution["stages"]:
                for action in stage["actions"]:
                    state = "waits for `make approve`" if action.get("token") else action["status"]
                    yield f"{name}  {_place(stage, action)}: {state}"
                if stage["status"] == "Skipped":
                    yield f"{name}  {stage['name']}: Skipped"
            if execution["status"] != "InProgress":
                yield f"{name}  {execution['status']}"


def _pipeline(stack: Stack, pipeline: Fact) -> Iterator[str]:
    yield pipeline["name"]
    if not pipeline["executions"]:
        yield "  nothing yet; a push that changes its files starts it"
    for number, execution in enumerate(pipeline["executions"][:SHOWN]):
        seconds = f"{execution['seconds']:.0f} s"
        yield f"  {execution['id'][:8]}  {execution['status']:<11}{seconds:>7}  {_commit(execution)}"
        yield f"            {'  '.join(_stage(stage) for stage in execution['stages'])}"
        yield from (f"            {line}" for line in _notes(stack, execution, is_newest=number == 0))


def _commit(execution: Fact) -> str:
    message = printable(execution.get("message") or "").split("\n")[0]
    return f"{(execution.get('commit') or '-------')[:7]} {message[:60]}".strip()


def _stage(stage: Fact) -> str:
    mark = MARKS.get(stage["status"], NOT_REACHED)
    if any(action.get("token") for action in stage["actions"]):
        mark = "?"
    return f"{mark} {stage['name']}" + (f" {stage['seconds']:.0f} s" if mark in "✓✗…?" else "")


def _notes(stack: Stack, execution: Fact, *, is_newest: bool) -> Iterator[str]:
    """What waits, and what failed and why, with the log's place; of older ones the log itself must be read."""
    if execution.get("waits"):
        yield str(execution["waits"])
    for stage in execution["stages"]:
        for action in stage["actions"]:
            place = _place(stage, action)
            if action.get("token"):
                yield f"waits: {place}: {action.get('summary') or ''}".rstrip(": ") + "; make approve, or make reject"
            if action["status"] == "Failed":
                yield f"failed: {place}: {action.get('error') or action.get('summary') or 'it tells no reason'}"
                if action.get("build"):
                    said = last_words(stack, action["build"]) if is_newest else []
                    yield from (f"  | {line[:160]}" for line in said)
                    yield f"log: {log_of(stack, action['build'])}"


def _place(stage: Fact, action: Fact) -> str:
    return stage["name"] if stage["name"] == action["name"] else f"{stage['name']}/{action['name']}"


def log_of(stack: Stack, build: str) -> Path:
    """Where a build's log lies for people; `build` is CodeBuild's id, `<project>:<uuid>`."""
    project, _, uuid = build.partition(":")
    return stack.logs / "builds" / project / f"{uuid}.log"


def last_words(stack: Stack, build: str) -> list[str]:
    """The last that a build's own commands printed: the reason stands there, and not in AWS's words about it."""
    log = log_of(stack, build)
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    own = [line for line in lines if line.strip() and not line.startswith(("[Container]", "make: ***", "make[1]: ***"))]
    return own[-LAST_WORDS:]
