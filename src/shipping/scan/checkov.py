"""Run checkov, in an environment of its own, because it pins an old boto3 that nothing of ours could live with.

It runs offline: rules are those it brings, no module is fetched, nobody is told. Neither the shell's variables nor a
configuration file of the user can change what is checked.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shipping import tools
from shipping.scan import kept as earlier
from shipping.scan.targets import Target

GROUP = "scan"
TIMEOUT_SECONDS = 300
NOWHERE = "http://127.0.0.1:9"  # port 9 discards; should checkov ever try to reach somebody, it fails at once
SOURCES = "https://github.com/bridgecrewio/checkov/blob"
OFFLINE = {"CKV_SKIP_PACKAGE_UPDATE_CHECK": "true"}
# checkov cannot follow `for_each = aws_s3_bucket.this`: expanded, four of five closed buckets look open to it.
BLOCKS_UNEXPANDED = {"CHECKOV_ENABLE_FOREACH_HANDLING": "False"}


class ScanFailed(Exception):
    """checkov did not do its work; that is not the same as finding nothing."""


@dataclass(frozen=True, order=True)
class Finding:
    """One rule that one resource breaks. `folder` is where the resource stands, such as `modules/lake`."""

    folder: str
    resource: str
    check: str
    place: str  # file:line
    rule: str
    link: str


def findings(root: Path, wanted: list[Target]) -> dict[Finding, list[str]]:
    """What fails, and in which scans it did."""
    python = tools.sync(GROUP)
    kept = earlier.of(root)
    found: dict[Finding, list[str]] = {}
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        reports = pool.map(lambda one: kept.report(one, lambda: _report(python, root, one)), wanted)
        for target, report in zip(wanted, reports, strict=True):
            for failed in report["results"]["failed_checks"]:
                finding = _finding(python, root, failed, report["summary"]["checkov_version"])
                scans = found.setdefault(finding, [])
                if target.named(root) not in scans:
                    scans.append(target.named(root))
    return found


def _report(python: Path, root: Path, target: Target) -> dict[str, Any]:
    """checkov's report on one folder. One process each: told two folders at once, it mixes them up."""
    command = [str(python), "-m", "checkov.main", "--framework", "terraform", "--output", "json", "--compact"]
    command += ["--skip-download", "--download-external-modules", "false", "--directory", str(target.folder)]
    command += ["--var-file", str(target.values)] if target.values else []
    with tempfile.TemporaryDirectory() as nobodys_home:
        done = subprocess.run(
            command,
            cwd=nobodys_home,
            env=_environment(nobodys_home),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    try:
        report = json.loads(done.stdout)
    except ValueError as problem:
        said = (done.stderr or done.stdout).strip()[-1500:]
        raise ScanFailed(
            f"checkov ended with {done.returncode} over {target.named(root)}; it says:\n{said}"
        ) from problem
    _hold_to_its_word(report, root, target)
    return dict(report)


def _environment(home: str) -> dict[str, str]:
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), NOWHERE)
    return {"HOME": home, "PATH": os.environ["PATH"], "LOG_LEVEL": "ERROR", **proxies, **OFFLINE, **BLOCKS_UNEXPANDED}


def _hold_to_its_word(report: Any, root: Path, target: Target) -> None:
    """checkov ends with 0 over files that it cannot read and over folders that are not there."""
    name = target.named(root)
    if not isinstance(report, dict) or "results" not in report:
        raise ScanFailed(f"checkov found no Terraform in {name}.")
    if unread := report["results"]["parsing_errors"]:
        raise ScanFailed(f"checkov cannot read {', '.join(map(str, unread))} in {name}. `make validate` tells more.")
    if skipped := report["results"]["skipped_checks"]:
        named = ", ".join(sorted({f"{one['check_id']} of {one['resource']}" for one in skipped}))
        raise ScanFailed(f"checkov was told to skip {named} in {name}; only the ledger may.")
    seen, there = report["summary"]["resource_count"], target.resources()
    if seen < there:
        raise ScanFailed(f"checkov saw {seen} of the {there} resources in {name}; its judgement is not worth having.")


def _finding(python: Path, root: Path, failed: dict[str, Any], version: str) -> Finding:
    file = Path(failed["file_abs_path"]).resolve().relative_to(root.resolve())
    return Finding(
        folder=file.parent.as_posix(),
        resource=re.sub(r"^(module\.[^.]+\.)+", "", failed["resource"]),
        check=failed["check_id"],
        place=f"{file.as_posix()}:{failed['file_line_range'][0]}",
        rule=failed["check_name"],
        link=f"{SOURCES}/{version}/{_rule_file(python, failed['check_id'], failed['check_class'])}",
    )


def _rule_file(python: Path, check: str, check_class: str) -> str:
    """Where checkov's own source tells what the rule wants: without an account there is no page to link to."""
    if check_class.startswith("checkov.terraform.checks."):
        return check_class.replace(".", "/") + ".py"
    for package in python.parent.parent.glob("lib/python*/site-packages/checkov"):
        for file in sorted(package.glob("terraform/checks/graph_checks/aws/*")):
            if re.search(rf'"?id"?\s*:\s*"{check}"', file.read_text()):
                return file.relative_to(package.parent).as_posix()
    return "checkov/terraform/checks"
