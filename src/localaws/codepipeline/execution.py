"""What one execution of a pipeline is made of, while it runs and afterwards. Times are seconds since 1970."""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from localaws.gateway.actions import Body

OPEN = ("InProgress", "Stopping")  # an execution that has not ended


class ActionFailed(Exception):
    """An action's end, in the code and the words that its error details show."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class Abandoned(Exception):
    """Somebody stopped the execution and did not want to wait for its actions."""


def new_id() -> str:
    """As AWS names executions, actions and approvals."""
    return str(uuid.uuid4())


@dataclass(eq=False)  # each is itself, whatever it holds
class Run:
    """One try of an action or of a rule: InProgress, then Succeeded, Failed or Abandoned."""

    declared: Body
    id: str = field(default_factory=new_id)
    status: str = "InProgress"
    started: float = field(default_factory=time.time)
    updated: float = field(default_factory=time.time)
    summary: str = ""
    error: tuple[str, str] | None = None  # code and message
    configuration: dict[str, str] = field(default_factory=dict)  # with its variables resolved

    @property
    def name(self) -> str:
        """The action's or the rule's name."""
        return str(self.declared["name"])

    @property
    def seconds(self) -> float:
        """How long it took, or takes until now."""
        return (time.time() if self.status == "InProgress" else self.updated) - self.started

    def end(self, status: str, error: tuple[str, str] | None = None) -> None:
        """The last change."""
        self.status, self.error, self.updated = status, error, time.time()


@dataclass(eq=False)  # each is itself, whatever it holds
class ActionRun(Run):
    """`token` is what an approval must be answered with, `verdict` the answer, Approved or Rejected, and `by` whose."""

    token: str = ""
    verdict: str = ""
    by: str = ""
    external_id: str = ""
    external_url: str = ""
    inputs: list[Body] = field(default_factory=list)
    outputs: list[Body] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    revision: Body | None = None


@dataclass(eq=False)  # each is itself, whatever it holds
class StageRun:
    """A stage of an execution; without a status while the execution has not come to it.

    `actions` keeps every try, in the order of their start. `entry` is what became of its condition: Succeeded, Failed
    or Errored, and the reason.
    """

    declared: Body
    status: str = ""
    started: float = 0.0
    ended: float = 0.0
    actions: list[ActionRun] = field(default_factory=list)
    rules: list[Run] = field(default_factory=list)
    entry: tuple[str, str] | None = None
    retries: int = 0

    @property
    def name(self) -> str:
        """The stage's name."""
        return str(self.declared["name"])

    @property
    def seconds(self) -> float:
        """How long it took, or takes until now."""
        return (self.ended or time.time()) - self.started if self.started else 0.0

    def latest(self) -> dict[str, ActionRun]:
        """The newest try of each action, by name."""
        return {run.name: run for run in self.actions}

    def begin(self, status: str) -> None:
        """Enter it, or pass it by."""
        self.status, self.started, self.ended = status, time.time(), 0.0

    def end(self, status: str) -> None:
        """Leave it."""
        self.status, self.ended = status, time.time()


@dataclass(eq=False)  # each is itself, whatever it holds
class Execution:
    """`declared` is the pipeline as it was at the start. `commits` holds what a source action has to take, by name."""

    declared: Body
    version: int
    trigger: Body
    variables: dict[str, str] = field(default_factory=dict)
    commits: dict[str, str] = field(default_factory=dict)
    id: str = field(default_factory=new_id)
    status: str = "InProgress"
    summary: str = ""
    started: float = field(default_factory=time.time)
    updated: float = field(default_factory=time.time)
    artifacts: dict[str, tuple[str, str]] = field(default_factory=dict)  # bucket and key by name
    namespaces: dict[str, dict[str, str]] = field(default_factory=dict)
    revisions: list[Body] = field(default_factory=list)
    stages: list[StageRun] = field(default_factory=list)
    stop_reason: str | None = None
    abandoned: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.stages = [StageRun(stage) for stage in self.declared["stages"]]
        self.namespaces["codepipeline"] = {"PipelineExecutionId": self.id}
        self.namespaces["variables"] = self.variables

    @property
    def pipeline(self) -> str:
        """The pipeline's name."""
        return str(self.declared["name"])

    @property
    def mode(self) -> str:
        """QUEUED, SUPERSEDED or PARALLEL."""
        return str(self.declared["executionMode"])

    @property
    def is_stopping(self) -> bool:
        """Whether it must not begin anything more."""
        return self.status in ("Stopping", "Stopped") or self.abandoned.is_set()

    @property
    def seconds(self) -> float:
        """How long it took, or takes until now."""
        return (time.time() if self.status in OPEN else self.updated) - self.started

    def artifact_store(self) -> dict[str, Any]:
        """Bucket and key of its artifacts."""
        store: dict[str, Any] = self.declared["artifactStore"]
        return store

    def end(self, status: str, summary: str = "") -> None:
        """The last change, unless somebody tries a stage again."""
        self.status, self.summary, self.updated = status, summary, time.time()
