"""A processing job: inputs down, a Python program run on /opt/ml/processing/..., outputs up."""

from __future__ import annotations

import json
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from localaws.container.failure import JobFailed
from localaws.container.platform import Platform, Session
from localaws.container.process import Ending
from localaws.container.run import Finished, Run

LOG_GROUP = "/aws/sagemaker/ProcessingJobs"
CONTAINER_PATH = re.compile(r"/opt/ml(?=/|$)")
PYTHONS = ("python", "python3")


@dataclass(frozen=True)
class Processed:
    """What became of a processing job."""

    status: str
    reason: str | None = None


class Processing:
    """One job: `job` is the request that created it."""

    def __init__(self, platform: Platform, job: dict[str, Any], arn: str, run: Run) -> None:
        self.platform, self.job, self.arn, self.run = platform, job, arn, run
        self.name: str = job["ProcessingJobName"]
        self.outputs: list[dict[str, Any]] = (job.get("ProcessingOutputConfig") or {}).get("Outputs") or []

    def process(self) -> Processed:
        """Do it all. Whatever cannot be done raises JobFailed."""
        image = self.platform.image(self.job["AppSpecification"].get("ImageUri"))
        root = self.platform.folder("processing", self.name)
        with self.platform.session(self.job["RoleArn"], self.name, self.arn) as session:
            self._prepare(root, session)
            asked = {key: moved(value, root) for key, value in (self.job.get("Environment") or {}).items()}
            variables = self.platform.variables(image, root, session) | asked
            finished = self._execute([image.python, *self._arguments(root)], variables, root)
            processed = self._judge(finished)
            if processed.status == "Completed":
                self._upload(root, session)
        if processed.status == "Completed":
            shutil.rmtree(root, ignore_errors=True)  # a failed one is kept to be looked at
        return processed

    def _prepare(self, root: Path, session: Session) -> None:
        cluster = self.job["ProcessingResources"]["ClusterConfig"]
        if cluster.get("InstanceCount", 1) != 1:
            raise JobFailed("ClientError: The embedded AWS processes on one instance; set InstanceCount to 1.")
        (root / "opt/ml/config").mkdir(parents=True)
        (root / "opt/ml/config/processingjobconfig.json").write_text(json.dumps(self.job, default=str))
        for given in self.job.get("ProcessingInputs") or []:
            source = given.get("S3Input")
            if not source or source.get("S3DataType") != "S3Prefix":
                raise JobFailed(f"ClientError: Input {given['InputName']} is no S3Prefix, the only kind served here.")
            session.storage.download(source["S3Uri"], below(root, source["LocalPath"]))
        for output in self.outputs:
            below(root, output["S3Output"]["LocalPath"]).mkdir(parents=True, exist_ok=True)

    def _arguments(self, root: Path) -> list[str]:
        """Program and arguments with the container's paths moved below the job's folder."""
        application = self.job["AppSpecification"]
        entry = application.get("ContainerEntrypoint") or []
        if not entry or PurePosixPath(entry[0]).name not in PYTHONS:
            raise JobFailed(
                f"ClientError: The entry point is {entry}. An image is a Python interpreter here; "
                f"begin ContainerEntrypoint with python3."
            )
        return [moved(part, root) for part in [*entry[1:], *(application.get("ContainerArguments") or [])]]

    def _execute(self, argv: list[str], variables: dict[str, str], root: Path) -> Finished:
        log = self.platform.log(LOG_GROUP, f"{self.name}/algo-1-{int(time.time())}")
        try:
            most = (self.job.get("StoppingCondition") or {}).get("MaxRuntimeInSeconds", 86400)
            return self.run.execute(argv, variables, root, log.write, most)
        finally:
            log.close()

    def _judge(self, finished: Finished) -> Processed:
        if finished.ending is not Ending.ITSELF:
            expired = finished.ending is Ending.EXPIRED
            return Processed("Stopped", "The job ran longer than MaxRuntimeInSeconds." if expired else None)
        if finished.code == 0:
            return Processed("Completed")
        return Processed("Failed", f"AlgorithmError: See job logs for more information, exit code: {finished.code}")

    def _upload(self, root: Path, session: Session) -> None:
        for output in self.outputs:
            session.storage.upload(below(root, output["S3Output"]["LocalPath"]), output["S3Output"]["S3Uri"])


def below(root: Path, container_path: str) -> Path:
    """A path of the container, below the job's folder."""
    path = (root / container_path.lstrip("/")).resolve()
    if not path.is_relative_to(root.resolve()):
        raise JobFailed(f"ClientError: The local path {container_path!r} leads outside the container.")
    return path


def moved(text: str, root: Path) -> str:
    """An argument, such as --out=/opt/ml/processing/output, with its path moved."""
    return CONTAINER_PATH.sub(lambda _: str(root / "opt/ml"), text)
