"""Write benchmarks/test_times.md: how long the checks and the tests of the last commit take in a fresh clone.

    python benchmarks/test_times.py [TARGET ...]

Clones this repository into a temporary folder and runs `make TARGET` there for each target, one after the other;
by default check, test-unit, test and test-all, each in a clone of its own. Package caches are warm when the clone's
packages were installed on this machine before. Minutes of wall time, and the share of the limit in docs/tests.md.
"""

from __future__ import annotations

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
PASSED = re.compile(r"(\d+) passed")


def measure(target: str) -> tuple[float, int]:
    """Run one target in a fresh clone; minutes, and how many tests passed."""
    with tempfile.TemporaryDirectory(prefix="test-times-") as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        outer = {name: value for name, value in os.environ.items() if not name.startswith("STOCKCAST_")}
        began = time.monotonic()
        with (ROOT / "build" / f"{target}.log").open("w+") as log:
            done = subprocess.run(["make", target], cwd=clone, env=outer, stdout=log, stderr=log, check=False)
            minutes = (time.monotonic() - began) / 60
            log.seek(0)
            printed = log.read()
    if done.returncode:
        raise SystemExit(f"`make {target}` failed with {done.returncode}:\n{printed[-3000:]}")
    return minutes, sum(int(count) for count in PASSED.findall(printed))


def main(targets: list[str]) -> int:
    (ROOT / "build").mkdir(exist_ok=True)
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    rows = []
    for target in targets or list(LIMITS):
        minutes, tests = measure(target)
        limit = LIMITS.get(target)
        share = f"{minutes / limit:.0%}" if limit else ""
        rows.append(f"| `make {target}` | {minutes:.1f} | {limit or ''} | {share} | {tests or ''} |")
        print(rows[-1], flush=True)
    lines = [
        "# How long the tests take",
        "",
        f"Each in a fresh clone of {commit.stdout.strip()} with warm package caches; {os.cpu_count()} cores, "
        f"{platform.system()}.",
        "",
        "| target | minutes | limit | share | tests |",
        "|---|---|---|---|---|",
        *rows,
    ]
    (ROOT / "benchmarks" / "test_times.md").write_text("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
