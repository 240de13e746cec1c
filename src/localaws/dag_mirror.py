"""Mirror the DAG folder of an MWAA environment from its bucket to the local Airflow, as MWAA does, but every second.

What belongs together arrives together: everything is fetched before anything is put in its place, modules before the
DAGs that import them, and what goes, goes in the other order. It reads under the environment's execution role, so a
role that may not read its DAGs shows here as it would on AWS.
"""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from ministack.services import mwaa

from localaws import roles
from localaws.clients import Clients
from localaws.container.failure import JobFailed
from localaws.container.storage import inside
from localaws.gateway.config import Config
from localaws.gateway.log import logger

MWAA = "airflow-env.amazonaws.com"


class DagMirror:
    """A thread that does nothing until an environment exists, and nothing at all without `airflow.mirror_to`."""

    def __init__(self, config: Config) -> None:
        self.folder, self._every_seconds = config.airflow.mirror_to, config.airflow.mirror_every_seconds
        self.clients = Clients(config)
        self._manifest = config.state_dir / "dag_mirror.json"  # what this mirror wrote: it deletes nothing else
        self._trouble: str | None = None
        self._credentials: tuple[str, roles.Credentials] | None = None
        self._s3: Any = None

    def start(self) -> None:
        """Begin, if there is a folder to mirror to."""
        if self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)
            threading.Thread(target=self._run, name="DAG mirror", daemon=True).start()

    def status(self) -> dict[str, Any]:
        """For the health page."""
        if not self.folder:
            return {"mirror_to": None}
        return {"mirror_to": str(self.folder), "files": len(self._known()), "trouble": self._trouble}

    def mirror(self, environment: dict[str, Any]) -> None:
        """Bring the folder to the bucket's state once."""
        assert self.folder is not None  # noqa: S101  (`start` checks)
        bucket = environment["SourceBucketArn"].rsplit(":", 1)[-1]
        prefix = environment["DagS3Path"].strip("/") + "/"
        s3, known = self._s3_of(environment), self._known()
        wanted: dict[str, str] = {}
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            found = {entry["Key"][len(prefix) :]: entry["ETag"] for entry in page.get("Contents", [])}
            wanted |= {name: tag for name, tag in found.items() if name and not name.endswith("/")}
        targets = {name: inside(self.folder, name) for name in wanted}
        changed = [name for name, at in targets.items() if known.get(name) != wanted[name] or not at.exists()]
        fetched = {name: self._fetch(s3, bucket, prefix + name, targets[name]) for name in changed}
        for name in sorted(changed, key=_helpers_first):
            os.utime(fetched[name])  # now, not when it was fetched: Airflow looks for what is younger than its parse
            fetched[name].replace(targets[name])  # at once: Airflow must not read half a DAG
        gone = sorted(known.keys() - wanted.keys(), key=_helpers_first, reverse=True)
        for name in gone:
            inside(self.folder, name).unlink(missing_ok=True)
        if any(_is_module(name) for name in (*changed, *gone)):
            for name in wanted.keys() - changed:
                os.utime(targets[name])  # Airflow parses at once what is younger, and a DAG may import the module
        if wanted != known:
            self._manifest.write_text(json.dumps(wanted))
            logger.info("the DAG folder holds %d files of s3://%s/%s", len(wanted), bucket, prefix)

    def _run(self) -> None:
        while True:
            first, *others = [environment for _, environment in list(mwaa._environments.all_items())] or [None]
            if first:
                self._told(self._mirrored(first) or self._left_out(first, others))
            time.sleep(self._every_seconds)

    def _mirrored(self, environment: dict[str, Any]) -> str | None:
        """Mirror; what went wrong, or None."""
        try:
            self.mirror(environment)
        except (ClientError, BotoCoreError, JobFailed, roles.RoleRefused, OSError) as error:
            return f"{environment['Name']}: {error}"
        return None

    @staticmethod
    def _left_out(first: dict[str, Any], others: list[dict[str, Any]]) -> str | None:
        """There is one folder and one Airflow; a second environment's DAGs would push the first's out."""
        names = ", ".join(environment["Name"] for environment in others)
        return f"{names} is not mirrored: there is one local Airflow, and it runs {first['Name']}." if names else None

    def _told(self, trouble: str | None) -> None:
        """Log a trouble once, not every second."""
        if trouble and trouble != self._trouble:
            logger.warning("the DAG folder cannot be mirrored: %s", trouble)
        self._trouble = trouble

    def _s3_of(self, environment: dict[str, Any]) -> Any:
        role, arn = environment["ExecutionRoleArn"], environment["Arn"]
        if self._credentials is None or self._credentials[0] != role or roles.find(role) is None:
            self._credentials = (role, roles.assume(role, "AmazonMWAA-airflow", MWAA, arn))
            self._s3 = self.clients.of("s3", self._credentials[1])
        return self._s3

    def _known(self) -> dict[str, str]:
        try:
            known: dict[str, str] = json.loads(self._manifest.read_text())
        except FileNotFoundError:
            return {}
        return known

    @staticmethod
    def _fetch(s3: Any, bucket: str, key: str, target: Path) -> Path:
        """The object in a hidden file beside its place."""
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f".{target.name}.new")
        fresh.write_bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        return fresh


def _is_module(name: str) -> bool:
    return "/" in name and name.endswith(".py")


def _helpers_first(name: str) -> tuple[int, str]:
    """Deeper files are modules that the DAGs at the top import."""
    return -name.count("/"), name
