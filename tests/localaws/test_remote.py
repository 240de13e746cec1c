"""The repository that stands for GitHub: real git on both sides, the embedded AWS played by a small server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from localaws import remote
from localaws.stack import Choice, Ports, Stack
from shipping import tools

pytestmark = pytest.mark.integration
NOTHING = "0" * 40


class PlayedAws(ThreadingHTTPServer):
    """Answers the health page and takes pushes down."""

    stack_id = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), PlayedPages)
        self.pushed: list[dict[str, Any]] = []
        self.answer: dict[str, Any] = {"said": ["stockcast-dags: execution 1a2b3c4d starts"], "started": [{}]}


class PlayedPages(BaseHTTPRequestHandler):
    server: PlayedAws

    def do_GET(self) -> None:
        self._send({"stack_id": self.server.stack_id})

    def do_POST(self) -> None:
        self.server.pushed.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self._send(self.server.answer)

    def _send(self, page: dict[str, Any]) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(page).encode())

    def log_message(self, *_: object) -> None:
        """Not on the test's output."""


@pytest.fixture
def aws() -> Iterator[PlayedAws]:
    with PlayedAws() as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


def git(folder: Path, *arguments: str, may_fail: bool = False) -> subprocess.CompletedProcess[str]:
    names = {f"GIT_{who}_{what}": "tester" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    env = {**os.environ, **names, "GIT_CONFIG_GLOBAL": "/dev/null"}
    command = ["git", "-C", str(folder), *arguments]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert may_fail or done.returncode == 0, done.stderr
    return done


def commit(folder: Path, name: str) -> str:
    (folder / name).write_text(name)
    git(folder, "add", name)
    git(folder, "commit", "--quiet", "-m", f"Add {name}")
    return git(folder, "rev-parse", "HEAD").stdout.strip()


@pytest.fixture(scope="module")
def two_commits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone with two commits on a branch that is not called main; each test works on its own copy."""
    folder = tmp_path_factory.mktemp("template") / "clone"
    folder.mkdir()
    git(folder, "init", "--quiet")
    git(folder, "symbolic-ref", "HEAD", "refs/heads/work")
    commit(folder, "first")
    commit(folder, "second")
    return folder


@pytest.fixture
def clone(two_commits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone of one's own, with two commits on a branch that is not called main."""
    folder = tmp_path.resolve() / "clone"
    shutil.copytree(two_commits, folder, symlinks=True)
    monkeypatch.setattr(remote, "ROOT", folder)
    monkeypatch.setattr(tools, "LOCAL", folder / ".local")
    monkeypatch.setattr(tools, "environment_python", lambda group: Path(sys.executable))
    (folder / ".git" / "info" / "exclude").write_text(".local\n")
    return folder


@pytest.fixture
def stack(clone: Path, aws: PlayedAws) -> Stack:
    stack = Stack(clone / ".local", Choice(ports=Ports(aws=aws.server_address[1])))
    aws.stack_id = stack.id
    return stack


@pytest.fixture
def open_stack(stack: Stack) -> Stack:
    """As `make up` leaves it."""
    remote.make(stack)
    remote.connect(stack)
    remote.open_for_pushes(stack)
    return stack


def main_of(stack: Stack) -> str:
    return git(remote.repository(stack), "rev-parse", "main").stdout.strip()


def test_the_repository_begins_with_the_clone_s_commit_and_is_the_remote_local(clone: Path, stack: Stack) -> None:
    """The first push must only hold what is new, or every pipeline would start."""
    remote.make(stack)

    told = remote.connect(stack)

    assert main_of(stack) == git(clone, "rev-parse", "HEAD").stdout.strip()
    assert git(clone, "remote", "get-url", "local").stdout.strip() == str(remote.repository(stack))
    assert told == "commits are deployed here by: git push local HEAD:main"


def test_a_push_is_handed_to_the_pipelines_and_what_they_say_is_shown(
    clone: Path, open_stack: Stack, aws: PlayedAws
) -> None:
    """Whoever pushes must see at once what starts because of it."""
    before, after = main_of(open_stack), commit(clone, "third")

    done = git(clone, "push", "local", "HEAD:main")

    assert aws.pushed == [{"repository": "local/stockcast", "branch": "main", "before": before, "after": after}]
    assert "stockcast-dags: execution 1a2b3c4d starts" in done.stderr
    assert "watch: make pipelines WATCH=1" in done.stderr


def test_a_branch_that_no_pipeline_follows_comes_in_and_is_said_to_be_so(
    clone: Path, open_stack: Stack, aws: PlayedAws
) -> None:
    """Somebody would wait for a deployment that never begins."""
    aws.answer = {"said": [], "started": []}
    after = commit(clone, "third")

    done = git(clone, "push", "local", "HEAD:refs/heads/try")

    assert aws.pushed == [{"repository": "local/stockcast", "branch": "try", "before": NOTHING, "after": after}]
    assert "no pipeline follows try; they follow main" in done.stderr


def test_a_tag_comes_in_and_starts_nothing(clone: Path, open_stack: Stack, aws: PlayedAws) -> None:
    done = git(clone, "push", "local", "HEAD:refs/tags/v1")

    assert aws.pushed == []
    assert "refs/tags/v1: no pipeline follows it" in done.stderr


def test_a_push_while_no_stack_runs_is_refused(clone: Path, open_stack: Stack, aws: PlayedAws) -> None:
    """The commit would lie there undeployed, and a second push of it would say that all is up to date."""
    before = main_of(open_stack)
    aws.shutdown()
    aws.server_close()
    commit(clone, "third")

    done = git(clone, "push", "local", "HEAD:main", may_fail=True)

    assert done.returncode != 0
    assert f"no embedded AWS answers at {open_stack.endpoint_url}" in done.stderr
    assert "Run `make up` first." in done.stderr
    assert main_of(open_stack) == before


def test_a_push_to_another_clone_s_stack_is_refused(clone: Path, open_stack: Stack, aws: PlayedAws) -> None:
    """Two clones share the default port: the other one's Airflow would get this one's DAGs."""
    aws.stack_id = "another"
    commit(clone, "third")

    done = git(clone, "push", "local", "HEAD:main", may_fail=True)

    assert done.returncode != 0
    assert "is the embedded AWS of another clone" in done.stderr
    assert aws.pushed == []


def test_a_push_before_the_pipelines_stand_or_after_make_down_is_refused(
    clone: Path, open_stack: Stack, aws: PlayedAws
) -> None:
    remote.close(open_stack)
    commit(clone, "third")

    done = git(clone, "push", "local", "HEAD:main", may_fail=True)

    assert done.returncode != 0
    assert "the pipelines do not stand yet" in done.stderr
    assert aws.pushed == []


def test_main_cannot_be_deleted(clone: Path, open_stack: Stack) -> None:
    """The next push of any commit would count as a new branch, and start every pipeline."""
    git(remote.repository(open_stack), "config", "receive.denyDeleteCurrent", "false")

    done = git(clone, "push", "local", ":main", may_fail=True)

    assert done.returncode != 0
    assert "main cannot be deleted" in done.stderr


def test_a_stack_that_goes_on_keeps_its_repository(clone: Path, open_stack: Stack) -> None:
    """Commits that were pushed since would look unpushed."""
    commit(clone, "third")
    git(clone, "push", "local", "HEAD:main")
    pushed = main_of(open_stack)
    commit(clone, "fourth")

    remote.make(open_stack)

    assert main_of(open_stack) == pushed


def forget(stack: Stack) -> None:
    """As `make down` and a fresh start do."""
    for path in stack.run.glob("*"):
        path.unlink()


def pushed_here_only(clone: Path, name: str) -> str:
    """A commit that the clone has forgotten after it was pushed."""
    only_here = commit(clone, name)
    git(clone, "push", "local", "HEAD:main")
    git(clone, "reset", "--quiet", "--hard", "HEAD~1")
    return only_here


def test_a_new_stack_gets_a_new_repository_and_keeps_every_earlier_commit(clone: Path, open_stack: Stack) -> None:
    """It may be the only copy of what a colleague pushed, after a second fresh start too."""
    lost = []
    for name in ("third", "fourth"):
        lost.append(pushed_here_only(clone, name))
        forget(open_stack)
        remote.make(open_stack)
        remote.open_for_pushes(open_stack)

    assert main_of(open_stack) == git(clone, "rev-parse", "HEAD").stdout.strip()
    kept = [remote.repository(open_stack).with_name(f"earlier-{number}.git") for number in (1, 2)]
    assert [git(earlier, "rev-parse", "main").stdout.strip() for earlier in kept] == lost


def test_a_repository_without_a_commit_of_its_own_is_not_kept(clone: Path, open_stack: Stack) -> None:
    """Every `make down` and `make up` would leave a copy of the whole history."""
    commit(clone, "third")
    git(clone, "push", "local", "HEAD:main")
    forget(open_stack)

    remote.make(open_stack)

    assert [folder.name for folder in remote.repository(open_stack).parent.iterdir()] == ["stockcast.git"]


def test_what_a_colleague_pushed_is_kept_though_the_clone_never_had_it(
    clone: Path, open_stack: Stack, tmp_path: Path
) -> None:
    other = tmp_path / "colleague"
    git(tmp_path, "clone", "--quiet", str(remote.repository(open_stack)), str(other))
    theirs = commit(other, "theirs")
    git(other, "push", "origin", "HEAD:main")
    forget(open_stack)

    remote.make(open_stack)

    earlier = remote.repository(open_stack).with_name("earlier-1.git")
    assert git(earlier, "rev-parse", "main").stdout.strip() == theirs


def test_a_stack_that_stopped_before_its_repository_was_made_does_not_take_an_older_one(
    clone: Path, open_stack: Stack
) -> None:
    """It goes on later, and would plan and deploy from the commits of a stack that is gone."""
    pushed_here_only(clone, "third")
    forget(open_stack)  # a fresh start, which ended before it came to the repository

    remote.make(open_stack)

    assert main_of(open_stack) == git(clone, "rev-parse", "HEAD").stdout.strip()


@pytest.mark.parametrize("form", ["shallow", "detached"])
def test_shallow_and_detached_clones_can_push(
    clone: Path, stack: Stack, aws: PlayedAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """CI systems make both."""
    other = tmp_path.resolve() / form
    depth = ["--depth", "1"] if form == "shallow" else []
    git(tmp_path, "clone", "--quiet", *depth, f"file://{clone}", str(other))
    git(other, "checkout", "--quiet", "--detach")
    monkeypatch.setattr(remote, "ROOT", other)

    remote.make(stack)
    remote.open_for_pushes(stack)
    after = commit(other, "third")
    git(other, "push", str(remote.repository(stack)), "HEAD:main")

    assert main_of(stack) == after == aws.pushed[0]["after"]


def test_somebody_s_own_remote_of_that_name_is_left_alone(clone: Path, stack: Stack) -> None:
    git(clone, "remote", "add", "local", "/srv/backup.git")
    remote.make(stack)

    told = remote.connect(stack)

    assert git(clone, "remote", "get-url", "local").stdout.strip() == "/srv/backup.git"
    assert "the remote 'local' of this clone is /srv/backup.git, so it is left alone" in told
    assert f"git push {remote.repository(stack)} HEAD:main" in told


def test_a_stack_of_another_folder_does_not_touch_the_clone_s_remotes(clone: Path, aws: PlayedAws) -> None:
    """Tests start stacks of their own in the user's clone."""
    elsewhere = Stack(clone / ".local" / "e2e", Choice(ports=Ports(aws=aws.server_address[1])))
    remote.make(elsewhere)

    told = remote.connect(elsewhere)

    assert git(clone, "remote").stdout == ""
    assert str(remote.repository(elsewhere)) in told


def test_an_unpacked_archive_has_nothing_to_push(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """GitHub offers one as a download; everything but pushes works with it."""
    monkeypatch.setattr(remote, "ROOT", tmp_path)

    assert not remote.is_possible()


def test_a_clone_is_dirty_once_something_is_not_committed(clone: Path) -> None:
    """Whoever changes a DAG and pushes without a commit must not look for it in Airflow."""
    assert remote.is_possible()
    assert not remote.is_dirty()
    (clone / "fourth").touch()
    assert remote.is_dirty()
