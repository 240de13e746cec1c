"""Bring the DAG bucket to what this clone holds: changed files up, vanished files away, nothing else touched.

`python -m shipping.dag_sync --bucket B` compares by content, so an unchanged file keeps its version and its time.
`<prefix>manifest.json` tells afterwards which commit the bucket holds, file by file.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ("**/*.py", "requirements.txt", "constraints-*.txt", ".airflowignore")
MANIFEST = "manifest.json"
HASH = "sha256"  # the object's metadata key; S3's own ETag is no hash of the content once a key encrypts it


@dataclass(frozen=True)
class Changes:
    """Paths below the prefix, sorted."""

    uploaded: tuple[str, ...]
    deleted: tuple[str, ...]
    unchanged: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"+ {path}" for path in self.uploaded] + [f"- {path}" for path in self.deleted]
        return "\n".join([*lines, f"{len(self.unchanged)} files unchanged"])


def sync(folder: Path, bucket: str, prefix: str, s3_client: Any, commit: str = "unknown") -> Changes:
    """Make `s3://bucket/prefix` hold exactly the shipped files of `folder`, and the manifest."""
    check_prefix(prefix)
    files = shipped_files(folder)
    there = dict(_hashes_there(s3_client, bucket, prefix))
    changed = [path for path in files if there.get(path) != digest(files[path])]
    for path in sorted(changed, key=_helpers_first):
        s3_client.put_object(Bucket=bucket, Key=prefix + path, Body=files[path], Metadata={HASH: digest(files[path])})
    deleted = sorted(path for path in there if path not in files and path != MANIFEST)
    for path in deleted:
        s3_client.delete_object(Bucket=bucket, Key=prefix + path)
    _write_manifest(s3_client, bucket, prefix, manifest(files, commit), there.get(MANIFEST))
    return Changes(tuple(sorted(changed)), tuple(deleted), tuple(sorted(set(files) - set(changed))))


def check_prefix(prefix: str) -> None:
    """Everything below the prefix that is not ours is deleted, so it must not be the whole bucket."""
    if not prefix.endswith("/") or prefix.startswith("/") or prefix == "/":
        raise ValueError(
            f"prefix is {prefix!r}; it must be a folder such as 'dags/', because what lies in it and is not shipped "
            "is deleted. Pass --prefix dags/."
        )


def shipped_files(folder: Path) -> dict[str, bytes]:
    """Content by path. The project file and its lock stay at home: they only make environments here."""
    found = {path for pattern in SHIPPED for path in folder.glob(pattern) if path.is_file()}
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
    shipped = {path: content for path, content in sorted(files.items()) if not _is_hidden_folder(path)}
    if not any(path.endswith(".py") and "/" not in path for path in shipped):
        raise ValueError(
            f"{folder} holds no DAG file (*.py); a sync from it would delete every DAG there is. "
            "Run it from a whole clone, or pass --folder."
        )
    return shipped


def _is_hidden_folder(path: str) -> bool:
    """Caches and virtual environments that tools leave in the DAG folder."""
    return any(part.startswith((".", "__")) or part == "build" for part in path.split("/")[:-1])


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _helpers_first(path: str) -> tuple[int, str]:
    """Deeper files first: a DAG that arrived before the module it imports would be broken for a minute."""
    return -path.count("/"), path


def manifest(files: dict[str, bytes], commit: str) -> bytes:
    content = {"commit": commit, "files": {path: digest(body) for path, body in sorted(files.items())}}
    return (json.dumps(content, indent=2) + "\n").encode()


def _write_manifest(s3_client: Any, bucket: str, prefix: str, content: bytes, there: str | None) -> None:
    """Last of all: a manifest that names a file proves that the file has arrived."""
    if there != digest(content):
        s3_client.put_object(
            Bucket=bucket,
            Key=prefix + MANIFEST,
            Body=content,
            Metadata={HASH: digest(content)},
            ContentType="application/json",
        )


def _hashes_there(s3_client: Any, bucket: str, prefix: str) -> Iterator[tuple[str, str]]:
    """Path and content hash of every object below the prefix; an object without our metadata has the hash ''."""
    for page in s3_client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            head = s3_client.head_object(Bucket=bucket, Key=item["Key"])
            yield item["Key"].removeprefix(prefix), head["Metadata"].get(HASH, "")


def commit_here(root: Path) -> str:
    """CodeBuild's commit, else git's; `-changed` behind it says that the files are not what was committed."""
    if commit := os.environ.get("CODEBUILD_RESOLVED_SOURCE_VERSION"):
        return commit
    try:
        head = _git(root, "rev-parse", "HEAD")
        return head + ("-changed" if _git(root, "status", "--porcelain", "--", "dags") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(root: Path, *arguments: str) -> str:
    answer = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True)
    return answer.stdout.strip()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bucket", required=True, help="MWAA's bucket, such as stockcast-dev-123456789012-airflow")
    parser.add_argument("--prefix", default="dags/", help="the DAG folder in it (default: dags/)")
    parser.add_argument("--folder", type=Path, default=ROOT / "dags", help="the DAG folder here")
    args = parser.parse_args(arguments)
    import boto3  # only here: what tests use takes a client

    try:
        changes = sync(args.folder, args.bucket, args.prefix, boto3.client("s3"), commit_here(ROOT))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(changes)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
