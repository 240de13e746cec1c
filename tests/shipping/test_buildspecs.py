"""Buildspecs run make targets alone: what a build does, everybody can try without AWS, and no failure is swallowed."""

from __future__ import annotations

import fnmatch
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.terraform import hcl

from localaws.codebuild import buildspec
from localaws.codepipeline.triggers import Push, started_by
from shipping import buildspec_rules, package
from shipping.tools import ROOT

PIPELINES = ROOT / "terraform/delivery/pipelines.tf"
TARGETS = buildspec_rules.targets_of(ROOT / "Makefile")
SPEC = """version: 0.2
phases:
  build:
    commands:
      - {}
"""


def told(folder: Path, text: str) -> list[str]:
    file = folder / "buildspec-bad.yml"
    file.write_text(text)
    return [str(fault) for fault in buildspec_rules.faults(file, TARGETS)]


@pytest.mark.parametrize("file", buildspec_rules.buildspecs(ROOT), ids=lambda file: file.name)
def test_our_buildspecs_run_targets_alone(file: Path) -> None:
    """A green build that skipped a failure deploys what nobody checked."""
    assert [str(fault) for fault in buildspec_rules.faults(file, TARGETS)] == []


def test_both_buildspecs_are_looked_at() -> None:
    """A rule over no file is always kept."""
    assert [file.name for file in buildspec_rules.buildspecs(ROOT)] == ["buildspec-dags.yml", "buildspec-infra.yml"]


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        ("make check | tee log", "has a pipe"),
        ("make check || true", "goes on after a failure"),
        ("make check; make apply", "joins commands (;)"),
        ("make check && make apply", "joins commands (&&)"),
        ("make check &", "runs in the background"),
        ("make check > log", "redirects"),
        ("(make check)", "is not `make <targets>`"),
        ("$(make check)", "is not `make <targets>`"),
        ("make `cat targets`", "is not `make <targets>`"),
        ('CHANGES="$(make -s changes)$(date)"', "is not `make <targets>`"),
        ("CHANGES=$(make -s changes)", "is not `make <targets>`"),
        ("terraform apply -auto-approve", "is not `make <targets>`"),
        ("pip install boto3", "is not `make <targets>`"),
        ("make --keep-going check", "is not `make <targets>`"),
        ("make -i check", "is not `make <targets>`"),
        ("make chekc", "names chekc, which is no target"),
        ('CHANGES="$(make -s change ENV=$ENVIRONMENT)"', "names change, which is no target"),
        ("echo done: yes", "is not `make <targets>`"),  # a map to YAML
        ("|\n        make check\n        make apply", "has several lines"),
    ],
)
def test_a_command_that_hides_or_does_something_else_is_refused(tmp_path: Path, command: str, rule: str) -> None:
    """CodeBuild itself takes every one of these, and most of them turn red into green."""
    (fault,) = told(tmp_path, SPEC.format(command))

    assert fault.startswith("buildspec-bad.yml:5 (build, commands): ")
    assert rule in fault


def test_every_phase_and_its_last_commands_are_looked_at(tmp_path: Path) -> None:
    """`finally` runs after a failure, when nobody looks any more."""
    phases = "".join(
        f"  {name}:\n    commands: [make check]\n    finally: [rm -rf /]\n"
        for name in ("install", "pre_build", "build")
    )

    faults = told(tmp_path, f"version: 0.2\nphases:\n{phases}")

    assert [fault.split(": ")[0].split(" ", 1)[1] for fault in faults] == [
        "(install, finally)", "(pre_build, finally)", "(build, finally)",
    ]  # fmt: skip


def test_a_build_that_goes_on_after_a_failure_is_refused(tmp_path: Path) -> None:
    """It would hand on a plan of a check that failed."""
    spec = SPEC.format("make check") + "    on-failure: CONTINUE\n"

    assert told(tmp_path, spec) == [
        "buildspec-bad.yml:6 (build, on-failure): 'CONTINUE' lets a build go on after a failure. Take the line away."
    ]


def test_artifacts_from_elsewhere_are_refused(tmp_path: Path) -> None:
    """A folder that is not always there fails a build that did all it should; the clone itself holds too much."""
    spec = SPEC.format("make check") + 'artifacts:\n  files: ["**/*"]\n'

    (fault,) = told(tmp_path, spec)

    assert "is not build/handover" in fault


def test_an_empty_buildspec_is_refused(tmp_path: Path) -> None:
    """Without commands a build is green."""
    assert len(told(tmp_path, "")) == 1


def test_the_command_names_the_fault_and_ends_red(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`make check` has to stop."""
    bad = tmp_path / "buildspec-bad.yml"
    bad.write_text(SPEC.format("make check | tee log"))

    ended = buildspec_rules.main([str(bad)])

    assert ended == 1
    assert "Let the make target write its own file." in capsys.readouterr().err
    assert buildspec_rules.main([]) == 0


def test_the_pipelines_name_targets_that_exist() -> None:
    """A target that was renamed is found out by the next push, in the middle of it."""
    named = re.findall(r'TARGETS = "([^"]*)"', PIPELINES.read_text())

    assert len(named) >= 9
    assert {target for words in named for target in words.split()} - TARGETS == set()


def test_every_build_ends_with_handover() -> None:
    """Without its folder and its report CodeBuild fails the upload of a build that did all it should."""
    named = re.findall(r'TARGETS = "([^"]*)"', PIPELINES.read_text())

    assert len(named) >= 9
    assert [words for words in named if not words.endswith(" handover")] == []


@pytest.mark.parametrize("file", buildspec_rules.buildspecs(ROOT), ids=lambda file: file.name)
def test_what_handover_writes_is_what_a_buildspec_sends(file: Path) -> None:
    """A report or an artifact whose pattern fits no file turns a good build red."""
    spec = buildspec.parse(file.read_text())

    assert spec.artifacts is not None and spec.artifacts.base == "build/handover"
    assert [found.base for found in spec.reports.values()] == [""]
    assert all(fnmatch.fnmatch("build/reports/build.xml", one.patterns[0]) for one in spec.reports.values())


def test_a_plan_exports_what_the_pipeline_asks_of_it() -> None:
    """An approval that names an unknown variable fails before anybody has read it."""
    asked = set(re.findall(r"#\{Plan_\$\{[\w.]+\}\.(\w+)\}", PIPELINES.read_text()))
    exported = buildspec.parse((ROOT / "buildspec-infra.yml").read_text()).exported

    assert asked == {"CHANGES", "CODEBUILD_BUILD_ID", "SUMMARY"}
    assert asked <= set(exported)


def test_caches_keep_what_the_build_variables_name() -> None:
    """A cache of another folder keeps nothing, and each build downloads hundreds of MB again."""
    folders = re.findall(r'_CACHE_DIR += "([^"]+)"', (ROOT / "envs/account/delivery.tfvars").read_text())
    kept = [re.findall(r"- (/\S+?)/\*\*/\*", file.read_text()) for file in buildspec_rules.buildspecs(ROOT)]

    assert len(folders) == 2
    assert all(any(folder.startswith(path) for path in paths) for paths in kept for folder in folders), kept


def globs(pipeline: str) -> list[str]:
    """What starts a pipeline, as terraform/delivery joins it."""
    (values,) = hcl.load(PIPELINES)["locals"]
    folders = [f"{folder}/{all_below}" for folder in values["_folders"][pipeline] for all_below in ("*", "**")]
    return [*folders, *values["_files"][pipeline]]


def unheard(files: Iterable[str], paths: list[str]) -> list[str]:
    """The files whose change starts nothing, judged as the embedded CodePipeline judges a push."""
    settings = {"FullRepositoryId": "a/b", "BranchName": "main"}
    source = {"name": "Source", "runOrder": 1, "actionTypeId": {"category": "Source"}, "configuration": settings}
    filters = [{"branches": {"includes": ["main"]}, "filePaths": {"includes": paths}}]
    trigger = {"gitConfiguration": {"sourceActionName": "Source", "push": filters}}
    pipeline = {"stages": [{"name": "Source", "actions": [source]}], "triggers": [trigger]}
    return [file for file in files if started_by(pipeline, Push("a/b", "main", "f00", (file,))) is None]


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return [*listed, *(file.name for file in buildspec_rules.buildspecs(ROOT))]


@pytest.mark.parametrize("pipeline", ["dags", "infrastructure", "models"])
def test_what_starts_a_pipeline_lies_in_the_repository(pipeline: str) -> None:
    """A folder that was renamed starts nothing any more, and its changes are delivered by accident or never."""
    files = tracked()

    looked_at = [glob for glob in globs(pipeline) if glob.removesuffix("/*") + "/**" not in globs(pipeline)]
    assert len(looked_at) >= 2
    assert [glob for glob in looked_at if len(unheard(files, [glob])) == len(files)] == []


def packed_files(monkeypatch: pytest.MonkeyPatch, out: Path) -> list[str]:
    """Every tracked file that `make package` reads: for the zips, the jobs' code and both images' tags."""
    read: set[Path] = set()
    reads = package._read
    no_libraries = {"polars/__init__.py": b""}  # they come from the package index, and no file of ours decides on them
    monkeypatch.setattr(package.wheels, "files", lambda *_: no_libraries)
    monkeypatch.setattr(package, "_read", lambda path, name: (read.add(path), reads(path, name))[1])
    package.build(ROOT, out)
    return [file for file in tracked() if any((ROOT / file).is_relative_to(path) for path in read)]


def test_what_packages_and_images_are_made_of_starts_the_infrastructure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The environment would go on with the old tag while the models pipeline waits for the new one."""
    files = packed_files(monkeypatch, tmp_path)
    paths = globs("infrastructure")

    assert {"serving/Dockerfile", "training/train.py", "src/stockcast/__init__.py"} <= set(files)
    assert unheard(files, paths) == []
    assert "serving/Dockerfile" in unheard(files, [path for path in paths if not path.startswith("serving")])
