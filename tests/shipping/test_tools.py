"""tools.py as the Makefile calls it: a script that runs on the standard library alone, before anything is there.

uv and pip are not ours and are played by programs that write down how they were called.
"""

from __future__ import annotations

import ast
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.shipping.conftest import ROOT, Program

Tools = Callable[..., subprocess.CompletedProcess[str]]
MAKES_AN_ENVIRONMENT = (
    'mkdir -p "$UV_PROJECT_ENVIRONMENT/bin"',
    f'ln -sf "{sys.executable}" "$UV_PROJECT_ENVIRONMENT/bin/python"',
)
PLAYS_PIP = """
import pathlib, sys
target = pathlib.Path(sys.argv[sys.argv.index("--target") + 1])
(target / "bin").mkdir(parents=True)
uv = target / "bin" / "uv"
uv.write_text("#!/bin/sh\\necho uv 0.13.8\\n")
uv.chmod(0o755)
with (target.parent / "pip-calls").open("a") as calls:
    print(sys.argv[-1], file=calls)
"""


def uv_script(version: str, *then: str) -> tuple[str, ...]:
    """Answers --version; called otherwise it writes its arguments down and does the rest."""
    return (f'if [ "$1" = --version ]; then echo "uv {version}"; exit 0; fi', 'echo "$@" >> "$UV_CALLS"', *then)


@pytest.fixture
def env(clone: Path, programs: Path, tmp_path: Path) -> dict[str, str]:
    """A machine with git and Python 3.12, and nothing else."""
    return {
        "PATH": str(programs),
        "HOME": str(tmp_path),
        "PYTHON312": sys.executable,
        "UV_CALLS": str(tmp_path / "uv-calls"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@pytest.fixture
def run_tools(clone: Path, env: dict[str, str]) -> Tools:
    """Runs the script with -S: no site-packages, so that only the standard library is there."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-S", str(clone / "src/shipping/tools.py"), *arguments]
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False)

    return run


@pytest.fixture
def calls(tmp_path: Path) -> Callable[[], list[str]]:
    """What uv was asked so far."""
    path = tmp_path / "uv-calls"
    return lambda: path.read_text().splitlines() if path.exists() else []


def stamp(clone: Path) -> Path:
    return clone / ".local" / "envs" / "local" / ".synced"


def test_an_environment_is_made_once_from_the_lock_file_and_runs_with_our_sources(
    run_tools: Tools, clone: Path, program: Program, calls: Callable[[], list[str]]
) -> None:
    """Every target begins with this; a sync each time would cost each of them seconds."""
    program("uv", *uv_script("0.13.8", *MAKES_AN_ENVIRONMENT))

    done = run_tools(
        "run", "local", "--", "-c", "import stockcast, sys; print(stockcast.__file__, sys.argv[1:])", "a b"
    )
    again = run_tools("sync", "local")

    assert done.stdout.strip() == f"{clone}/src/stockcast/__init__.py ['a b']", done.stderr
    assert again.returncode == 0
    assert calls() == [
        f"sync --frozen --project {clone} --python {sys.executable} --only-group local",
    ]


def test_the_airflow_environment_comes_from_the_dags_own_project(
    run_tools: Tools, clone: Path, program: Program, calls: Callable[[], list[str]]
) -> None:
    """MWAA's pins and ours do not fit into one environment."""
    (clone / "dags").mkdir(exist_ok=True)
    for file in ("pyproject.toml", "uv.lock"):
        (clone / "dags" / file).write_text("")
    program("uv", *uv_script("0.13.8", *MAKES_AN_ENVIRONMENT))

    assert run_tools("sync", "airflow").returncode == 0
    assert calls() == [f"sync --frozen --project {clone}/dags --python {sys.executable} --group dev"]


def test_a_changed_lock_file_renews_the_environment(
    run_tools: Tools, clone: Path, program: Program, calls: Callable[[], list[str]]
) -> None:
    """After a `git pull` the older packages would run with the newer code."""
    program("uv", *uv_script("0.13.8", *MAKES_AN_ENVIRONMENT))
    run_tools("sync", "local")

    (clone / "uv.lock").write_text("changed")
    run_tools("sync", "local")

    assert len(calls()) == 2


def test_an_environment_whose_python_is_gone_is_made_again(
    run_tools: Tools, clone: Path, program: Program, calls: Callable[[], list[str]]
) -> None:
    """An upgrade of the system's Python leaves every environment with a link to nowhere."""
    program("uv", *uv_script("0.13.8", *MAKES_AN_ENVIRONMENT))
    run_tools("sync", "local")
    python = clone / ".local" / "envs" / "local" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3.12")

    assert run_tools("run", "local", "--", "-c", "").returncode == 0
    assert len(calls()) == 2


def test_an_environment_that_was_moved_with_its_clone_is_made_from_nothing(
    run_tools: Tools, clone: Path, program: Program, calls: Callable[[], list[str]]
) -> None:
    """Its scripts name the folder they were made in; Airflow would not start and nobody would know why."""
    program("uv", *uv_script("0.13.8", *MAKES_AN_ENVIRONMENT))
    run_tools("sync", "local")
    stamp(clone).write_text(stamp(clone).read_text().replace(str(clone), "/elsewhere"))
    (stamp(clone).parent / "old-script").write_text("#!/elsewhere/.local/envs/local/bin/python")

    assert run_tools("sync", "local").returncode == 0
    assert len(calls()) == 2
    assert not (stamp(clone).parent / "old-script").exists()


def test_a_sync_that_was_killed_does_not_look_finished(
    run_tools: Tools, clone: Path, program: Program, env: dict[str, str], calls: Callable[[], list[str]]
) -> None:
    """Half an environment would be taken for a whole one for good."""
    program("uv", *uv_script("0.13.8", *MAKES_AN_ENVIRONMENT))
    run_tools("sync", "local")
    assert stamp(clone).exists()
    (clone / "uv.lock").write_text("changed")
    program("uv", *uv_script("0.13.8", "exec sleep 60"))
    command = [sys.executable, "-S", str(clone / "src/shipping/tools.py"), "sync", "local"]

    with subprocess.Popen(command, env=env, start_new_session=True) as killed:
        deadline = time.monotonic() + 10
        while len(calls()) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        os.killpg(killed.pid, 9)

    assert len(calls()) == 2
    assert not stamp(clone).exists()


def test_a_sync_that_fails_is_told_with_uv_s_words_and_has_no_stamp(
    run_tools: Tools, clone: Path, program: Program
) -> None:
    """Without network the first command of a newcomer ends here."""
    program("uv", *uv_script("0.13.8", "echo 'no route to the index' >&2", "exit 2"))

    done = run_tools("sync", "local")

    assert done.returncode == 1
    assert "stockcast: the environment 'local' could not be made: no route to the index" in done.stderr
    assert "PYTHON312=" in done.stderr
    assert not stamp(clone).exists()


@pytest.mark.parametrize(
    "on_path",
    [(), uv_script("0.4.30"), ("echo 'uv: command not managed' >&2", "exit 127")],
    ids=["missing", "too old", "a shim that does not run"],
)
def test_a_uv_that_is_missing_or_does_not_fit_is_installed_into_the_clone(
    run_tools: Tools, clone: Path, program: Program, env: dict[str, str], tmp_path: Path, on_path: tuple[str, ...]
) -> None:
    """A newcomer need not know uv; one with an old uv would see it fail on the lock file."""
    pip = tmp_path / "plays-pip" / "pip"
    pip.mkdir(parents=True)
    (pip / "__main__.py").write_text(PLAYS_PIP)
    env["PYTHONPATH"] = str(pip.parent)
    if on_path:
        program("uv", *on_path)

    first, again = run_tools("uv", "--version"), run_tools("uv", "--version")

    assert (first.stdout, again.stdout) == ("uv 0.13.8\n", "uv 0.13.8\n"), first.stderr
    assert (clone / ".local/tools/pip-calls").read_text() == "uv==0.13.8\n"


def test_a_uv_that_cannot_be_installed_is_told_with_the_ways_out(
    run_tools: Tools, clone: Path, env: dict[str, str], tmp_path: Path
) -> None:
    """Debian's Python comes without pip."""
    pip = tmp_path / "plays-pip"
    pip.mkdir()
    (pip / "pip.py").write_text("import sys\nsys.exit('No module named pip')")
    env["PYTHONPATH"] = str(pip)

    done = run_tools("sync", "local")

    assert done.returncode == 1
    assert "No module named pip" in done.stderr
    assert "apt install python3-pip" in done.stderr


def test_an_older_python_is_told_in_words(clone: Path, env: dict[str, str]) -> None:
    """Several systems still bring 3.9, which would die of an import that says nothing."""
    script = str(clone / "src/shipping/tools.py")
    older = "import runpy, sys; sys.version_info = (3, 10, 4, 'final', 0)"
    program = f"{older}; sys.argv = ['tools.py', 'sync', 'local']; runpy.run_path({script!r}, run_name='__main__')"

    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "3.11 or later is needed" in done.stderr
    assert "make PYTHON=/path/to/python3.11" in done.stderr
    assert not (clone / ".local").exists()


def test_an_older_python_can_read_the_file_that_refuses_it() -> None:
    """A word of newer grammar would be a syntax error before the message."""
    source = (ROOT / "src/shipping/tools.py").read_text()

    assert ast.parse(source, feature_version=(3, 8))


def test_a_machine_without_git_is_told_so(run_tools: Tools, env: dict[str, str], tmp_path: Path) -> None:
    env["PATH"] = str(tmp_path)

    done = run_tools("sync", "local")

    assert done.returncode == 1
    assert "git is not on PATH. Install it" in done.stderr


@pytest.mark.parametrize("arguments", [(), ("sync",), ("run", "local"), ("run", "local", "-c"), ("build", "local")])
def test_a_command_it_does_not_know_prints_its_usage(run_tools: Tools, arguments: tuple[str, ...]) -> None:
    done = run_tools(*arguments)

    assert done.returncode == 2
    assert "tools.py run GROUP -- ARGS" in done.stderr


@pytest.fixture
def shared(tmp_path: Path, env: dict[str, str]) -> Path:
    """The store of another clone, as a build of the local pipelines gets it."""
    env["STOCKCAST_SHARED"] = str(tmp_path / "shared")
    return tmp_path / "shared"


def put_by(shared: Path, lock: str) -> Path:
    """The environment `local` that a running stack uses, made from a lock."""
    folder = shared / "envs" / "local"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    (folder / ".synced").write_text(f"{folder}\n{lock}")
    return folder


def fingerprint(clone: Path) -> str:
    return hashlib.sha256((clone / "uv.lock").read_bytes() + (clone / "pyproject.toml").read_bytes()).hexdigest()


def test_a_build_uses_a_shared_environment_of_the_same_lock_as_it_is(
    run_tools: Tools, clone: Path, program: Program, calls: Callable[[], list[str]], shared: Path
) -> None:
    """Making one in each build would cost every push a minute."""
    program("uv", *uv_script("0.13.8", *MAKES_AN_ENVIRONMENT))
    put_by(shared, fingerprint(clone))

    done = run_tools("run", "local", "--", "-c", "import stockcast; print(stockcast.__file__)")

    assert done.stdout.strip() == f"{clone}/src/stockcast/__init__.py", done.stderr
    assert calls() == []
    assert not (clone / ".local").exists()


@pytest.mark.parametrize("stands", [True, False], ids=["of another lock", "absent"])
def test_a_build_with_another_lock_gets_an_environment_beside_and_leaves_the_running_one_alone(
    run_tools: Tools, clone: Path, program: Program, calls: Callable[[], list[str]], shared: Path, stands: bool
) -> None:
    """A pushed lock file would take the packages from under the running embedded AWS and Airflow."""
    program("uv", *uv_script("0.13.8", *MAKES_AN_ENVIRONMENT))
    if stands:
        running = put_by(shared, "another lock")
        (running / "in-use").touch()

    first, again = run_tools("sync", "local"), run_tools("sync", "local")

    beside = shared / "envs" / f"local-{fingerprint(clone)[:8]}"
    assert (first.returncode, again.returncode) == (0, 0), first.stderr
    assert (beside / ".synced").read_text() == f"{beside}\n{fingerprint(clone)}"
    assert len(calls()) == 1
    assert (shared / "envs" / "local").exists() == stands
    if stands:
        assert (running / "in-use").exists()
        assert (running / ".synced").read_text() == f"{running}\nanother lock"


def test_a_shared_environment_that_was_moved_is_left_to_its_owner(
    run_tools: Tools, clone: Path, program: Program, shared: Path
) -> None:
    """Its scripts name another folder; but it is the owner's to throw away."""
    program("uv", *uv_script("0.13.8", *MAKES_AN_ENVIRONMENT))
    moved = put_by(shared, fingerprint(clone))
    (moved / ".synced").write_text(f"/elsewhere\n{fingerprint(clone)}")

    assert run_tools("sync", "local").returncode == 0
    assert moved.exists()
    assert (shared / "envs" / f"local-{fingerprint(clone)[:8]}").exists()


def test_two_builds_at_once_make_a_shared_environment_once(
    clone: Path, program: Program, env: dict[str, str], calls: Callable[[], list[str]], shared: Path
) -> None:
    """Two uv in one folder would leave neither a whole one."""
    program("uv", *uv_script("0.13.8", "sleep 1", *MAKES_AN_ENVIRONMENT))
    command = [sys.executable, "-S", str(clone / "src/shipping/tools.py"), "sync", "local"]

    builds = [subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    told = [build.communicate(timeout=60)[1] for build in builds]

    assert [build.returncode for build in builds] == [0, 0], told
    assert len(calls()) == 1
