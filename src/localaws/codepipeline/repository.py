"""A bare git repository on this machine, asked for what GitHub would be asked for through a connection."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

NOTHING = "0" * 40  # how git names the commit before a branch's first and after its last
TIMEOUT_SECONDS = 60
FIELDS = ("CommitMessage", "AuthorDate", "AuthorEmail", "AuthorDisplayName")


class GitFailed(Exception):
    """git said no; the message is its last line."""


@dataclass(frozen=True)
class Repository:
    """`path` is the bare repository's folder."""

    path: Path

    def head(self, branch: str) -> str:
        """The newest commit of a branch."""
        return self._line("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}^{{commit}}")

    def commit(self, name: str) -> str:
        """The whole name of a commit that has to be there."""
        return self._line("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")

    def archive(self, commit: str) -> bytes:
        """The commit's files as a zip, without a folder around them, as a CODE_ZIP of CodePipeline has none."""
        return self._ask("archive", "--format=zip", commit)

    def about(self, commit: str) -> dict[str, str]:
        """Message, and who wrote it when, by the names that a source action puts out."""
        said = self._ask("show", "--no-patch", "--format=%B%x00%aI%x00%ae%x00%an", commit).decode(errors="replace")
        return {name: value.strip() for name, value in zip(FIELDS, said.split("\0"), strict=True)}

    def changed_files(self, before: str, after: str) -> list[str]:
        """What a push changed; every file where there is no commit before, or none that is still known."""
        if before != NOTHING and self.has(before):
            return self._names("diff", "--name-only", "--no-renames", "-z", before, after, "--")
        return self._names("ls-tree", "-r", "--name-only", "-z", after)

    def has(self, commit: str) -> bool:
        """Whether a commit is there."""
        try:
            self.commit(commit)
        except GitFailed:
            return False
        return True

    def is_part_of(self, commit: str, head: str) -> bool:
        """Whether `head` is that commit or came after it."""
        try:
            self._ask("merge-base", "--is-ancestor", commit, head)
        except GitFailed:
            return False
        return True

    def _names(self, *arguments: str) -> list[str]:
        return [name for name in self._ask(*arguments).decode(errors="replace").split("\0") if name]

    def _line(self, *arguments: str) -> str:
        return self._ask(*arguments).decode().strip()

    def _ask(self, *arguments: str) -> bytes:
        command = ["git", f"--git-dir={self.path}", *arguments]
        try:
            done = subprocess.run(command, capture_output=True, timeout=TIMEOUT_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise GitFailed(f"git {arguments[0]} in {self.path}: {error}") from error
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise GitFailed(said[-1] if said else f"git {arguments[0]} ended with {done.returncode} in {self.path}")
        return done.stdout
