"""A training job: data and code down, the script run in SageMaker's folders, the model up.

Several instances are as many processes with a folder each. A spot job whose machines are reclaimed begins again, with
what its checkpoints hold.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from localaws.container import checkpoints
from localaws.container.cluster import Host, hosts
from localaws.container.failure import JobFailed
from localaws.container.metrics import Metrics
from localaws.container.platform import Platform, Session
from localaws.container.process import Ending
from localaws.container.processing import below, moved
from localaws.container.run import Command, Finished, Run
from localaws.container.script_mode import Script, variables
from localaws.gateway.config import Image

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
LAST_LINES = 30
MOST_HOSTS = 4
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
        self.last_lines: dict[int, list[str]] = {}  # by host
        self.seconds_left: float = (job.get("StoppingCondition") or {}).get("MaxRuntimeInSeconds", 86400)

    def train(self) -> Trained:
        """Do it all. Whatever cannot be done raises JobFailed."""
        _refuse_what_cannot_be(self.job)
        image = self.platform.image(self.specification.get("TrainingImage"))
        script = Script.of(self.job)
        with self.platform.session(self.job["RoleArn"], self.name, self.arn) as session:
            cluster, finished = self._try(image, script, session)
            while finished.ending is Ending.RECLAIMED:
                self.tell("Interrupted", "The managed spot training instances were reclaimed")
                self.tell("Starting", "Preparing the instances for training")
                cluster, finished = self._try(image, script, session)
            model_uri = self._upload(cluster, session, finished)
        trained = self._judge(finished, script, cluster[finished.host])
        trained.model_uri, trained.metrics = model_uri, self.metrics.final()
        if trained.status == "Completed":
            shutil.rmtree(self.root, ignore_errors=True)  # a failed one is kept to be looked at
        return trained

    def _try(self, image: Image, script: Script, session: Session) -> tuple[list[Host], Finished]:
        """Once from the beginning, on new machines."""
        self.root = self.platform.folder("training", self.name)
        cluster = hosts(self.root, self.job["ResourceConfig"].get("InstanceCount", 1))
        self.tell("Downloading", "Downloading input data")
        for host in cluster:
            self._prepare(host, script, session)
        began = time.monotonic()
        try:
            if config := self.job.get("CheckpointConfig"):
                folders = [below(host.root, config.get("LocalPath") or checkpoints.LOCAL_PATH) for host in cluster]
                copies = checkpoints.Checkpoints(session.storage, config["S3Uri"], folders)
                copies.bring()
                with copies.kept():
                    return cluster, self._execute(image, script, session, cluster)
            return cluster, self._execute(image, script, session, cluster)
        finally:
            self.seconds_left = max(0.0, self.seconds_left - (time.monotonic() - began))

    def _prepare(self, host: Host, script: Script, session: Session) -> None:
        """SageMaker's folders with data, configuration and code in them."""
        for name in ("input/config", "input/data", "model", "output/data", "code"):
            (host.ml / name).mkdir(parents=True)
        for channel in self.job.get("InputDataConfig") or []:
            uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
            session.storage.download(uri, host.ml / "input/data" / channel["ChannelName"])
        _write_configuration(self.job, host)
        session.storage.unpack(script.archive_uri, host.ml / "code")
        if not (host.ml / "code" / script.program).is_file():
            raise JobFailed(f"ClientError: The program {script.program} is not in {script.archive_uri}.")

    def _execute(self, image: Image, script: Script, session: Session, cluster: list[Host]) -> Finished:
        now = int(time.time())
        logs = [self.platform.log(LOG_GROUP, f"{self.name}/{host.name}-{now}") for host in cluster]

        def command(place: int) -> Command:
            host, log = cluster[place], logs[place]

            def on_line(line: str) -> None:
                log.write(line)
                self.metrics.see(line)
                self.last_lines[place] = [*self.last_lines.get(place, []), line][-LAST_LINES:]

            asked = {key: moved(value, host.root) for key, value in (self.job.get("Environment") or {}).items()}
            environment = self.platform.variables(image, host.root, session) | variables(self.job, script, host) | asked
            arguments = [moved(part, host.root) for part in script.argv]
            return Command([image.python, *arguments], environment, host.ml / "code", on_line)

        self.tell("Training", "Training image download completed. Training in progress.")
        try:
            return self.run.execute_all([command(place) for place in range(len(cluster))], self.seconds_left)
        finally:
            for log in logs:
                log.close()

    def _upload(self, cluster: list[Host], session: Session, finished: Finished) -> str | None:
        """The model, unless the script failed; a stopped job keeps what it has written, as on AWS."""
        out = f"{self.job['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{self.name}/output"
        outputs, models = [host.ml / "output/data" for host in cluster], [host.ml / "model" for host in cluster]
        if any(any(folder.iterdir()) for folder in outputs):
            session.storage.pack(f"{out}/output.tar.gz", *outputs)
        if finished.code != 0 and finished.ending is Ending.ITSELF:
            return None
        if finished.code != 0 and not any(any(folder.iterdir()) for folder in models):
            return None
        self.tell("Uploading", "Uploading generated training model")
        session.storage.pack(f"{out}/model.tar.gz", *models)
        return f"{out}/model.tar.gz"

    def _judge(self, finished: Finished, script: Script, host: Host) -> Trained:
        if finished.ending is Ending.EXPIRED:
            return Trained("Stopped", "MaxRuntimeExceeded")
        if finished.ending is Ending.STOPPED:
            return Trained("Stopped", "Stopped")
        if finished.code == 0:
            return Trained("Completed", "Completed")
        note = host.ml / "output/failure"
        told = note.read_text(errors="replace") if note.exists() else self._last_words(script, finished)
        return Trained("Failed", "Failed", f"AlgorithmError: {told[:900]}, exit code: {finished.code}")

    def _last_words(self, script: Script, finished: Finished) -> str:
        """What AWS's training toolkit tells of a script that raised: its last line and the command."""
        last = next((line for line in reversed(self.last_lines.get(finished.host, [])) if line.strip()), "")
        command = " ".join(["python3", *script.argv])
        return f'ExecuteUserScriptError:\nExitCode {finished.code}\nErrorMessage "{last}"\nCommand "{command}"'


def _refuse_what_cannot_be(job: dict[str, Any]) -> None:
    count = job["ResourceConfig"].get("InstanceCount", 1)
    if count > MOST_HOSTS:
        raise JobFailed(
            f"ClientError: InstanceCount is {count}; the embedded AWS trains on {MOST_HOSTS} at most, all of which are "
            "this machine. Set fewer."
        )
    modes = {job["AlgorithmSpecification"].get("TrainingInputMode", "File")}
    modes |= {channel["InputMode"] for channel in job.get("InputDataConfig") or [] if "InputMode" in channel}
    if "Pipe" in modes:
        raise JobFailed("ClientError: The embedded AWS has no Pipe mode; use File or FastFile.")
    for channel in job.get("InputDataConfig") or []:
        source = channel["DataSource"].get("S3DataSource") or {}
        if source.get("S3DataType") != "S3Prefix":
            raise JobFailed(f"ClientError: Channel {channel['ChannelName']} is no S3Prefix, the only kind served here.")
        if count > 1 and source.get("S3DataDistributionType", "FullyReplicated") != "FullyReplicated":
            raise JobFailed(
                f"ClientError: Channel {channel['ChannelName']} is ShardedByS3Key; here every instance gets all of it. "
                "Set FullyReplicated, and let the script take its share."
            )


def _write_configuration(job: dict[str, Any], host: Host) -> None:
    channels = {c["ChannelName"]: {"TrainingInputMode": "File"} for c in job.get("InputDataConfig") or []}
    resources = {"current_host": host.name, "hosts": list(host.all), "network_interface_name": "lo"}
    for name, content in (
        ("hyperparameters", job.get("HyperParameters") or {}),
        ("inputdataconfig", channels),
        ("resourceconfig", resources),
    ):
        (host.ml / "input/config" / f"{name}.json").write_text(json.dumps(content))
