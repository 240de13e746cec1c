"""Zips: a source unpacked, an artifact packed. Both keep who may execute a file, which zipfile alone forgets."""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from localaws.codebuild.buildspec import Files
from localaws.codebuild.failure import PhaseFailed


def unpack(archive: IO[bytes], folder: Path) -> None:
    """Everything in the zip below the folder. Names that lead outside are taken as zipfile does, without their `..`."""
    with zipfile.ZipFile(archive) as opened:
        for member in opened.infolist():
            mode = member.external_attr >> 16
            if stat.S_ISLNK(mode):
                _link(folder, member.filename, opened.read(member).decode())
                continue
            target = Path(opened.extract(member, folder))
            if not member.is_dir() and mode & 0o777:
                target.chmod(mode & 0o777 | 0o600)


def pack(files: Iterable[tuple[Path, str]], archive: IO[bytes]) -> None:
    """A zip of files under the names given; what a link points to is packed in its place."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as opened:
        for path, name in files:
            opened.write(path, name)


def chosen(root: Path, base: str, files: Files) -> list[tuple[Path, str]]:
    """The files that the patterns mean, with their names relative to the base folder."""
    folder = (root / base).resolve()
    if not folder.is_dir():
        raise PhaseFailed("CLIENT_ERROR", f"no matching base directory path found for {base}")
    left_out = {path for pattern in files.excluded for path in _matching(folder, pattern)}
    found = {path for pattern in files.patterns for path in _matching(folder, pattern)} - left_out
    return [(path, path.name if files.discards_paths else _name(path, folder)) for path in sorted(found)]


def _matching(folder: Path, pattern: str) -> list[Path]:
    """A folder's name means what lies directly in it no more than on AWS: nothing. `dir/**/*` means all of it."""
    pattern = f"{pattern}/*" if pattern.endswith("**") else pattern
    if Path(pattern).is_absolute():
        if not Path(pattern).is_relative_to(folder):
            raise PhaseFailed("CLIENT_ERROR", f"the pattern {pattern} leads out of {folder}")
        pattern = Path(pattern).relative_to(folder).as_posix()
    return [path for path in folder.glob(pattern) if path.is_file()]


def _name(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def _link(folder: Path, name: str, to: str) -> None:
    """A link of the source, unless it leads out of it."""
    place = folder / name
    if not Path(os.path.normpath(place.parent / to)).is_relative_to(folder) or ".." in Path(name).parts:
        raise PhaseFailed("CLIENT_ERROR", f"the source's link {name} leads out of it, to {to}")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(to)
