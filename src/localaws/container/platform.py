"""What every job needs from the machine: its image, credentials of its role, S3, a log, a folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from localaws import roles
from localaws.clients import Clients
from localaws.container.failure import JobFailed
from localaws.container.logs import LogStream
from localaws.container.storage import Storage
from localaws.gateway import environment
from localaws.gateway.config import Config, Image

SAGEMAKER = "sagemaker.amazonaws.com"


@dataclass(frozen=True)
class Session:
    """A role at work: its credentials, and S3 as that role sees it."""

    credentials: roles.Credentials
    storage: Storage


class Platform:
    """Shared by all jobs of one gateway."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.clients = Clients(config)

    def image(self, uri: str | None) -> Image:
        """What stands for an image; the tag does not matter, an unknown name does."""
        found = self.config.images.get(without_tag(uri or ""))
        if found is None:
            raise JobFailed(
                f"ClientError: Cannot find the image {uri}. This embedded AWS knows "
                f"{', '.join(sorted(self.config.images)) or 'no image'}; add it to `images` in the gateway's config."
            )
        if not Path(found.python).exists():
            raise JobFailed(f"ClientError: The image {uri} stands for {found.python}, which does not exist.")
        return found

    @contextmanager
    def session(self, role_arn: str, name: str, source_arn: str) -> Iterator[Session]:
        """Credentials of an execution role and S3 under them, until the work is done."""
        try:
            credentials = roles.assume(role_arn, name, SAGEMAKER, source_arn)
        except roles.RoleRefused as refused:
            raise JobFailed(f"ClientError: {refused}") from refused
        try:
            yield Session(credentials, Storage(self.clients.of("s3", credentials), role_arn))
        finally:
            roles.give_back(credentials)

    def log(self, group: str, stream: str) -> LogStream:
        """A stream in CloudWatch Logs. The platform writes it, whatever the role of the job may do."""
        return LogStream(self.clients.of("logs"), group, stream)

    def folder(self, kind: str, name: str) -> Path:
        """An empty folder that stands for a container's file system."""
        folder = self.config.state_dir / kind / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def variables(self, image: Image, home: Path, session: Session) -> dict[str, str]:
        """The environment of a process that runs as this image under this session's role."""
        return environment.of_child(self.config, image.python, home, session.credentials.variables())


def without_tag(uri: str) -> str:
    """`host/name:tag` and `host/name@sha256:...` without what follows the name."""
    host, slash, name = uri.rpartition("/")
    return host + slash + name.split("@")[0].split(":")[0]
