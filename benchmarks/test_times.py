"""Write benchmarks/test_times.md: how long the checks and the tests of the last commit take in a fresh clone.

    python benchmarks/test_times.py [TARGET ...]

Clones this repository into a temporary folder for each target, runs `make TARGET` there, and writes the table of what
has been measured at this commit; by default check, test-unit and test-all. `make test-all` begins with `make test`, so
its run is the measurement of both. Package caches are warm when the clone's packages were installed on this machine
before. Minutes of wall time, and the share of the limit in docs/tests.md.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIMITS = {"check": None, "test-unit": 2, "test": 12, "test-all": 30}  # minutes on two cores
MEASURED = ("check", "test-unit", "test-all")
SUMMARY = re.compile(r"(\d+) passed.* in [\d.]+s")  # pytest's last line
Row = tuple[float, int]  # minutes, tests that passed


def measure(target: str) -> dict[str, Row]:
    """Run one target in a fresh clone; the rows that its run measures."""
    ends: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="test-times-") as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        outer = {name: value for name, value in os.environ.items() if not name.startswith("STOCKCAST_")}
        began = time.monotonic()
        command, printed = ["make", target], subprocess.PIPE
        with (
            (ROOT / "build" / f"{target}.log").open("w") as log,
            subprocess.Popen(command, cwd=clone, env=outer, stdout=printed, stderr=subprocess.STDOUT, text=True) as run,
        ):
            for line in run.stdout or ():
                log.write(line)
                if found := SUMMARY.search(line):
                    ends.append(((time.monotonic() - began) / 60, int(found[1])))
        minutes = (time.monotonic() - began) / 60
    if run.returncode:
        raise SystemExit(f"`make {target}` failed with {run.returncode}; build/{target}.log has what it printed.")
    rows = {target: (minutes, sum(tests for _, tests in ends))}
    return {"test": ends[0], **rows} if target == "test-all" else rows


def main(targets: list[str]) -> int:
    (ROOT / "build").mkdir(exist_ok=True)
    named = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(named, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    kept = ROOT / "build" / "test_times.json"
    before = json.loads(kept.read_text()) if kept.exists() else {}
    rows: dict[str, Row] = before["rows"] if before.get("commit") == commit else {}
    for target in targets or MEASURED:
        rows |= measure(target)
        kept.write_text(json.dumps({"commit": commit, "rows": rows}))
        (ROOT / "benchmarks" / "test_times.md").write_text(page(commit, rows))
        print(target, rows[target], flush=True)
    return 0


def page(commit: str, rows: dict[str, Row]) -> str:
    lines = [
        "# How long the tests take",
        "",
        f"Each in a fresh clone of {commit} with warm package caches; {os.cpu_count()} cores, {platform.system()}.",
        "`make test` is the first part of the run of `make test-all`.",
        "",
        "| target | minutes | limit | share of the limit | tests |",
        "|---|---|---|---|---|",
    ]
    for target, limit in LIMITS.items():
        if target in rows:
            minutes, tests = rows[target]
            share = f"{minutes / limit:.0%}" if limit else ""
            lines.append(f"| `make {target}` | {minutes:.1f} | {limit or ''} | {share} | {tests} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
