"""Builds run their commands for real, as CodeBuild would, and a build that did not succeed never looks as if it had."""

from __future__ import annotations

import io
import json
import time
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localaws.codebuild.conftest import BUCKET, Bench, message, phases, zip_of

BUILD = """
env:
  shell: bash
  variables: {COLOUR: blue, VERDICT: unknown}
  exported-variables: [VERDICT, NEVER_SET, CODEBUILD_BUILD_ID]
phases:
  install: {commands: ['greet() { echo "hello $1"; }']}
  build:
    commands:
      - greet "$COLOUR"
      - cat in.txt > out/copy.txt
      - VERDICT="$(cat in.txt)"
  post_build: {commands: ['echo succeeding=$CODEBUILD_BUILD_SUCCEEDING']}
artifacts: {base-directory: out, files: ['**/*']}
"""
TO_S3 = {"type": "S3", "location": BUCKET, "path": "made", "name": "out.zip", "packaging": "ZIP"}


def of(commands: list[str], **more: Any) -> str:
    """A buildspec, as JSON is YAML, with commands in its build phase."""
    return json.dumps({"version": "0.2", "phases": {"build": {"commands": commands}}, **more})


def run(bench: Bench, project: str, commands: list[str], **more: Any) -> dict[str, Any]:
    """A build of these commands, when it has ended."""
    return bench.ended(
        bench.codebuild.start_build(projectName=project, buildspecOverride=of(commands, **more))["build"]["id"]
    )


@pytest.fixture(scope="module")
def plain(bench: Bench) -> str:
    """A project without a source."""
    return bench.project("plain")


def test_a_pipelines_project_builds_from_a_zip_to_a_zip(bench: Bench) -> None:
    """The pipeline hands artifacts from stage to stage like this; variables live from one command to the next."""
    pipeline = {"type": "CODEPIPELINE"}
    project = bench.project("piped", source=pipeline | {"buildspec": "buildspec.yml"}, artifacts=pipeline)
    source = zip_of(buildspec_yml="version: 0.2\n" + BUILD, in_txt="good", **{"out/kept_txt": "1"})
    bench.s3.put_object(Bucket=BUCKET, Key="src.zip", Body=source)

    done = bench.run(project, sourceTypeOverride="S3", sourceLocationOverride=f"{BUCKET}/src.zip",
                     artifactsOverride=TO_S3)  # fmt: skip
    made = bench.s3.get_object(Bucket=BUCKET, Key="made/out.zip")["Body"].read()

    assert done["buildStatus"] == "SUCCEEDED", bench.log(done)
    assert done["exportedEnvironmentVariables"] == [
        {"name": "VERDICT", "value": "good"}, {"name": "CODEBUILD_BUILD_ID", "value": done["id"]},
    ]  # fmt: skip
    assert done["artifacts"]["location"] == f"arn:aws:s3:::{BUCKET}/made/out.zip"
    with zipfile.ZipFile(io.BytesIO(made)) as opened:
        assert {name: opened.read(name) for name in opened.namelist()} == {"copy.txt": b"good", "kept.txt": b"1"}
    log = bench.log(done)
    assert "Running command greet" in log and "\nhello blue\n" in log and "succeeding=1" in log
    assert list(phases(done)) == [
        "SUBMITTED", "QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD",
        "UPLOAD_ARTIFACTS", "FINALIZING", "COMPLETED",
    ]  # fmt: skip


def test_a_pipelines_project_does_not_start_by_itself(bench: Bench) -> None:
    """AWS refuses it too: there is no source to build."""
    both = {"type": "CODEPIPELINE"}
    project = bench.project("only-piped", source=both, artifacts=both)

    with pytest.raises(ClientError, match="only a pipeline can bring"):
        bench.start(project)


def test_a_failing_command_fails_the_build_and_nothing_is_uploaded(bench: Bench) -> None:
    """A plan that failed must not be handed to the stage that applies it."""
    project = bench.project("failing", artifacts=TO_S3 | {"name": "never.zip"})
    spec = of(["echo one > one", "(exit 3)", "echo two"], artifacts={"files": ["one"]})

    done = bench.run(project, buildspecOverride=spec)

    assert done["buildStatus"] == "FAILED"
    assert phases(done)["BUILD"] == "FAILED" and phases(done)["POST_BUILD"] == "SUCCEEDED"
    assert message(done, "BUILD") == (
        "COMMAND_EXECUTION_ERROR: Error while executing command: (exit 3). Reason: exit status 3"
    )
    assert "Running command echo two" not in bench.log(done)
    assert "Contents" not in bench.s3.list_objects_v2(Bucket=BUCKET, Prefix="made/never")


def test_a_pipe_hides_a_failure_as_on_aws(bench: Bench, plain: str) -> None:
    """Whoever writes `make check | tee log` has to find out here that it is always green."""
    assert run(bench, plain, ["false | cat"])["buildStatus"] == "SUCCEEDED"
    assert run(bench, plain, ["false"])["buildStatus"] == "FAILED"


def test_leaving_the_shell_fails_only_the_phase(bench: Bench, plain: str) -> None:
    """post_build still runs after `exit`, knows that the build fails, and has what was exported."""
    done = bench.run(plain, """
env: {exported-variables: [WORD]}
phases:
  build: {commands: [WORD=kept, 'exit 4'], finally: [echo finally]}
  post_build: {commands: ['echo $WORD succeeding=$CODEBUILD_BUILD_SUCCEEDING']}
""")  # fmt: skip

    assert done["buildStatus"] == "FAILED"
    assert "\nfinally\n" in bench.log(done) and "\nkept succeeding=0\n" in bench.log(done)
    assert done["exportedEnvironmentVariables"] == [{"name": "WORD", "value": "kept"}]


@pytest.mark.parametrize(("spec", "words"), [
    ("phases: {biuld: {commands: [x]}}", "YAML_FILE_ERROR: phases: biuld is no key of a buildspec"),
    ("phases: {build: {commands: [{echo a: b}]}}", "Expected phases.build.commands[0] to be of string type"),
    ("phases: {install: {runtime-versions: {nodejs: 20}}}", "runtime-versions.nodejs"),
    ("phases: {build: {on-failure: RETRY}}", "phases.build.on-failure is 'RETRY'"),
    ("env: {shell: powershell}\nphases: {build: {commands: [x]}}", "env.shell is 'powershell'"),
    ("phases: [", "the buildspec is not YAML"),
])  # fmt: skip
def test_a_misspelt_buildspec_fails_with_the_keys_name(bench: Bench, plain: str, spec: str, words: str) -> None:
    """CodeBuild passes over some of these, and a step that was meant is then never run."""
    done = bench.run(plain, spec)

    assert done["buildStatus"] == "FAILED"
    assert words in message(done, "DOWNLOAD_SOURCE")


def test_a_missing_python_fails_the_install_phase(bench: Bench, plain: str) -> None:
    """Another version than the one asked for would give another lock and other wheels."""
    done = bench.run(plain, "phases: {install: {runtime-versions: {python: 3.99}}}")

    assert "Unknown runtime version named '3.99' of python" in message(done, "INSTALL")


def test_other_sources_than_zips_fail_and_say_so(bench: Bench, plain: str) -> None:
    """Nothing is fetched from a network that was not meant."""
    done = bench.run(plain, sourceTypeOverride="GITHUB", sourceLocationOverride="https://github.com/you/yours")

    assert "brings no source of type GITHUB" in message(done, "DOWNLOAD_SOURCE")


def test_a_secondary_source_has_a_folder_and_a_variable(bench: Bench, plain: str) -> None:
    """The apply build finds the plan that was reviewed there."""
    bench.s3.put_object(Bucket=BUCKET, Key="plan.zip", Body=zip_of(plan_txt="the plan"))
    extra = {"type": "S3", "location": f"{BUCKET}/plan.zip", "sourceIdentifier": "plan_dev"}

    done = bench.run(plain, of(["cat $CODEBUILD_SRC_DIR_plan_dev/plan.txt"]), secondarySourcesOverride=[extra])

    assert done["buildStatus"] == "SUCCEEDED" and "the plan" in bench.log(done)


def test_variables_of_the_start_win_over_the_projects_and_the_buildspecs(bench: Bench) -> None:
    """The pipeline's ENVIRONMENT decides which environment is planned."""
    kept = {"type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL"}
    given = [{"name": "A", "value": "project"}, {"name": "B", "value": "project"}]
    project = bench.project("variables", environment=kept | {"environmentVariables": given})
    spec = of(['echo "$A $B $C"'], env={"variables": {"A": "spec", "B": "spec", "C": "spec"}})

    done = bench.run(project, buildspecOverride=spec,
                     environmentVariablesOverride=[{"name": "A", "value": "start"}])  # fmt: skip

    assert "\nstart project spec\n" in bench.log(done)


def test_a_stopped_build_ends_its_commands_and_uploads_nothing(bench: Bench, tmp_path: Path) -> None:
    """Terraform frees its lock when it is asked to end; a build that was only called STOPPED would go on applying."""
    project = bench.project("stopped", artifacts=TO_S3 | {"name": "half.zip"})
    begun, freed = tmp_path / "begun", tmp_path / "freed"
    command = f"sh -c 'trap \"touch {freed}; exit 1\" INT; touch {begun}; while :; do sleep 0.1; done'"
    build = bench.start(project, of([command], artifacts={"files": ["**/*"]}))
    while not begun.exists():
        time.sleep(0.05)

    bench.codebuild.stop_build(id=build)
    done = bench.ended(build)

    assert done["buildStatus"] == "STOPPED" and phases(done)["BUILD"] == "STOPPED"
    assert freed.exists()
    assert "Contents" not in bench.s3.list_objects_v2(Bucket=BUCKET, Prefix="made/half")


def test_a_project_with_a_limit_refuses_the_next_build(bench: Bench, tmp_path: Path) -> None:
    """On AWS it does not wait either: a pipeline that counts on a queue would be red there."""
    project, go = bench.project("limited", concurrentBuildLimit=1), tmp_path / "go"
    first = bench.start(project, of([f"while [ ! -e {go} ]; do sleep 0.05; done"]))

    with pytest.raises(ClientError, match=r"AccountLimitExceededException.*more than 1 builds"):
        bench.start(project)
    go.touch()

    assert bench.ended(first)["buildStatus"] == "SUCCEEDED"
    assert bench.run(project)["buildStatus"] == "SUCCEEDED"


def test_the_log_can_be_read_at_its_deep_link(bench: Bench, plain: str) -> None:
    """A person who was told of a failure clicks there."""
    done = run(bench, plain, ["echo readable"])

    with urllib.request.urlopen(done["logs"]["deepLink"]) as page:
        assert "\nreadable\n" in page.read().decode()


def test_a_cached_folder_is_there_in_the_next_build(bench: Bench) -> None:
    """Terraform's provider has hundreds of megabytes and must not be downloaded by every build."""
    project = bench.project("caching", cache={"type": "LOCAL", "modes": ["LOCAL_CUSTOM_CACHE"]})
    spec = of(["ls .local/tools", "touch .local/tools/terraform"], cache={"paths": [".local/tools/**/*"]})

    first, second = (bench.log(bench.run(project, buildspecOverride=spec)) for _ in range(2))

    assert "\nterraform\n" not in first and "\nterraform\n" in second


def test_the_same_token_starts_one_build(bench: Bench, plain: str) -> None:
    """A pipeline that asks again after a lost answer must not plan twice."""
    twice = [bench.start(plain, of(["true"]), idempotencyToken="once") for _ in range(2)]

    assert twice[0] == twice[1]
    assert bench.ended(twice[0])["buildStatus"] == "SUCCEEDED"


def test_a_retried_build_is_a_new_one(bench: Bench, plain: str) -> None:
    failed = run(bench, plain, ["exit 1"])

    again = bench.codebuild.retry_build(id=failed["id"])["build"]["id"]

    assert again != failed["id"] and bench.ended(again)["buildStatus"] == "FAILED"
    assert bench.codebuild.list_builds_for_project(projectName=plain)["ids"][0] == again


def test_a_phase_may_let_the_build_go_on_but_not_succeed(bench: Bench, plain: str) -> None:
    """CONTINUE runs the next phase; a build with a failed phase is red all the same."""
    done = bench.run(plain, """
phases:
  pre_build: {on-failure: CONTINUE, commands: ['exit 1']}
  build: {on-failure: ABORT, commands: ['echo went on', 'exit 2']}
  post_build: {commands: [echo never]}
""")  # fmt: skip

    assert done["buildStatus"] == "FAILED" and "\nwent on\n" in bench.log(done)
    assert "POST_BUILD" not in phases(done)


def test_an_artifact_may_take_its_name_from_the_build(bench: Bench) -> None:
    project = bench.project("named", artifacts=TO_S3 | {"overrideArtifactName": True})
    spec = of(["WORD=blue", "touch one"], artifacts={"files": ["one"], "name": "out-$WORD.zip"})

    done = bench.run(project, buildspecOverride=spec)

    assert done["artifacts"]["location"].endswith("/made/out-blue.zip")
    assert bench.s3.head_object(Bucket=BUCKET, Key="made/out-blue.zip")


def test_an_artifact_without_packaging_is_its_files(bench: Bench) -> None:
    where = {"type": "S3", "location": BUCKET, "name": "files", "namespaceType": "BUILD_ID"}
    project = bench.project("unpacked", artifacts=where)
    spec = of(["mkdir deep; echo 1 > deep/one"], artifacts={"files": ["**/*"]})

    done = bench.run(project, buildspecOverride=spec)

    key = f"{done['id'].split(':')[1]}/files/deep/one"
    assert bench.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"1\n"


def test_an_artifact_needs_the_right_on_its_key(bench: Bench) -> None:
    """The bucket's key is what builds may not use until somebody says so."""
    key = bench.gateway.client("kms").create_key()["KeyMetadata"]["Arn"]
    project = bench.project("encrypted", artifacts=TO_S3 | {"name": "locked.zip"}, encryptionKey=key)

    done = bench.run(project, buildspecOverride=of(["touch one"], artifacts={"files": ["one"]}))

    assert done["buildStatus"] == "FAILED" and "kms:GenerateDataKey" in message(done, "UPLOAD_ARTIFACTS")


def test_an_artifact_without_files_fails_the_build(bench: Bench) -> None:
    """An empty handover would only be noticed by the stage that needs it."""
    project = bench.project("empty", artifacts=TO_S3)

    done = bench.run(project, buildspecOverride=of(["true"], artifacts={"files": ["gone"]}))

    assert "no matching artifact paths found" in message(done, "UPLOAD_ARTIFACTS")
