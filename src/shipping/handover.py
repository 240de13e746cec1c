"""What one build leaves: for the next the plan, its note, the review's pages and the packages; for people a report.

CodePipeline keeps `build/handover/` and lays it beside the sources of the build that applies. There `make apply` takes
exactly that plan; what it would apply must be what somebody has read, down to the bytes of a function's zip.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

from shipping import dag_sync, package, saved_plan, tools
from shipping.environments import Refused
from shipping.package import Manifest
from shipping.saved_plan import SavedPlan

GIVEN = "CODEBUILD_SRC_DIR_plan_"  # and the environment: where CodeBuild unpacked what the planning build left


def folder() -> Path:
    return tools.ROOT / "build" / "handover"


def give(environment: str) -> None:
    """Fill build/handover/ anew, and tell in a report what ran. Without a saved plan it holds made.json alone."""
    shutil.rmtree(folder(), ignore_errors=True)
    folder().mkdir(parents=True)
    folder().chmod(0o700)  # a plan may hold secrets in the clear
    saved = saved_plan.of(environment)
    if saved.file.exists():
        saved.check()
        _lay_down(saved, environment)
    made = {
        "commit": dag_sync.commit_here(tools.ROOT),
        "environment": environment,
        "targets": os.environ.get("TARGETS", ""),
    }
    (folder() / "made.json").write_text(json.dumps(made, indent=2) + "\n")
    _report(environment, made["targets"].split())
    print(f"{folder()} holds {'the saved plan' if saved.file.exists() else 'no plan'} of {environment}", flush=True)


def _report(environment: str, targets: list[str]) -> None:
    """One passed case per target before this one: had it failed, make would not have come here.

    CodeBuild fails a build whose report has no file, and most targets test nothing. Nobody has measured their times.
    """
    suite = ET.Element("testsuite", name=environment)
    for target in targets:
        if target != "handover":
            ET.SubElement(suite, "testcase", classname=environment, name=target)
    suite.set("tests", str(len(suite)))
    file = tools.ROOT / "build" / "reports" / "build.xml"
    file.parent.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(suite).write(file, encoding="utf-8", xml_declaration=True)


def _lay_down(saved: SavedPlan, environment: str) -> None:
    for file in (saved.file, saved.note):
        _copy(file, folder() / "plan" / file.name)
    review = tools.ROOT / "build" / "review" / environment
    if review.is_dir():
        shutil.copytree(review, folder() / "review" / environment)
    build = tools.ROOT / "build"
    for path in _packages(_manifest(build / "manifest.json")):
        _copy(build / path, folder() / "packages" / path)
    shutil.copytree(build / "jobs", folder() / "packages" / "jobs")


def take(environment: str) -> bool:
    """Bring what was handed over to where `apply` reads it; False where nothing was handed over."""
    given = os.environ.get(f"{GIVEN}{environment}")
    if not given:
        return False
    saved, source = saved_plan.of(environment), Path(given)
    for file in (saved.file, saved.note):
        _present(source / "plan" / file.name)
    _check_packages(source / "packages")
    saved.make_room()
    for file in (saved.file, saved.note):
        _copy(source / "plan" / file.name, file)
    build = tools.ROOT / "build"
    if (source / "review").is_dir():
        shutil.copytree(source / "review", build / "review", dirs_exist_ok=True)
    for path in _packages(_manifest(source / "packages" / "manifest.json")):
        _copy(source / "packages" / path, build / path)
    shutil.rmtree(build / "jobs", ignore_errors=True)
    shutil.copytree(source / "packages" / "jobs", build / "jobs")
    return True


def _check_packages(packages: Path) -> None:
    """Terraform reads them only when it applies; the plan knows them by the manifest's fingerprints."""
    manifest = _manifest(packages / "manifest.json")
    for name, wanted in manifest["zips"].items():
        _check_print(packages / name, hashlib.sha256(_present(packages / name).read_bytes()).hexdigest(), wanted)
    jobs = packages / "jobs" / "files"
    files = {file.relative_to(jobs).as_posix(): file.read_bytes() for file in jobs.rglob("*") if file.is_file()}
    _check_print(jobs, package.fingerprint(files), manifest["job_code_hash"])
    archive = _present(packages / "jobs" / "source.tar.gz")
    wanted = hashlib.sha256(package.tar_gz_bytes(files)).hexdigest()
    _check_print(archive, hashlib.sha256(archive.read_bytes()).hexdigest(), wanted)


def _check_print(path: Path, found: str, wanted: str) -> None:
    if found != wanted:
        raise Refused(
            f"{path} has the fingerprint {found}; the plan was made with {wanted}, and only what somebody has read is "
            "applied. Start the pipeline anew (`Release change`), so that it plans and packages again."
        )


def _packages(manifest: Manifest) -> list[str]:
    return ["manifest.json", *manifest["zips"]]


def _manifest(path: Path) -> Manifest:
    found: Manifest = json.loads(_present(path).read_text())
    return found


def _present(path: Path) -> Path:
    if not path.is_file():
        raise Refused(
            f"{path} is missing from what the planning build handed over; an apply takes the plan, its note and every "
            "package from there. Look whether that build ran `make plan handover`, and start the pipeline anew."
        )
    return path


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
