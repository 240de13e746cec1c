"""A build's log: in CloudWatch Logs under the build's role, and in a file for whoever sits at this machine."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from localaws.container.logs import LogStream
from localaws.gateway.messages import Answer, ServiceError
from localaws.gateway.pages import PREFIX, Page

NEWEST_KEPT = 20  # files per project
SHORTEST_LINE = 3  # letters: of a secret of several lines, a brace alone gives nothing away and stands everywhere
NAME = re.compile(r"[\w-]+")
CLEARING = threading.Lock()  # builds that begin at once would look at files that the other takes away
TEXT = {"content-type": "text/plain; charset=utf-8"}


class BuildLog:
    """Lines of one build; what it was told to hide is printed as ***."""

    def __init__(self, path: Path) -> None:
        with CLEARING:
            path.parent.mkdir(parents=True, exist_ok=True)
            for old in sorted(path.parent.glob("*.log"), key=lambda file: file.stat().st_mtime)[: -NEWEST_KEPT + 1]:
                old.unlink()
            self._file = path.open("w", buffering=1)
        self._stream: LogStream | None = None
        self._hidden: list[str] = []

    def send_to(self, stream: LogStream) -> None:
        """Send what follows to CloudWatch Logs too."""
        self._stream = stream

    def hide(self, secret: str) -> None:
        """A value must not be read from a log, which comes line by line; nor may the end of a longer one."""
        lines = [line for line in map(str.strip, secret.splitlines()) if len(line) >= SHORTEST_LINE]
        self._hidden = sorted({*self._hidden, *lines, secret} - {""}, key=len, reverse=True)

    def write(self, line: str) -> None:
        """One line, as it was printed."""
        for secret in self._hidden:
            line = line.replace(secret, "***")
        self._file.write(line + "\n")
        if self._stream:
            self._stream.write(line)

    def say(self, text: str) -> None:
        """One line of CodeBuild's own."""
        self.write(f"[Container] {datetime.now(UTC):%Y/%m/%d %H:%M:%S.%f} {text}")

    def close(self) -> None:
        """Every line can be read afterwards."""
        if self._stream:
            self._stream.close()
        self._file.close()


class LogPages:
    """The files, at the address that a build's deep link names."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url, self._folder = url, folder

    def page(self) -> Page:
        """The page itself."""
        return Page("GET", "builds/{id}", self._answer)

    def path(self, build_id: str) -> Path:
        """The file of a build."""
        project, _, uuid = build_id.rpartition(":")
        if not NAME.fullmatch(project) or not NAME.fullmatch(uuid):
            raise ServiceError("NotFound", f"{build_id} is no id of a build.", 404)
        return self._folder / project / f"{uuid}.log"

    def link(self, build_id: str) -> str:
        """The address of a build's log."""
        return f"{self._url}{PREFIX}builds/{build_id}"

    def _answer(self, path: Mapping[str, str], body: bytes) -> Answer:
        file = self.path(path["id"])
        if not file.is_file():
            kept = f"of a project the newest {NEWEST_KEPT} are kept"
            raise ServiceError("NotFound", f"There is no log of build {path['id']}; {kept}.", 404)
        return Answer(file.read_bytes(), headers=TEXT)
