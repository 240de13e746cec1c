"""A transform job: every object under a prefix goes through a model, and its answer is stored beside its name."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import Any

from localaws.container.failure import JobFailed
from localaws.container.platform import Platform, Session
from localaws.container.run import Run
from localaws.container.serving import ModelServer, NoReply
from localaws.container.storage import split

LOG_GROUP = "/aws/sagemaker/TransformJobs"


@dataclass(frozen=True)
class ModelToServe:
    """The container of a model and the role that it runs under."""

    container: dict[str, Any]
    role_arn: str


class Transform:
    """One job: `job` is the request that created it."""

    def __init__(self, platform: Platform, job: dict[str, Any], arn: str, run: Run, model: ModelToServe) -> None:
        self.platform, self.job, self.arn, self.run, self.model = platform, job, arn, run, model
        self.name: str = job["TransformJobName"]

    def transform(self) -> str:
        """Do it all; the status it ends in. Whatever cannot be done raises JobFailed."""
        source = self.job["TransformInput"]["DataSource"]["S3DataSource"]
        if (
            source.get("S3DataType") != "S3Prefix"
            or self.job["TransformInput"].get("CompressionType", "None") != "None"
        ):
            raise JobFailed("ClientError: The embedded AWS transforms uncompressed objects under an S3Prefix only.")
        environment = {**(self.model.container.get("Environment") or {}), **(self.job.get("Environment") or {})}
        container = {**self.model.container, "Environment": environment}
        with self.platform.session(self.model.role_arn, self.name, self.arn) as session:
            server = ModelServer(self.platform, session, self.name, LOG_GROUP, container)
            try:
                if not server.await_ping():
                    raise JobFailed("AlgorithmError: The model server did not pass the ping health check.")
                return self._all(server, session, source["S3Uri"])
            finally:
                server.stop()

    def _all(self, server: ModelServer, session: Session, uri: str) -> str:
        _, prefix = split(uri)
        out, seen = self.job["TransformOutput"]["S3OutputPath"].rstrip("/"), 0
        for key, body in session.storage.objects(uri):
            if self.run.stop_asked:
                return "Stopped"
            name = posixpath.basename(key) if key == prefix else key[len(prefix) :].lstrip("/")
            session.storage.put(f"{out}/{name}.out", self._answer(server, key, body))
            seen += 1
        if not seen:
            raise JobFailed(f"ClientError: No S3 objects found under {uri}.")
        return "Completed"

    def _answer(self, server: ModelServer, key: str, body: bytes) -> bytes:
        asked, wanted = self.job["TransformInput"], self.job["TransformOutput"]
        headers = {"Content-Type": asked.get("ContentType") or "application/octet-stream"}
        headers["Accept"] = wanted.get("Accept") or "*/*"
        parts = body.splitlines() if asked.get("SplitType") == "Line" else [body]
        answers = []
        for part in parts:
            try:
                reply = server.invoke(part, headers)
            except NoReply as error:
                raise JobFailed(f"AlgorithmError: The model did not answer for {key}: {error}") from error
            if reply.status != 200:
                told = reply.body.decode(errors="replace")[:300]
                raise JobFailed(f"AlgorithmError: The model answered {reply.status} for {key}: {told}")
            answers.append(reply.body)
        return b"\n".join(answers) if wanted.get("AssembleWith") == "Line" else b"".join(answers)
