"""Write benchmarks/up_times.md: the step times of the last `make up` in this clone.

    python benchmarks/up_times.py

Wall-clock seconds of one run. Steps run side by side, so they do not add up to the total.
"""

import json
import os
import platform
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOME = Path(os.environ.get("STOCKCAST_HOME") or ROOT / ".local")


def main() -> int:
    path = HOME / "run" / "times.json"
    if not path.exists():
        print(f"{path} does not exist; run `make up` to its end first.", file=sys.stderr)
        return 1
    kept = json.loads(path.read_text())
    state = "a running stack" if kept["went_on"] else "no running stack"
    lines = [
        "# Step times of `make up`",
        "",
        f"One run from {state}; {kept['cores']} cores, {platform.system()}, Python {platform.python_version()}.",
        "Steps run side by side, so they do not add up. Last column: share of the total.",
        "",
        "| step | s | share |",
        "|---|---|---|",
        *(f"| {name} | {seconds} | {seconds / kept['total']:.0%} |" for name, seconds in kept["steps"].items()),
        f"| **total** | **{kept['total']}** | |",
    ]
    (ROOT / "benchmarks" / "up_times.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
