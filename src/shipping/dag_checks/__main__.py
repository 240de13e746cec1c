"""`python -m shipping.dag_checks`: check this clone's dags/ and write build/reports/dags.xml.

Exit status 1 where a fault was found: nothing of this commit may be synced then. Advice stops nothing.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

from shipping import tools
from shipping.dag_checks import modules, parsing, pins, report, sources
from shipping.dag_checks.report import Finding
from shipping.environments import Refused

DAGS = tools.ROOT / "dags"
REPORT = tools.ROOT / "build" / "reports" / "dags.xml"


def findings() -> list[Finding]:
    """All of them, good and bad. Airflow takes seconds to be imported, so the rest is checked meanwhile."""
    python = tools.sync(tools.AIRFLOW_GROUP)
    with ThreadPoolExecutor(1) as beside:
        parsed = beside.submit(lambda: parsing.findings(DAGS, python))
        static = [*sources.findings(DAGS, modules.find_modules(DAGS, python)), *pins.findings(DAGS)]
        return [*static, *parsed.result()]


def main() -> int:
    try:
        found = findings()
    except (Refused, tools.ToolMissing) as problem:
        print(f"stockcast: {problem}", file=sys.stderr)
        return 1
    report.write(found, REPORT)
    bad = [finding for finding in found if finding.faults]
    for finding in bad or found:
        print(finding, file=sys.stderr if bad else sys.stdout)
    _print_advice(found)
    if bad:
        print(
            f"stockcast: {len(bad)} checks of the DAGs failed; nothing may be synced. Fix the above.", file=sys.stderr
        )
    return 1 if bad else 0


def _print_advice(found: list[Finding]) -> None:
    advice = [line for finding in found for line in finding.advice_lines()]
    if advice:
        print(*advice, f"{len(advice)} lines of advice on Stockcast's own conventions; they stop nothing.", sep="\n")


if __name__ == "__main__":
    sys.exit(main())
