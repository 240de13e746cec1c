"""s3:// arguments as local folders, since pyspark alone brings no file system for S3.

What an argument names is brought here before the script runs. After it has ended well, what it changed goes up and what
it took away is deleted, so that an overwritten table comes out as on AWS. All of it happens with the keys of the run's
role: what the role may not do fails here too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from localaws.container.failure import JobFailed
from localaws.container.storage import ONE_AFTER_THE_OTHER, inside, split
from localaws.spark.failure import SparkFailed

SCHEMES = ("s3://", "s3a://", "s3n://")
CHECKSUM = ".crc"  # beside every file that Hadoop writes into a local folder; there is none in S3
Stamp = tuple[int, int]


class Mirror:
    """The S3 of one run, below `folder`: a folder per bucket."""

    def __init__(self, s3: Any, role_arn: str, folder: Path) -> None:
        self.s3, self.role_arn, self.folder = s3, role_arn, folder
        self._brought: dict[tuple[str, str], dict[str, Stamp]] = {}  # bucket and prefix -> key -> as it came

    def localised(self, argument: str) -> str:
        """The argument with its s3:// address, which may follow `--name=`, as the address of a local folder."""
        begin = min((at for scheme in SCHEMES if (at := argument.find(scheme)) >= 0), default=-1)
        if begin < 0 or (begin > 0 and argument[begin - 1] != "="):
            return argument
        uri = argument[begin:]
        bucket, key = _split(uri)
        prefix = key.rstrip("/")
        if (bucket, prefix) not in self._brought:
            self._brought[bucket, prefix] = self._bring(bucket, prefix)
        local = (self.folder / bucket / prefix).as_uri()
        return argument[:begin] + local + ("/" if key.endswith("/") else "")

    def push(self) -> None:
        """Bring S3 in line with what the script left."""
        for (bucket, prefix), before in self._brought.items():
            after = self._here(bucket, prefix)
            for key, stamp in sorted(after.items()):
                if before.get(key) != stamp:
                    self._try("Writing", bucket, key, self._put)
            for key in sorted(before.keys() - after.keys()):
                self._try("Deleting", bucket, key, self._delete)

    def fetch(self, uri: str, folder: Path) -> Path:
        """One object, which must exist, under its own name."""
        bucket, key = _split(uri)
        target = folder / key.rsplit("/", 1)[-1]
        folder.mkdir(parents=True, exist_ok=True)
        self._try("Reading", bucket, key, lambda b, k: self._get(b, k, target))
        return target

    def require(self, uri: str) -> None:
        """Refuse an object that is not there, or not for this role."""
        self._try("Reading", *_split(uri), lambda bucket, key: self.s3.head_object(Bucket=bucket, Key=key))

    def _bring(self, bucket: str, prefix: str) -> dict[str, Stamp]:
        """Every object at or below the prefix."""
        pages = self.s3.get_paginator("list_objects_v2")
        found: list[str] = []

        def listed(name: str, under: str) -> None:
            for page in pages.paginate(Bucket=name, Prefix=under):
                found.extend(each["Key"] for each in page.get("Contents", []))

        self._try("Listing", bucket, prefix, listed)
        for key in found:
            is_below = not prefix or key == prefix or key.startswith(f"{prefix}/")
            if is_below and not key.endswith("/"):
                self._try("Reading", bucket, key, lambda b, k: self._get(b, k, inside(self.folder / b, k)))
        return self._here(bucket, prefix)

    def _here(self, bucket: str, prefix: str) -> dict[str, Stamp]:
        """Local files by key, each with what tells a changed one."""
        root = self.folder / bucket
        at = root / prefix
        files = [at] if at.is_file() else sorted(path for path in at.rglob("*") if path.is_file())
        kept = [path for path in files if not (path.name.startswith(".") and path.suffix == CHECKSUM)]
        stamps = ((path, path.stat()) for path in kept)
        return {path.relative_to(root).as_posix(): (stat.st_mtime_ns, stat.st_size) for path, stat in stamps}

    def _get(self, bucket: str, key: str, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        self.s3.download_file(bucket, key, str(target), Config=ONE_AFTER_THE_OTHER)

    def _put(self, bucket: str, key: str) -> None:
        self.s3.upload_file(str(self.folder / bucket / key), bucket, key, Config=ONE_AFTER_THE_OTHER)

    def _delete(self, bucket: str, key: str) -> None:
        self.s3.delete_object(Bucket=bucket, Key=key)

    def _try(self, what: str, bucket: str, key: str, call: Any) -> None:
        try:
            call(bucket, key)
        except (ClientError, BotoCoreError, JobFailed, OSError) as error:
            raise SparkFailed(f"{what} s3://{bucket}/{key} failed under the role {self.role_arn}: {error}") from error


def _split(uri: str) -> tuple[str, str]:
    try:
        return split("s3://" + uri.split("://", 1)[-1])
    except JobFailed as error:
        raise SparkFailed(f"{uri!r} is no S3 address; write s3://bucket/key.") from error
