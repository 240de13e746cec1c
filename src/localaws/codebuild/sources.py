"""Bring a build's sources: zips in S3, read under the build's role, each unpacked to a folder of its own."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from localaws.codebuild import archives
from localaws.codebuild.failure import PhaseFailed
from localaws.gateway.actions import Body

NOT_SERVED = (
    "The embedded AWS brings no source of type {kind}; give S3 with the location bucket/key of a zip, or NO_SOURCE."
)


def bring(source: Body, version: str | None, folder: Path, s3: Any) -> str | None:
    """Unpack a source into the folder; the version that it really was, where it has one."""
    folder.mkdir(parents=True, exist_ok=True)
    if source["type"] == "NO_SOURCE":
        return None
    if source["type"] != "S3":
        raise PhaseFailed("CLIENT_ERROR", NOT_SERVED.format(kind=source["type"]))
    bucket, key = place(source.get("location", ""))
    with tempfile.TemporaryFile() as archive:
        try:
            answer = s3.get_object(Bucket=bucket, Key=key, **({"VersionId": version} if version else {}))
            for chunk in answer["Body"].iter_chunks(1 << 20):
                archive.write(chunk)
            archive.seek(0)
            archives.unpack(archive, folder)
        except (ClientError, BotoCoreError) as error:
            raise PhaseFailed("CLIENT_ERROR", f"{error} for the source s3://{bucket}/{key}") from error
        except zipfile.BadZipFile as error:
            raise PhaseFailed("CLIENT_ERROR", f"s3://{bucket}/{key} is not a zip: {error}") from error
    kept = answer.get("VersionId")
    return str(kept) if kept and kept != "null" else str(answer["ETag"]).strip('"')


def place(location: str) -> tuple[str, str]:
    """Bucket and key of `bucket/key`, which may be written as an ARN too."""
    bucket, _, key = location.removeprefix("arn:aws:s3:::").partition("/")
    if not bucket or not key or key.endswith("/"):
        raise PhaseFailed("CLIENT_ERROR", f"the source location {location!r} is not bucket/key of a zip")
    return bucket, key


def buildspec_of(source: Body, folder: Path) -> str:
    """The text of the buildspec: written into the project, or a file of the source."""
    given = source.get("buildspec") or "buildspec.yml"
    if "\n" in given or given.lstrip().startswith(("version", "{")):
        return str(given)
    path = (folder / given).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        message = f"stat {path}: no such file or directory; the source has no buildspec {given}"
        raise PhaseFailed("YAML_FILE_ERROR", message)
    return path.read_text()
