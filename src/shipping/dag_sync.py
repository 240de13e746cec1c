"""Bring the DAG bucket to what this clone holds: changed files up, vanished files away, nothing else touched.

`python -m shipping.dag_sync --bucket B` compares by content, so an unchanged file keeps its version and its time, and
one that somebody changed by hand is noticed. `<prefix>manifest.json` tells afterwards what the bucket holds.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shipping import dag_manifest
from shipping.dag_manifest import HASH, Manifest, Part, digest, is_helper

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ("**/*.py", "requirements.txt", "constraints-*.txt", ".airflowignore")
AT_ONCE = 8  # objects that are asked about side by side; each question is a round trip


@dataclass(frozen=True)
class Changes:
    """Paths below the prefix, sorted."""

    uploaded: tuple[str, ...]
    deleted: tuple[str, ...]
    unchanged: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"+ {path}" for path in self.uploaded] + [f"- {path}" for path in self.deleted]
        return "\n".join([*lines, f"{len(self.unchanged)} files unchanged"])


@dataclass(frozen=True)
class There:
    """One object as it lies in the bucket; `hash` is empty where a hand other than ours put it there."""

    hash: str
    version: str | None


def sync(
    folder: Path,
    bucket: str,
    prefix: str,
    s3_client: Any,
    commit: str = "unknown",
    environment: Mapping[str, Part] | None = None,
) -> Changes:
    """Make `s3://bucket/prefix` hold exactly the shipped files of `folder`, and the manifest.

    `environment` is what Airflow installs besides, for the manifest.
    """
    check_prefix(prefix)
    files, there = shipped_files(folder), objects(s3_client, bucket, prefix)
    hashes = {path: digest(content) for path, content in files.items()}
    old = there.pop(dag_manifest.NAME, None)
    before = dag_manifest.read(s3_client, bucket, prefix) if old else None
    changed = sorted(path for path in files if path not in there or there[path].hash != hashes[path])
    deleted = sorted(there.keys() - files.keys())
    versions = {path: there[path].version for path in files if path in there}
    for path in sorted(changed, key=_helpers_first):
        versions[path] = _upload(s3_client, bucket, prefix + path, files[path])
    for path in sorted(deleted, key=_helpers_first, reverse=True):  # a DAG goes before the modules that it imports
        s3_client.delete_object(Bucket=bucket, Key=prefix + path)
    now = _manifest(Manifest(commit, hashes, versions, environment or {}), before, [*changed, *deleted])
    dag_manifest.write(s3_client, bucket, prefix, now, old.hash if old else None)
    return Changes(tuple(changed), tuple(deleted), tuple(sorted(files.keys() - set(changed))))


def _upload(s3_client: Any, bucket: str, key: str, content: bytes) -> str | None:
    """The new object's version, in a bucket that keeps them."""
    answer = s3_client.put_object(Bucket=bucket, Key=key, Body=content, Metadata={HASH: digest(content)})
    version: str | None = answer.get("VersionId")
    return version


def _manifest(new: Manifest, before: Manifest | None, written: Sequence[str]) -> Manifest:
    """With the times of the last changes: now, or those of the manifest before.

    What a sync wrote that was broken off before its manifest counts as changed now.
    """
    now, old = time.time(), before or Manifest("", {})
    unequal = {path for path, _ in new.files.items() ^ old.files.items()}
    touched = unequal.union(written)
    python = now if any(path.endswith(".py") for path in touched) else old.python_changed_at
    helpers = now if any(map(is_helper, touched)) else old.helpers_changed_at
    return Manifest(new.commit, new.files, new.versions, new.environment, python, helpers)


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


def _helpers_first(path: str) -> tuple[int, str]:
    """Deeper files first: a DAG that arrived before the module it imports would be broken for a minute."""
    return -path.count("/"), path


def objects(s3_client: Any, bucket: str, prefix: str) -> dict[str, There]:
    """Every object below the prefix by its path, with the hash that was sent along; a list does not tell it."""
    pages = s3_client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]

    def look(key: str) -> There:
        head = s3_client.head_object(Bucket=bucket, Key=key)
        return There(head["Metadata"].get(HASH, ""), head.get("VersionId"))

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return {key.removeprefix(prefix): found for key, found in zip(keys, threads.map(look, keys), strict=True)}


def commit_here(root: Path) -> str:
    """The pipeline's commit, else CodeBuild's, else git's; `-changed` behind it: the files are not what was committed.

    Within a pipeline CodeBuild gets an archive, and names that archive's version rather than the commit's.
    """
    for name in ("STOCKCAST_COMMIT", "CODEBUILD_RESOLVED_SOURCE_VERSION"):
        if commit := os.environ.get(name):
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
