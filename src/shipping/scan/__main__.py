"""Scan all Terraform with checkov; fail on what is neither right nor excused.

    python -m shipping.scan

Needs neither credentials nor a network once checkov is installed. Excuses stand in terraform/scan_skips.toml.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from shipping import tools
from shipping.scan import checkov, skips, targets, verdict


def main(root: Path = tools.ROOT) -> int:
    began = time.monotonic()
    try:
        allowed, faults = skips.read(root / skips.LEDGER, datetime.now(UTC).date())
        faults += targets.hidden_skips(root)
        wanted = targets.targets(root)
        found = checkov.findings(root, wanted) if not faults else {}
    except (checkov.ScanFailed, skips.LedgerRefused, tools.ToolMissing) as problem:
        print(f"stockcast: {problem}", file=sys.stderr)
        return 1
    faults += verdict.faults(found, allowed) if not faults else []
    for fault in faults:
        print(fault, file=sys.stderr)
    took = f"{len(wanted)} scans in {time.monotonic() - began:.0f} s"
    if faults:
        print(f"stockcast: the Terraform scan has {len(faults)} complaints ({took}).", file=sys.stderr)
        return 1
    print(f"Terraform scan: nothing fails that is not excused; {len(allowed)} skips, {took}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
