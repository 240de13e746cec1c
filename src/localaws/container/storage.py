"""Move files between S3 and a job's folder, under the credentials of the job's role."""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlparse

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import BotoCoreError, ClientError

from localaws.container.failure import JobFailed

ONE_AFTER_THE_OTHER = TransferConfig(use_threads=False)


class Storage:
    """S3 as one role sees it. Whatever S3 refuses ends the job with S3's words."""

    def __init__(self, s3: Any, role_arn: str) -> None:
        self.s3, self.role_arn = s3, role_arn

    def download(self, uri: str, folder: Path) -> None:
        """Bring every object under a prefix into a folder; a single object keeps its own name."""
        if not self.bring(uri, folder):
            bucket, _ = split(uri)
            raise JobFailed(
                f'ClientError: Data download failed:No S3 objects found under S3 URL "{uri}" given in input data '
                f"source. Please ensure that objects exist under that prefix, and that the role "
                f'"{self.role_arn}" has "s3:ListBucket" permissions on bucket "{bucket}".'
            )

    def bring(self, uri: str, folder: Path) -> int:
        """The same where nothing under the prefix is no fault; how many objects there were."""
        bucket, prefix = split(uri)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            keys = list(self._keys(bucket, prefix))
            for key in keys:
                target = inside(folder, relative(key, prefix))
                target.parent.mkdir(parents=True, exist_ok=True)
                self.s3.download_file(bucket, key, str(target), Config=ONE_AFTER_THE_OTHER)
        except (ClientError, BotoCoreError) as error:
            raise self._failed("Data download", uri, error) from error
        return len(keys)

    def unpack(self, uri: str, folder: Path) -> None:
        """Unpack a tar.gz from S3 into a folder."""
        bucket, key = split(uri)
        with tempfile.TemporaryFile() as archive:
            try:
                self.s3.download_fileobj(bucket, key, archive, Config=ONE_AFTER_THE_OTHER)
            except (ClientError, BotoCoreError) as error:
                raise self._failed("Download of the archive", uri, error) from error
            archive.seek(0)
            try:
                with tarfile.open(fileobj=archive) as opened:
                    opened.extractall(folder, filter="data")
            except (tarfile.TarError, EOFError, OSError) as error:
                raise JobFailed(f"ClientError: {uri} is not a tar.gz archive that can be unpacked: {error}") from error

    def upload(self, folder: Path, uri: str) -> None:
        """Send every file of a folder to a prefix, with the same relative names."""
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            self.upload_file(path, folder, uri)

    def upload_file(self, path: Path, folder: Path, uri: str) -> bool:
        """Send one file of a folder; False if it is gone by now, as a file that a running script writes may be."""
        bucket, prefix = split(uri)
        key = "/".join(part for part in (prefix.rstrip("/"), path.relative_to(folder).as_posix()) if part)
        try:
            self.s3.upload_file(str(path), bucket, key, Config=ONE_AFTER_THE_OTHER)
        except FileNotFoundError:
            return False
        except (ClientError, BotoCoreError) as error:
            raise self._failed("Upload", f"s3://{bucket}/{key}", error) from error
        return True

    def pack(self, uri: str, *folders: Path) -> None:
        """Send what is in folders as one tar.gz; of files with the same name the last folder's counts."""
        with tempfile.TemporaryFile() as archive:
            with tarfile.open(fileobj=archive, mode="w:gz") as opened:
                for path in sorted((path for folder in folders for path in folder.iterdir()), key=lambda p: p.name):
                    opened.add(path, arcname=path.name)
            archive.seek(0)
            self.put(uri, archive)

    def put(self, uri: str, body: Any) -> None:
        """Write one object."""
        bucket, key = split(uri)
        try:
            self.s3.put_object(Bucket=bucket, Key=key, Body=body)
        except (ClientError, BotoCoreError) as error:
            raise self._failed("Upload", uri, error) from error

    def objects(self, uri: str) -> Iterator[tuple[str, bytes]]:
        """Key and content of every object under a prefix."""
        bucket, prefix = split(uri)
        try:
            for key in self._keys(bucket, prefix):
                yield key, self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except (ClientError, BotoCoreError) as error:
            raise self._failed("Data download", uri, error) from error

    def exists(self, uri: str) -> bool:
        """Whether an object is there and readable for the role."""
        bucket, key = split(uri)
        try:
            self.s3.head_object(Bucket=bucket, Key=key)
        except (ClientError, BotoCoreError):
            return False
        return True

    def _keys(self, bucket: str, prefix: str) -> Iterator[str]:
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            yield from (found["Key"] for found in page.get("Contents", []) if not found["Key"].endswith("/"))

    def _failed(self, what: str, uri: str, error: Exception) -> JobFailed:
        return JobFailed(f"ClientError: {what} failed for {uri} under the role {self.role_arn}: {error}")


def split(uri: str) -> tuple[str, str]:
    """Bucket and key of an s3:// URI."""
    parts = urlparse(uri, allow_fragments=False)
    if parts.scheme != "s3" or not parts.netloc:
        raise JobFailed(f"ClientError: {uri!r} is not an S3 URI; write s3://bucket/key.")
    return parts.netloc, parts.path.lstrip("/")


def relative(key: str, prefix: str) -> str:
    """The name of an object below the folder that its prefix ends in; a prefix may also end within a name."""
    if key == prefix:
        return PurePosixPath(key).name
    folder = prefix if prefix.endswith("/") or key.startswith(f"{prefix}/") else prefix.rpartition("/")[0]
    return key[len(folder) :].lstrip("/")


def inside(folder: Path, name: str) -> Path:
    """A path below the folder. A key may hold `..`, and must not lead outside."""
    target = (folder / name).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise JobFailed(f"ClientError: The object name {name!r} leads outside the job's folder.")
    return target
