"""Run train.py in a container of AWS Batch as SageMaker would: the same folders and SM_* variables, the same bundle.

Data comes from S3 before, the bundle goes to <output>/<job>/output/model.tar.gz after, where SageMaker puts it too.
Checkpoints are brought and kept there while it runs: the next attempt, on another machine, goes on where this one was
cut off. The job says what it wants in variables:

    TRAINING_JOB_NAME         names the bundle's place
    TRAINING_CHANNELS         JSON of S3 prefixes by channel, such as {"bars": "s3://bucket/bars/"}
    TRAINING_HYPERPARAMETERS  JSON of train.py's arguments
    TRAINING_CHECKPOINTS      S3 prefix
    TRAINING_OUTPUT           S3 prefix
"""

import json
import os
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import boto3

CODE = Path(__file__).resolve().parents[1]  # as the archive was unpacked: train.py, stockcast/, entry/
COPY_EVERY_SECONDS = 5.0
ASKED_TO_END = 128 + signal.SIGTERM


def main() -> int:
    """Bring data, train, keep checkpoints, leave the bundle; train.py's exit status."""
    asked, s3, ml = os.environ, boto3.client("s3"), Path(tempfile.mkdtemp())
    folders = {name: ml / name for name in ("model", "checkpoints", "output/data")}
    for folder in folders.values():
        folder.mkdir(parents=True)
    channels = json.loads(asked["TRAINING_CHANNELS"])
    for channel, uri in channels.items():
        if not bring(s3, uri, ml / "input/data" / channel):
            sys.exit(
                f"{uri} holds no object; channel {channel} needs at least one. Was silver made, is the name right?"
            )
    copies = Checkpoints(s3, asked["TRAINING_CHECKPOINTS"], folders["checkpoints"])
    variables = {f"SM_CHANNEL_{name.upper()}": str(ml / "input/data" / name) for name in channels}
    variables |= {
        "SM_CHECKPOINT_DIR": str(folders["checkpoints"]),
        "SM_MODEL_DIR": str(folders["model"]),
        "SM_OUTPUT_DATA_DIR": str(folders["output/data"]),
    }
    code = train(json.loads(asked["TRAINING_HYPERPARAMETERS"]), variables, copies)
    if code == 0:
        leave(s3, folders["model"], f"{asked['TRAINING_OUTPUT'].rstrip('/')}/{asked['TRAINING_JOB_NAME']}/output")
    return code


def train(hyperparameters: Mapping[str, str], variables: Mapping[str, str], copies: "Checkpoints") -> int:
    """Run train.py to its end. When AWS takes the machine away it is ended at once, and its last epoch kept."""
    arguments = [part for name, value in sorted(hyperparameters.items()) for part in (f"--{name}", value)]
    process = subprocess.Popen([sys.executable, "train.py", *arguments], cwd=CODE, env={**os.environ, **variables})
    was_asked = threading.Event()

    def end(*_: object) -> None:
        was_asked.set()
        process.terminate()

    signal.signal(signal.SIGTERM, end)
    while True:
        try:
            code = process.wait(COPY_EVERY_SECONDS)
            break
        except subprocess.TimeoutExpired:
            copies.copy()
    copies.copy()
    if was_asked.is_set() and code != 0:
        return ASKED_TO_END
    return code if code >= 0 else 128 - code


class Checkpoints:
    """A folder that is brought from S3 at the start, and what is new in it sent back."""

    def __init__(self, s3: Any, uri: str, folder: Path) -> None:
        self._s3, self._uri, self._folder = s3, uri, folder
        self._sent: dict[Path, tuple[int, int]] = {}
        bring(s3, uri, folder)
        self._sent = {path: _stamp(path) for path in _files(folder)}

    def copy(self) -> None:
        """Send what was written since the last look; a file may be gone by the time it is read."""
        bucket, prefix = place(self._uri)
        for path in _files(self._folder):
            try:
                stamp = _stamp(path)
                if self._sent.get(path) != stamp:
                    self._s3.upload_file(str(path), bucket, prefix + path.relative_to(self._folder).as_posix())
                    self._sent[path] = stamp
            except FileNotFoundError:
                continue


def bring(s3: Any, uri: str, folder: Path) -> int:
    """Every object under a prefix into a folder; how many there were."""
    bucket, prefix = place(uri)
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for key in (found["Key"] for found in page.get("Contents", []) if not found["Key"].endswith("/")):
            target = (folder / key.removeprefix(prefix)).resolve()
            if not target.is_relative_to(folder.resolve()):
                sys.exit(f"The object s3://{bucket}/{key} leads outside its folder; keys must hold no `..`. Remove it.")
            target.parent.mkdir(parents=True, exist_ok=True)
            s3.download_file(bucket, key, str(target))
            count += 1
    return count


def leave(s3: Any, folder: Path, uri: str) -> None:
    """The folder's content as model.tar.gz."""
    bucket, prefix = place(uri)
    with tempfile.TemporaryFile() as archive:
        with tarfile.open(fileobj=archive, mode="w:gz") as opened:
            for path in sorted(folder.iterdir()):
                opened.add(path, arcname=path.name)
        archive.seek(0)
        s3.upload_fileobj(archive, bucket, f"{prefix}model.tar.gz")


def place(uri: str) -> tuple[str, str]:
    """Bucket and prefix of an s3:// URI; the prefix ends a folder's name."""
    parts = urlparse(uri)
    return parts.netloc, parts.path.strip("/") + "/"


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size


if __name__ == "__main__":
    sys.exit(main())
