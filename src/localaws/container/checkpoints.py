"""CheckpointConfig: a folder of the container that is brought from S3 before the script starts and kept there since."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from localaws.container.failure import JobFailed
from localaws.container.storage import Storage
from localaws.gateway.log import logger

LOCAL_PATH = "/opt/ml/checkpoints"  # where the request names no other
EVERY_SECONDS = 1.0

Seen = dict[Path, tuple[int, int]]


class Checkpoints:
    """One prefix in S3 and the folder that stands for it on each host; what the script deletes stays in S3."""

    def __init__(self, storage: Storage, uri: str, folders: Sequence[Path]) -> None:
        self._storage, self.uri, self._folders = storage, uri.rstrip("/") + "/", folders
        self._seen: Seen = {}

    def bring(self) -> None:
        """What an earlier try, or an earlier job, has left."""
        for folder in self._folders:
            self._storage.bring(self.uri, folder)
            self._seen |= _stamps(folder)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Copy every second while the script runs, and once more when it has ended."""
        enough = threading.Event()
        thread = threading.Thread(target=self._copy_until, args=(enough,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            enough.set()
            thread.join()
            self.copy()

    def copy(self) -> None:
        """Send what is new or has changed since the last look."""
        for folder in self._folders:
            for path, stamp in _stamps(folder).items():
                if self._seen.get(path) != stamp and self._storage.upload_file(path, folder, self.uri):
                    self._seen[path] = stamp

    def _copy_until(self, enough: threading.Event) -> None:
        while not enough.wait(EVERY_SECONDS):
            try:
                self.copy()
            except JobFailed as failed:  # the last copy, when the script has ended, fails the job with these words
                logger.warning("%s", failed.reason)


def _stamps(folder: Path) -> Seen:
    """When each file was last written, and how long it is; a file may be gone by the time it is asked."""
    stamps: Seen = {}
    for path in sorted(folder.rglob("*")):
        try:
            found = path.stat()
        except FileNotFoundError:
            continue
        if path.is_file():
            stamps[path] = (found.st_mtime_ns, found.st_size)
    return stamps
