"""An execution runs its stages for real: a commit becomes an artifact, builds take it, their words flow on."""

from __future__ import annotations

import io
import zipfile

import pytest
from tests.localaws.codepipeline.toys import BUCKET, Toys, build, only_if, stage


@pytest.fixture(scope="module")
def whole(toys: Toys) -> str:
    """An execution of the pipeline `whole`: a plan, and a build that reads it."""
    plan = build(
        "Plan", "CHANGES=yes; cp dags/a.py out/plan.txt", namespace="Plan", outputArtifacts=[{"name": "plan_x"}]
    )
    seen = 'SEEN="$CHANGED $(cat $CODEBUILD_SRC_DIR_plan_x/plan.txt)"'
    variables = '[{"name": "DO", "value": "%s"}, {"name": "CHANGED", "value": "#{Plan.CHANGES}"}]'
    both = {"PrimarySource": "source", "EnvironmentVariables": variables % seen.replace('"', '\\"')}
    apply = build(
        "Apply", namespace="Apply", configuration=both, inputArtifacts=[{"name": "source"}, {"name": "plan_x"}]
    )

    return toys.make("whole", stage("Plan", plan), stage("Apply", apply))


def test_a_commit_goes_through_source_and_builds_to_the_end(toys: Toys, whole: str) -> None:
    """The whole way that a push takes: a person relies on every piece of it at once."""
    execution, head = whole, toys.git("rev-parse", "origin/main")

    assert toys.ended("whole", execution)["status"] == "Succeeded", toys.actions("whole", execution)
    actions = toys.actions("whole", execution)
    assert actions["Repository"]["output"]["outputVariables"]["CommitId"] == head
    assert actions["Repository"]["output"]["outputVariables"]["CommitMessage"].startswith("Bring the toys")
    assert actions["Apply"]["output"]["outputVariables"]["SEEN"] == "yes a = 1"
    assert actions["Apply"]["output"]["executionResult"]["externalExecutionId"].startswith("toy-build:")
    revisions = toys.execution("whole", execution)["artifactRevisions"]
    assert [(one["name"], one["revisionId"]) for one in revisions] == [("source", head)]
    assert toys.execution("whole", execution)["trigger"]["triggerType"] == "CreatePipeline"


def test_the_artifact_is_the_commit_and_lies_encrypted_in_the_bucket(toys: Toys, whole: str) -> None:
    """A build of the wrong files would be deployed with the right commit's name."""
    toys.ended("whole", whole)

    at = toys.actions("whole", whole)["Repository"]["output"]["outputArtifacts"][0]["s3location"]
    stored = toys.gateway.client("s3").get_object(Bucket=at["bucket"], Key=at["key"])

    assert at["bucket"] == BUCKET and at["key"].startswith("whole/source/")
    assert (stored["ServerSideEncryption"], stored["SSEKMSKeyId"]) == ("aws:kms", toys.key)
    names = zipfile.ZipFile(io.BytesIO(stored["Body"].read())).namelist()
    assert {"dags/a.py", "terraform/main.tf"} <= set(names)


def test_a_failing_build_fails_the_execution_and_says_where(toys: Toys) -> None:
    """Nobody reads a log for a reason that the pipeline can tell."""
    execution = toys.make("broken", stage("Build", build("Break", "exit 3")), stage("After", build("Never")))

    ended = toys.ended("broken", execution)

    assert ended["status"] == "Failed"
    error = toys.actions("broken", execution)["Break"]["output"]["executionResult"]["errorDetails"]
    assert error["code"] == "JobFailed"
    assert "Phase: BUILD, Code: COMMAND_EXECUTION_ERROR" in error["message"] and "exit status 3" in error["message"]
    assert "Break" in ended["statusSummary"]
    assert "Never" not in toys.actions("broken", execution)


def test_actions_of_one_order_run_side_by_side_and_later_ones_after(toys: Toys) -> None:
    """Two plans at once take half the time; a check before its apply checks nothing."""
    first = [build(name, "sleep 0.3") for name in ("Left", "Right")]
    execution = toys.make("side-by-side", stage("Build", *first, build("Last", runOrder=2)))

    toys.ended("side-by-side", execution)

    runs = toys.actions("side-by-side", execution)
    assert runs["Right"]["startTime"] < runs["Left"]["lastUpdateTime"]
    assert runs["Last"]["startTime"] >= max(runs[name]["lastUpdateTime"] for name in ("Left", "Right"))


def test_a_variable_without_a_value_fails_the_action(toys: Toys) -> None:
    """An empty commit id in a build's environment would be built as if it were one."""
    variables = '[{"name": "DO", "value": "echo #{Plan.NOBODY_EXPORTS}"}]'
    use = build("Use", configuration={"EnvironmentVariables": variables})
    execution = toys.make("unresolved", stage("Plan", build("Plan", namespace="Plan")), stage("Use", use))

    assert toys.ended("unresolved", execution)["status"] == "Failed"
    error = toys.actions("unresolved", execution)["Use"]["output"]["executionResult"]["errorDetails"]
    assert error["code"] == "UnresolvedVariable" and "#{Plan.NOBODY_EXPORTS}" in error["message"]


def test_a_condition_that_does_not_hold_skips_its_stage_and_goes_on(toys: Toys) -> None:
    """Without changes nobody is asked to approve, and nothing is applied."""
    plan = build("Plan", "CHANGES=no", namespace="Plan")
    skipped = stage("Apply", build("Apply", "exit 9"), **only_if("#{Plan.CHANGES}", "NE", "no"))
    execution = toys.make("skipping", stage("Plan", plan), skipped, stage("After", build("After")))

    assert toys.ended("skipping", execution)["status"] == "Succeeded"
    assert toys.stages("skipping")["Apply"]["latestExecution"]["status"] == "Skipped"
    assert toys.stages("skipping")["Apply"]["beforeEntryConditionState"]["latestExecution"]["status"] == "Failed"
    assert {"After"} <= toys.actions("skipping", execution).keys()
    assert "Apply" not in toys.actions("skipping", execution)
    rules = toys.client.list_rule_executions(pipelineName="skipping")["ruleExecutionDetails"]
    assert [(rule["ruleName"], rule["status"]) for rule in rules] == [("Check", "Failed")]
    assert rules[0]["input"]["resolvedConfiguration"]["Variable"] == "no"


def test_a_condition_that_holds_lets_the_stage_run(toys: Toys) -> None:
    """A stage that is always skipped looks like one that is always fine."""
    plan = build("Plan", "CHANGES=yes", namespace="Plan")
    apply = stage("Apply", build("Apply"), **only_if("#{Plan.CHANGES}", "NE", "no"))
    execution = toys.make("holding", stage("Plan", plan), apply)

    assert toys.ended("holding", execution)["status"] == "Succeeded"
    assert toys.actions("holding", execution)["Apply"]["status"] == "Succeeded"


def test_a_condition_on_an_unknown_variable_fails_and_does_not_skip(toys: Toys) -> None:
    """A build that forgot to export CHANGES must not pass as one without changes."""
    plan = stage("Plan", build("Plan", namespace="Plan"))
    apply = stage("Apply", build("Apply"), **only_if("#{Plan.FORGOTTEN}", "NE", "no"))
    execution = toys.make("forgotten", plan, apply)

    ended = toys.ended("forgotten", execution)

    assert ended["status"] == "Failed" and "#{Plan.FORGOTTEN}" in ended["statusSummary"]
    assert toys.stages("forgotten")["Apply"]["latestExecution"]["status"] == "Failed"


def test_an_output_artifact_that_the_build_did_not_make_fails(toys: Toys) -> None:
    """An empty plan artifact must not reach the apply."""
    empty = build("Plan", "rm -r out", outputArtifacts=[{"name": "plan_x"}])
    execution = toys.make("no-artifact", stage("Plan", empty))

    assert toys.ended("no-artifact", execution)["status"] == "Failed"
    assert toys.actions("no-artifact", execution)["Plan"]["status"] == "Failed"
