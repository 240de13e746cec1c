"""`dags/manifest.json` in the DAG bucket: which commit lies there, file by file, and since when.

It is written last, so a file that it names has arrived. Whoever waits for Airflow needs the times: what Airflow parsed
before a change reached it says nothing about the change.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

NAME = "manifest.json"
HASH = "sha256"  # the object's metadata key; S3's own ETag is no hash of the content once a key encrypts it
INSTALLED = {"requirements": "Requirements", "plugins": "Plugins", "startup_script": "StartupScript"}

Part = dict[str, str | None]  # key and version of an object that the environment installs


@dataclass(frozen=True)
class Manifest:
    """`files` and `versions` by path below the prefix: content hashes and S3's object versions.

    `environment` is what Airflow installs besides, as it stood at the sync. Times are seconds since 1970 by the clock
    of who synced: of the last change of any Python file, and of a helper, which more than one DAG may import.
    """

    commit: str
    files: Mapping[str, str]
    versions: Mapping[str, str | None] = field(default_factory=dict)
    environment: Mapping[str, Part] = field(default_factory=dict)
    python_changed_at: float = 0.0
    helpers_changed_at: float = 0.0

    def content(self) -> bytes:
        """As it lies in the bucket: the same for the same state."""
        return (json.dumps(vars(self), indent=2, sort_keys=True) + "\n").encode()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def is_helper(path: str) -> bool:
    """Whether it is a module that DAG files import; DAG files themselves lie at the top."""
    return path.endswith(".py") and "/" in path


def read(s3_client: Any, bucket: str, prefix: str) -> Manifest | None:
    """The manifest in the bucket; None where there is none, or one that somebody else's hand wrote."""
    try:
        content = s3_client.get_object(Bucket=bucket, Key=prefix + NAME)["Body"].read()
    except ClientError as problem:
        if problem.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return None
        raise
    try:
        return Manifest(**json.loads(content))
    except (TypeError, ValueError):
        return None


def write(s3_client: Any, bucket: str, prefix: str, manifest: Manifest, there: str | None) -> None:
    """Write it unless the object with the hash `there` is this one."""
    content = manifest.content()
    if there != digest(content):
        s3_client.put_object(
            Bucket=bucket,
            Key=prefix + NAME,
            Body=content,
            Metadata={HASH: digest(content)},
            ContentType="application/json",
        )


def installed(environment: Mapping[str, Any]) -> dict[str, Part]:
    """Which objects the Airflow of GetEnvironment's answer installs, where it installs any."""
    return {
        name: {"key": environment[f"{word}S3Path"], "version": environment.get(f"{word}S3ObjectVersion")}
        for name, word in INSTALLED.items()
        if environment.get(f"{word}S3Path")
    }
