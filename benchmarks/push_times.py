"""Write benchmarks/push_times.md: how long three pushes to the running local stack take, beside what is wanted.

    PYTHONPATH=src .local/envs/local/bin/python benchmarks/push_times.py

Needs a stack that `make up` has finished, with nothing waiting in its pipelines. Wall-clock seconds from `git push` on;
what was pushed is taken back at the end, by one push more.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from localaws import airflow, approve, pipelines, remote
from localaws.stack import ROOT, Stack, read

INFRASTRUCTURE = "stockcast-infrastructure"
VALUES = "envs/local/platform.tfvars"
DAG = '''"""Say that a push has arrived.

**When.** When somebody triggers it.

**Normal.** A second.

**When it is red.** Nothing depends on it; read its log.
"""

from airflow.sdk import dag, task


@dag(dag_id="watch_pushes", schedule=None, catchup=False, max_active_runs=1, doc_md=__doc__, tags=["try"])
def watch_pushes() -> None:
    @task
    def pass_by() -> None:
        pass

    pass_by()


watch_pushes()
'''
WANTED = {"a new DAG, until Airflow lists it": 20, "no change, until green": 60, "a small change, approved at once": 90}


def main() -> int:
    stack = read()
    if not remote.is_open(stack):
        print("no pipelines follow pushes here; run `make up` first.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(remote.repository(stack)), str(clone)], check=True)
        took = dict(zip(WANTED, _measured(stack, clone), strict=True))
    lines = _told(took)
    (ROOT / "benchmarks" / "push_times.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))
    return 0


def _measured(stack: Stack, clone: Path) -> list[float]:
    before = _git(clone, "rev-parse", "HEAD")
    values = clone / VALUES
    (clone / "dags" / "watch_pushes.py").write_text(DAG)
    new_dag = _push(clone, lambda _: "watch_pushes" in airflow.Api(stack).parsed_at())
    values.write_text(values.read_text() + "# a comment changes nothing\n")
    nothing = _push(clone, lambda commit: _is_green(stack, commit))
    values.write_text(values.read_text().replace("log_days = 7", "log_days = 5"))
    change = _push(clone, lambda commit: _is_green(stack, commit))
    _git(clone, "checkout", before, "--", ".")
    (clone / "dags" / "watch_pushes.py").unlink()
    _push(clone, lambda commit: _is_green(stack, commit))
    return [new_dag, nothing, change]


def _push(clone: Path, arrived: Callable[[str], bool], longest_seconds: float = 600) -> float:
    """Commit and push what changed, approve what waits; seconds until it has arrived."""
    _git(clone, "add", "--all")
    _git(clone, "-c", "user.name=benchmark", "-c", "user.email=benchmark", "commit", "--quiet", "-m", "Measure a push")
    commit = _git(clone, "rev-parse", "HEAD")
    began = time.monotonic()
    _git(clone, "push", "--quiet", "origin", "HEAD:main")
    while time.monotonic() - began < longest_seconds:
        if arrived(commit):
            return time.monotonic() - began
        time.sleep(0.2)
    raise SystemExit(f"{commit[:7]} did not arrive within {longest_seconds:.0f} s; `make pipelines` shows why.")


def _is_green(stack: Stack, commit: str) -> bool:
    """Whether the infrastructure pipeline has brought the commit; approves where it waits."""
    found = pipelines.known(stack)
    if pipelines.waiting(found):
        approve.answer(stack, INFRASTRUCTURE, reject=False, asks=False)
    executions = next(one["executions"] for one in found if one["name"] == INFRASTRUCTURE)
    own = [one for one in executions if one["commit"] == commit]
    if own and own[0]["status"] not in ("InProgress", "Succeeded"):
        raise SystemExit(f"{commit[:7]} ended as {own[0]['status']}; `make pipelines` shows why.")
    return bool(own) and own[0]["status"] == "Succeeded"


def _git(clone: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(clone), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"`git {arguments[0]}`: {done.stderr.strip()}")
    return done.stdout.strip()


def _told(took: dict[str, float]) -> list[str]:
    return [
        "# How long a push takes",
        "",
        f"One run, the stack warm and Airflow idle; {os.cpu_count()} cores, {platform.system()}. Last column: seconds",
        "as a share of what is wanted.",
        "",
        "| push | s | wanted | share |",
        "|---|---|---|---|",
        *(f"| {name} | {took[name]:.0f} | {most} | {took[name] / most:.0%} |" for name, most in WANTED.items()),
    ]


if __name__ == "__main__":
    sys.exit(main())
