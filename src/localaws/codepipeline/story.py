"""The pipelines as people ask for them: what runs, what it waits for, why it failed. GET /_localaws/pipelines.json."""

from __future__ import annotations

from localaws.codepipeline.execution import ActionRun, Execution, StageRun
from localaws.codepipeline.gates import Gates
from localaws.codepipeline.history import History
from localaws.codepipeline.pipelines import Pipelines
from localaws.gateway.actions import Body

Told = list[Body]
TEXTS = ("summary", "error", "build", "log")  # of an action


class Story:
    """Gathers the facts that the page and `make pipelines` show."""

    def __init__(self, pipelines: Pipelines, history: History, gates: Gates) -> None:
        self.pipelines, self.history, self.gates = pipelines, history, gates

    def __call__(self) -> Told:
        """Every pipeline with its executions, newest first."""
        return [
            {
                "name": one.declared["name"],
                "executions": [self._execution(execution) for execution in self.history.of(one.declared["name"])],
            }
            for one in self.pipelines.all()
        ]

    def _execution(self, one: Execution) -> Body:
        source = next((run for stage in one.stages for run in stage.actions if run.revision), None)
        pinned = next(iter(one.commits.values()), "")
        return {
            "id": one.id,
            "status": one.status,
            "commit": source.variables["CommitId"] if source else pinned,
            "message": source.variables["CommitMessage"] if source else "",
            "trigger": " ".join(part for part in (one.trigger["triggerType"], one.trigger["triggerDetail"]) if part),
            "started": one.started,
            "seconds": round(one.seconds, 1),
            "summary": one.summary,
            "waits": self._waits(one),
            "stages": [_stage(stage, one) for stage in one.stages],
        }

    def _waits(self, one: Execution) -> str:
        """What it queues before, and behind whom."""
        for stage in one.stages:
            waiting = self.gates.waiting(one.pipeline, stage.name)
            if one in waiting:
                closed, inside = (
                    self.gates.closed(one.pipeline, stage.name),
                    self.gates.inside(one.pipeline, stage.name),
                )
                before = waiting[: waiting.index(one)]
                if closed:
                    return f"waits before stage {stage.name}, which is closed: {closed.reason}"
                behind = before[-1] if before else inside
                return f"waits before stage {stage.name}" + (f", behind {behind.id[:8]}" if behind else "")
        return ""


def _stage(stage: StageRun, execution: Execution) -> Body:
    return {
        "name": stage.name,
        "status": stage.status or "NotStarted",
        "seconds": round(stage.seconds, 1),
        "entry": stage.entry[1] if stage.entry and stage.entry[0] != "Succeeded" else "",
        "actions": [_action(stage, name, execution) for name in _names(stage)],
    }


def _names(stage: StageRun) -> list[str]:
    return [action["name"] for action in sorted(stage.declared["actions"], key=lambda one: one["runOrder"])]


def _action(stage: StageRun, name: str, execution: Execution) -> Body:
    """The newest try. `log` is the address of a build's log; a token and a link are there while an approval waits."""
    run = stage.latest().get(name)
    if run is None:
        return {
            "name": name,
            "status": "NotStarted",
            "seconds": 0.0,
            "summary": "",
            "error": "",
            "build": "",
            "log": "",
        }
    told: Body = {
        "name": name,
        "status": run.status,
        "seconds": round(run.seconds, 1),
        "summary": _summary(run),
        "error": run.error[1] if run.error else "",
        "build": run.external_id if run.declared["actionTypeId"]["provider"] == "CodeBuild" else "",
        "log": run.external_url,
    }
    return told | ({"token": run.token, "link": run.configuration.get("ExternalEntityLink", "")} if run.token else {})


def _summary(run: ActionRun) -> str:
    """Of an approval that waits, the text for whom decides; of one that was answered, the answer."""
    if run.declared["actionTypeId"]["category"] != "Approval":
        return run.summary
    if run.token:
        return run.configuration.get("CustomData", "")
    return f"{run.verdict}: {run.summary}" if run.verdict and run.summary else run.verdict
