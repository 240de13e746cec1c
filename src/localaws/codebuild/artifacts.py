"""Send what a build has made to S3, under its role: one zip, or every file by itself."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import IO, Any

from botocore.exceptions import BotoCoreError, ClientError

from localaws.codebuild import archives
from localaws.codebuild.failure import PhaseFailed
from localaws.gateway.actions import Body

S3_OWN_KEY = "alias/aws/s3"


def upload(files: list[tuple[Path, str]], artifacts: Body, name: str, build: Body, s3: Any) -> Body:
    """Send the files; what the build's record tells of them. `name` is the buildspec's, if that counts."""
    if not files:
        raise PhaseFailed("CLIENT_ERROR", "no matching artifact paths found")
    parts = [artifacts.get("path") or "", build["id"].rpartition(":")[2] if _has_build_id(artifacts) else "", name]
    key = "/".join(part.strip("/") for part in parts if part.strip("/"))
    told = {"location": f"arn:aws:s3:::{artifacts['location']}/{key}"}
    encryption = _encryption(artifacts, build["encryptionKey"])
    try:
        if artifacts.get("packaging") == "ZIP":
            with tempfile.TemporaryFile() as archive:
                archives.pack(files, archive)
                told |= _digests(archive)
                s3.put_object(Bucket=artifacts["location"], Key=key, Body=archive, **encryption)
        else:
            for path, inner in files:
                s3.put_object(Bucket=artifacts["location"], Key=f"{key}/{inner}", Body=path.read_bytes(), **encryption)
    except (ClientError, BotoCoreError) as error:
        raise PhaseFailed("CLIENT_ERROR", f"Error in UPLOAD_ARTIFACTS phase: {error}") from error
    return told


def _has_build_id(artifacts: Body) -> bool:
    return artifacts.get("namespaceType") == "BUILD_ID"


def _encryption(artifacts: Body, key: str) -> dict[str, str]:
    """The project's key, which its artifacts are written with; S3's own key is what the bucket takes by itself."""
    if artifacts.get("encryptionDisabled") or key.endswith(S3_OWN_KEY):
        return {}
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}


def _digests(archive: IO[bytes]) -> Body:
    archive.seek(0)
    content = archive.read()
    archive.seek(0)
    return {
        "sha256sum": hashlib.sha256(content).hexdigest(),
        "md5sum": hashlib.md5(content, usedforsecurity=False).hexdigest(),
    }
