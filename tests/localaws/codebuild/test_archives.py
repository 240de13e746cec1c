"""Which files an artifact has, and what a zip keeps of them."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest

from localaws.codebuild import archives
from localaws.codebuild.buildspec import Files
from localaws.codebuild.failure import PhaseFailed


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with files at three depths, one of them hidden, one a program."""
    for name in ("a.txt", "deep/b.txt", "deep/down/c.log", ".hidden/d.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "a.txt").chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(("files", "base", "names"), [
    (Files(("**/*",)), "", {".hidden/d.txt", "a.txt", "deep/b.txt", "deep/down/c.log"}),
    (Files(("deep/**/*",)), "", {"deep/b.txt", "deep/down/c.log"}),
    (Files(("*",)), "deep", {"b.txt"}),
    (Files(("**/*",), excluded=("**/*.log", ".hidden/*")), "", {"a.txt", "deep/b.txt"}),
    (Files(("**/*.log",), discards_paths=True), "", {"c.log"}),
    (Files(("nothing",)), "", set()),
])  # fmt: skip
def test_patterns_choose_files_as_in_a_buildspec(tree: Path, files: Files, base: str, names: set[str]) -> None:
    """A file that is missing from the plan's artifact is missed by the apply, days later."""
    assert {name for _, name in archives.chosen(tree, base, files)} == names


def test_a_missing_base_folder_is_named(tree: Path) -> None:
    with pytest.raises(PhaseFailed, match="no matching base directory path found for gone"):
        archives.chosen(tree, "gone", Files(("**/*",)))


def test_a_program_stays_one_and_a_link_a_link(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """`make` calls scripts of the source, which git keeps executable."""
    archive, there = io.BytesIO(), tmp_path_factory.mktemp("there")
    archives.pack([(tree / "a.txt", "a.txt")], archive)
    with zipfile.ZipFile(archive, "a") as opened:
        link = zipfile.ZipInfo("deep/link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        opened.writestr(link, "../a.txt")

    archives.unpack(archive, there)

    assert (there / "a.txt").stat().st_mode & 0o777 == 0o755
    assert (there / "deep/link").is_symlink() and (there / "deep/link").read_text() == "a.txt"


@pytest.mark.parametrize("to", ["../outside", "/etc/passwd"])
def test_a_link_out_of_the_source_is_refused(tmp_path: Path, to: str) -> None:
    """A push must not read this machine's files into an artifact."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        opened.writestr(link, to)

    with pytest.raises(PhaseFailed, match="leads out of it"):
        archives.unpack(archive, tmp_path)
