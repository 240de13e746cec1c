"""Builds of the local stack's pipelines: their artifacts, their end, and the one that applies killed in the middle."""

from __future__ import annotations

import os
import signal
from typing import Any

import psutil
from tests.local.conftest import Running
from tests.local.pushing import INFRASTRUCTURE

from localaws import processes
from localaws.stack import STATE_BUCKET, STATE_KEY

LOCK = f"{STATE_KEY}.tflock"


def kill_the_apply(running: Running) -> bool:
    """Kill the whole group of the build that holds the state's lock while Terraform applies."""
    for process in processes.members(running.stack.id):
        try:
            words = process.cmdline()
        except psutil.Error:
            continue
        if "apply" in words and words[0].endswith("terraform") and is_locked(running):
            os.killpg(os.getpgid(process.pid), signal.SIGKILL)
            return True
    return False


def is_locked(running: Running) -> bool:
    kept = running.client("s3").list_objects_v2(Bucket=STATE_BUCKET, Prefix=LOCK)
    return bool(kept.get("Contents"))


def free_lock(running: Running) -> None:
    """What `make unlock` does once the lock is old enough."""
    running.client("s3").delete_object(Bucket=STATE_BUCKET, Key=LOCK)


def artifact(running: Running, execution: str, name: str) -> str:
    """Bucket and key of an execution's artifact."""
    client = running.client("codepipeline")
    asked = {"pipelineName": INFRASTRUCTURE, "filter": {"pipelineExecutionId": execution}}
    for detail in client.list_action_executions(**asked)["actionExecutionDetails"]:
        for found in detail.get("output", {}).get("outputArtifacts", []):
            if found["name"] == name:
                return f"{found['s3location']['bucket']}/{found['s3location']['key']}"
    raise AssertionError(f"{execution} has no artifact {name}")


def await_build(codebuild: Any, identity: str) -> dict[str, Any]:
    def build() -> dict[str, Any]:
        found: dict[str, Any] = codebuild.batch_get_builds(ids=[identity])["builds"][0]
        return found

    assert processes.wait_until(lambda: build()["buildComplete"], 600, poll_seconds=0.5)
    return build()
