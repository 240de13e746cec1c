"""A training job: data and code down, the script run in SageMaker's folders, the model up."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from localaws.container.failure import JobFailed
from localaws.container.metrics import Metrics
from localaws.container.platform import Platform, Session
from localaws.container.process import Ending
from localaws.container.run import Finished, Run
from localaws.container.script_mode import Script, variables

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
LAST_LINES = 30
Tell = Callable[[str, str], None]  # secondary status, message


@dataclass
class Trained:
    """What became of a training job."""

    status: str
    secondary_status: str
    reason: str | None = None
    model_uri: str | None = None
    metrics: list[dict[str, Any]] = field(default_factory=list)


class Training:
    """One job: `job` is the request that created it."""

    def __init__(self, platform: Platform, job: dict[str, Any], arn: str, run: Run, tell: Tell) -> None:
        self.platform, self.job, self.arn, self.run, self.tell = platform, job, arn, run, tell
        self.name: str = job["TrainingJobName"]
        self.specification: dict[str, Any] = job["AlgorithmSpecification"]
        self.metrics = Metrics(self.specification.get("MetricDefinitions") or [])
        self.last_lines: list[str] = []

    def train(self) -> Trained:
        """Do it all. Whatever cannot be done raises JobFailed."""
        _refuse_what_cannot_be(self.job)
        image = self.platform.image(self.specification.get("TrainingImage"))
        root = self.platform.folder("training", self.name)
        with self.platform.session(self.job["RoleArn"], self.name, self.arn) as session:
            script = self._prepare(root, session)
            environment = self.platform.variables(image, root, session)
            environment |= variables(self.job, script, root) | (self.job.get("Environment") or {})
            finished = self._execute([image.python, *script.argv], environment, root / "opt/ml/code")
            model_uri = self._upload(root, session, finished)
        trained = self._judge(finished, script, root)
        trained.model_uri, trained.metrics = model_uri, self.metrics.final()
        if trained.status == "Completed":
            shutil.rmtree(root, ignore_errors=True)  # a failed one is kept to be looked at
        return trained

    def _prepare(self, root: Path, session: Session) -> Script:
        """SageMaker's folders with data, configuration and code in them."""
        ml = root / "opt/ml"
        for name in ("input/config", "input/data", "model", "output/data", "code"):
            (ml / name).mkdir(parents=True)
        self.tell("Downloading", "Downloading input data")
        for channel in self.job.get("InputDataConfig") or []:
            uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
            session.storage.download(uri, ml / "input/data" / channel["ChannelName"])
        _write_configuration(self.job, ml / "input/config")
        script = Script.of(self.job)
        session.storage.unpack(script.archive_uri, ml / "code")
        if not (ml / "code" / script.program).is_file():
            raise JobFailed(f"ClientError: The program {script.program} is not in {script.archive_uri}.")
        return script

    def _execute(self, argv: list[str], environment: dict[str, str], folder: Path) -> Finished:
        log = self.platform.log(LOG_GROUP, f"{self.name}/algo-1-{int(time.time())}")

        def on_line(line: str) -> None:
            log.write(line)
            self.metrics.see(line)
            self.last_lines = [*self.last_lines, line][-LAST_LINES:]

        self.tell("Training", "Training image download completed. Training in progress.")
        try:
            most = (self.job.get("StoppingCondition") or {}).get("MaxRuntimeInSeconds", 86400)
            return self.run.execute(argv, environment, folder, on_line, most)
        finally:
            log.close()

    def _upload(self, root: Path, session: Session, finished: Finished) -> str | None:
        """The model, unless the script failed; a stopped job keeps what it has written, as on AWS."""
        ml, out = root / "opt/ml", f"{self.job['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{self.name}/output"
        if any((ml / "output/data").iterdir()):
            session.storage.pack(ml / "output/data", f"{out}/output.tar.gz")
        if finished.code != 0 and finished.ending is Ending.ITSELF:
            return None
        if finished.code != 0 and not any((ml / "model").iterdir()):
            return None
        self.tell("Uploading", "Uploading generated training model")
        session.storage.pack(ml / "model", f"{out}/model.tar.gz")
        return f"{out}/model.tar.gz"

    def _judge(self, finished: Finished, script: Script, root: Path) -> Trained:
        if finished.ending is Ending.EXPIRED:
            return Trained("Stopped", "MaxRuntimeExceeded")
        if finished.ending is Ending.STOPPED:
            return Trained("Stopped", "Stopped")
        if finished.code == 0:
            return Trained("Completed", "Completed")
        note = root / "opt/ml/output/failure"
        told = note.read_text(errors="replace") if note.exists() else self._last_words(script, finished)
        return Trained("Failed", "Failed", f"AlgorithmError: {told[:900]}, exit code: {finished.code}")

    def _last_words(self, script: Script, finished: Finished) -> str:
        """What AWS's training toolkit tells of a script that raised: its last line and the command."""
        last = next((line for line in reversed(self.last_lines) if line.strip()), "")
        command = " ".join(["python3", *script.argv])
        return f'ExecuteUserScriptError:\nExitCode {finished.code}\nErrorMessage "{last}"\nCommand "{command}"'


def _refuse_what_cannot_be(job: dict[str, Any]) -> None:
    if job["ResourceConfig"].get("InstanceCount", 1) != 1:
        raise JobFailed("ClientError: The embedded AWS trains on one instance; set InstanceCount to 1.")
    modes = {job["AlgorithmSpecification"].get("TrainingInputMode", "File")}
    modes |= {channel["InputMode"] for channel in job.get("InputDataConfig") or [] if "InputMode" in channel}
    if "Pipe" in modes:
        raise JobFailed("ClientError: The embedded AWS has no Pipe mode; use File or FastFile.")
    for channel in job.get("InputDataConfig") or []:
        source = channel["DataSource"].get("S3DataSource") or {}
        if source.get("S3DataType") != "S3Prefix":
            raise JobFailed(f"ClientError: Channel {channel['ChannelName']} is no S3Prefix, the only kind served here.")


def _write_configuration(job: dict[str, Any], folder: Path) -> None:
    channels = {c["ChannelName"]: {"TrainingInputMode": "File"} for c in job.get("InputDataConfig") or []}
    resources = {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "lo"}
    for name, content in (
        ("hyperparameters", job.get("HyperParameters") or {}),
        ("inputdataconfig", channels),
        ("resourceconfig", resources),
    ):
        (folder / f"{name}.json").write_text(json.dumps(content))
