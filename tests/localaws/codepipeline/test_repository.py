"""A bare repository answers for GitHub."""

from __future__ import annotations

import io
import subprocess
import zipfile
from pathlib import Path

import pytest

from localaws.codepipeline.repository import NOTHING, GitFailed, Repository


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Two commits: a and b, then b changed, a gone and one with a difficult name added."""
    folder = tmp_path_factory.mktemp("repository")
    clone = folder / "clone"
    git("init", "--quiet", "--initial-branch=main", str(clone))
    commit(clone, {"a.txt": "a\n", "b.txt": "b\n"}, "First\n\nWith a body.")
    (clone / "a.txt").unlink()
    commit(clone, {"b.txt": "bb\n", 'naïve "name"\t.txt': "c\n"}, "Second")
    git("clone", "--quiet", "--bare", str(clone), str(folder / "bare.git"))
    return Repository(folder / "bare.git")


def git(*arguments: str) -> None:
    """Run git."""
    subprocess.run(["git", *arguments], check=True, capture_output=True)


def commit(clone: Path, files: dict[str, str], message: str) -> None:
    """Write and commit."""
    for name, text in files.items():
        (clone / name).write_text(text)
    author = ("-c", "user.name=Ä. Person", "-c", "user.email=person@example.com")
    git("-C", str(clone), "add", "--all")
    git("-C", str(clone), *author, "commit", "--quiet", "--message", message)


def test_it_knows_its_branches_and_commits(repository: Repository) -> None:
    head = repository.head("main")
    about = repository.about(f"{head}~1")

    assert len(head) == 40 and repository.commit(head[:10]) == head
    assert about["CommitMessage"] == "First\n\nWith a body."
    assert (about["AuthorDisplayName"], about["AuthorEmail"]) == ("Ä. Person", "person@example.com")


def test_a_push_lists_what_it_changed_added_and_removed(repository: Repository) -> None:
    """A file whose name git would quote must match its pattern all the same."""
    head = repository.head("main")

    assert sorted(repository.changed_files(repository.commit("main~1"), head)) == [
        "a.txt", "b.txt", 'naïve "name"\t.txt'
    ]  # fmt: skip


@pytest.mark.parametrize("before", [NOTHING, "1" * 40])
def test_without_a_known_commit_before_every_file_has_changed(repository: Repository, before: str) -> None:
    """A new branch, or one that was rewritten."""
    assert sorted(repository.changed_files(before, repository.head("main"))) == ["b.txt", 'naïve "name"\t.txt']


def test_a_zip_holds_the_commit_and_nothing_around_it(repository: Repository) -> None:
    files = zipfile.ZipFile(io.BytesIO(repository.archive(repository.commit("main~1"))))

    assert {name: files.read(name) for name in files.namelist()} == {"a.txt": b"a\n", "b.txt": b"b\n"}


def test_what_is_not_there_is_an_error(repository: Repository, tmp_path: Path) -> None:
    with pytest.raises(GitFailed):
        repository.head("release")
    with pytest.raises(GitFailed):
        repository.commit("--all")
    with pytest.raises(GitFailed, match="nowhere"):
        Repository(tmp_path / "nowhere.git").head("main")
