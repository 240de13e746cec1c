"""Wait until Airflow installs the requirements of this commit: its DAGs were checked with these and with no others.

A push that changes `dags/requirements.txt` starts two pipelines: one lets Airflow install the file, which takes MWAA
twenty minutes and more, the other brings the DAGs, in seconds. A new DAG on old requirements may lack its package.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from shipping import dag_manifest, environments
from shipping.dag_manifest import Part
from shipping.environments import Refused

# An update while which Airflow installs anew, or takes that back.
IN_MOTION = ("CREATING_SNAPSHOT", "ROLLING_BACK", "UPDATING")
DEADLINE_SECONDS = 3000.0  # an update of MWAA takes 20 to 40 minutes; CodeBuild ends these builds after 60
DEADLINE_LOCAL_SECONDS = 60.0
TOLD_EVERY_SECONDS = 60


def ours(dags: Path) -> list[bytes]:
    """This commit's requirements and constraints; an environment installs one of these files."""
    return [path.read_bytes() for path in dags.glob("*.txt")]


def others_installed(s3: Any, bucket: str, installed: Mapping[str, Part], ours: Collection[bytes]) -> str:
    """In words, which requirements Airflow installs where they are none of `ours`; empty where they are, or none."""
    part = installed.get("requirements")
    if part is None:
        return ""
    which = {"VersionId": part["version"]} if part["version"] else {}
    try:
        content = s3.get_object(Bucket=bucket, Key=part["key"], **which)["Body"].read()
    except ClientError as problem:
        if problem.response["Error"]["Code"] not in ("NoSuchKey", "NoSuchVersion", "404"):
            raise
        content = b""
    if content in ours:
        return ""
    return (
        f"Airflow still installs {part['key']} in version {part['version']}, which is not the requirements.txt of this "
        "commit"
    )


@dataclass
class Waiting:
    """`look` tells the environment as GetEnvironment does, None where there is none; clocks can be replaced."""

    look: Callable[[], dict[str, Any] | None]
    others: Callable[[Mapping[str, Part]], str]
    environment: str
    say: Callable[[str], None] = field(default=lambda words: print(words, flush=True))
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def wait(self) -> dict[str, Any] | None:
        """What GetEnvironment tells once it installs this commit's; None where no Airflow is there to wait for."""
        started = next_word = self.now()
        while (found := self.look()) and (lacking := self._lacking(found)):
            if self.now() - started > self.deadline_seconds:
                raise self._too_late(found, lacking)
            if self.now() >= next_word:
                next_word += TOLD_EVERY_SECONDS
                self.say(f"waiting for the infrastructure pipeline to bring this commit's requirements: {lacking}")
            self.sleep(1.0 if self._is_local else 15.0)
        return found

    def _lacking(self, found: Mapping[str, Any]) -> str:
        """While it changes, GetEnvironment does not tell which requirements will be in force."""
        if found["Status"] in IN_MOTION:
            return f"{found['Name']} is {found['Status']}"
        return self.others(dag_manifest.installed(found))

    @property
    def _is_local(self) -> bool:
        return self.environment == environments.LOCAL

    @property
    def deadline_seconds(self) -> float:
        return DEADLINE_LOCAL_SECONDS if self._is_local else DEADLINE_SECONDS

    def _too_late(self, found: Mapping[str, Any], lacking: str) -> Refused:
        last = found.get("LastUpdate") or {}
        why = (last.get("Error") or {}).get("ErrorMessage", "no reason given")
        update = f" Its last update FAILED: {why}." if last.get("Status") == "FAILED" else ""
        return Refused(
            f"the DAGs were not synced, and {self.environment} serves those it had: after "
            f"{self.deadline_seconds / 60:.0f} minutes {lacking}.{update} The infrastructure pipeline has to apply "
            f"this commit (it may wait for an approval), or: `make plan apply ENV={self.environment}`. Then retry this "
            f"stage, or run `make sync-dags ENV={self.environment}`."
        )
