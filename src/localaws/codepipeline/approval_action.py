"""Approval/Manual: tell a topic that somebody is waited for, and wait."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from localaws.codepipeline.execution import Abandoned, ActionFailed, ActionRun, Execution, new_id
from localaws.codepipeline.kinds import WEEK_MINUTES
from localaws.codepipeline.role import Role

MOST_LETTERS = 1000  # of the text for whom approves
SUBJECT_LENGTH = 100  # SNS takes no more


class ApprovalAction:
    """`changed` is told when somebody has answered; `console` is the page that shows what waits."""

    def __init__(self, changed: threading.Condition, region: str, console: str) -> None:
        self.changed, self.region, self.console = changed, region, console

    def __call__(self, run: ActionRun, execution: Execution, role: Role) -> None:
        """Wait for the answer; a rejection fails the action, and so does a week without one."""
        text = run.configuration.get("CustomData", "")
        if len(text) > MOST_LETTERS:
            message = f"CustomData has {len(text)} letters with its variables; at most {MOST_LETTERS} are allowed."
            raise ActionFailed("ConfigurationError", message)
        minutes = int(run.declared.get("timeoutInMinutes") or WEEK_MINUTES)
        stage = next(stage.name for stage in execution.stages if run in stage.actions)
        run.token = new_id()
        if topic := run.configuration.get("NotificationArn"):
            self._notify(topic, self._message(run, execution, stage, minutes), role)
        self._await(run, execution, minutes)

    def _await(self, run: ActionRun, execution: Execution, minutes: int) -> None:
        with self.changed:
            self.changed.notify_all()
            answered = self.changed.wait_for(lambda: run.verdict or execution.abandoned.is_set(), minutes * 60)
        run.token = ""
        if run.verdict == "Approved":
            return
        if run.verdict == "Rejected":
            raise ActionFailed("ApprovalRejected", f"Rejected by a person: {run.summary or 'without a reason'}")
        if not answered:
            raise ActionFailed("ApprovalTimedOut", f"Nobody answered within {minutes} minutes.")
        raise Abandoned

    def _notify(self, topic: str, message: dict[str, Any], role: Role) -> None:
        approval = message["approval"]
        subject = f"APPROVAL NEEDED: AWS CodePipeline {approval['pipelineName']} for action {approval['actionName']}"
        try:
            role.client("sns").publish(TopicArn=topic, Subject=subject[:SUBJECT_LENGTH], Message=json.dumps(message))
        except ClientError as error:
            raise ActionFailed("PermissionError", f"Nobody can be told by {topic}: {error}") from error

    def _message(self, run: ActionRun, execution: Execution, stage: str, minutes: int) -> dict[str, Any]:
        """What AWS sends to the topic."""
        expires = datetime.fromtimestamp(time.time() + minutes * 60, UTC).strftime("%Y-%m-%dT%H:%MZ")
        approval = {
            "pipelineName": execution.pipeline,
            "stageName": stage,
            "actionName": run.name,
            "token": run.token,
            "expires": expires,
            "externalEntityLink": run.configuration.get("ExternalEntityLink"),
            "approvalReviewLink": f"{self.console}#{execution.id}",
            "customData": run.configuration.get("CustomData"),
        }
        return {"region": self.region, "consoleLink": self.console, "approval": approval}
