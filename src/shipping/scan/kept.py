"""Reports of earlier scans, by what they were made from: most pushes change nothing that checkov reads.

A scan takes seconds of a whole core, and there is one for each module folder, root and environment.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from shipping import tools
from shipping.scan.targets import Target

HERE = "${root}"  # stands for the clone's folder in a kept report, since builds have another folder each
MOST = 60
PASSED_OVER = (".terraform", "tests")


class Kept:
    """Reports in one folder, each named after the digest of its sources."""

    def __init__(self, folder: Path, root: Path, made_by: str) -> None:
        """`made_by` names checkov and how it is called."""
        self.folder, self.root, self.made_by = folder, root, made_by

    def report(self, target: Target, scan: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The kept report, otherwise what `scan` finds now. A scan that fails leaves nothing."""
        file = self.folder / f"{self._digest(target)}.json"
        if file.exists():
            file.touch()
            return dict(json.loads(file.read_text().replace(HERE, str(self.root))))
        found = scan()
        self._keep(file, json.dumps(found).replace(str(self.root), HERE))
        return found

    def _digest(self, target: Target) -> str:
        whole = hashlib.sha256(f"{self.made_by}\0{target.named(self.root)}".encode())
        for file in self._sources(target):
            whole.update(f"\0{file.relative_to(self.root)}\0".encode() + file.read_bytes())
        return whole.hexdigest()

    def _sources(self, target: Target) -> Iterator[Path]:
        """A root is read with all modules that it may call, and with one file of values."""
        for folder in sorted({self.root / "modules", target.folder}):
            for file in sorted(folder.rglob("*")):
                if file.is_file() and not set(PASSED_OVER) & set(file.relative_to(folder).parts):
                    yield file
        if target.values:
            yield target.values

    def _keep(self, file: Path, text: str) -> None:
        """Written whole or not at all, since builds may scan at the same time."""
        self.folder.mkdir(parents=True, exist_ok=True)
        beside = file.with_suffix(f".{hashlib.sha256(str(self.root).encode()).hexdigest()[:8]}.new")
        beside.write_text(text)
        beside.replace(file)
        for old in sorted(self.folder.glob("*.json"), key=lambda one: one.stat().st_mtime)[:-MOST]:
            old.unlink(missing_ok=True)


def of(root: Path) -> Kept:
    """Those of the store, which the builds on one machine share."""
    how = Path(__file__).with_name("checkov.py").read_bytes()
    lock = (tools.environment_folder("scan") / ".synced").read_text().split("\n")[-1]
    return Kept(tools.store() / "tools" / "scans", root, f"{lock} {hashlib.sha256(how).hexdigest()}")
