"""Pipelines are kept as they were declared, and refused where AWS would refuse them."""

from __future__ import annotations

import copy
import json
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localaws.codepipeline.toys import Body, Toys, approval, build, kind, only_if, stage
from tests.localaws.helpers import ACCOUNT, REGION, policy

Change = Callable[[Body], Any]


def test_a_pipeline_is_described_as_it_was_declared(toys: Toys) -> None:
    """Terraform compares every field, and plans a change for each that was lost."""
    trigger = {
        "providerType": "CodeStarSourceConnection",
        "gitConfiguration": {"sourceActionName": "Repository", "push": [{"branches": {"includes": ["main"]}}]},
    }
    ask = stage("Ask", approval(CustomData="#{Plan.CHANGES}"), **only_if("#{Plan.CHANGES}", "NE", "no"))
    stages = (stage("Plan", build("Plan", namespace="Plan")), ask)
    variables = [{"name": "FORCE", "defaultValue": "no"}]
    declared = toys.declared("described", *stages, triggers=[trigger], variables=variables)

    toys.client.create_pipeline(pipeline=declared, tags=[{"key": "Project", "value": "toys"}])

    found = toys.client.get_pipeline(name="described")
    assert found["metadata"]["pipelineArn"] == f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:described"
    assert found["pipeline"]["version"] == 1
    for field in ("triggers", "variables", "executionMode", "artifactStore", "roleArn"):
        assert found["pipeline"][field] == declared[field]
    assert found["pipeline"]["stages"][2]["beforeEntry"]["conditions"][0]["rules"][0]["configuration"]["Value"] == "no"
    assert found["pipeline"]["stages"][1]["actions"][0]["runOrder"] == 1
    tags = toys.client.list_tags_for_resource(resourceArn=found["metadata"]["pipelineArn"])["tags"]
    assert tags == [{"key": "Project", "value": "toys"}]


def test_an_update_is_a_new_version_and_tags_come_and_go(toys: Toys) -> None:
    toys.make("updated", stage("Ask", approval()))
    arn = toys.client.get_pipeline(name="updated")["metadata"]["pipelineArn"]

    toys.client.update_pipeline(pipeline=toys.declared("updated", stage("Other", approval())))
    toys.client.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}])
    toys.client.untag_resource(resourceArn=arn, tagKeys=["a"])

    found = toys.client.get_pipeline(name="updated")["pipeline"]
    assert (found["version"], found["stages"][1]["name"]) == (2, "Other")
    assert toys.client.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "b", "value": "2"}]
    assert "updated" in [one["name"] for one in toys.client.list_pipelines()["pipelines"]]
    with pytest.raises(ClientError, match="PipelineNameInUseException"):
        toys.make("updated", stage("Ask", approval()))
    with pytest.raises(ClientError, match="PipelineNotFoundException"):
        toys.client.update_pipeline(pipeline=toys.declared("never-made", stage("Ask", approval())))


def _action(pipeline: Body) -> Body:
    found: Body = pipeline["stages"][1]["actions"][0]
    return found


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda p: _action(p).update(actionTypeId=kind("Deploy", "S3")), "does not run Deploy/S3.*it runs Source/Code"),
        (lambda p: _action(p).update(actionTypeId=kind("Build", "Jenkins")), "does not run Build/Jenkins"),
        (lambda p: _action(p).update(inputArtifacts=[{"name": "typo"}]), "typo in action Build is not declared"),
        (lambda p: _action(p)["configuration"].pop("ProjectName"), "missing required configuration 'ProjectName'"),
        (lambda p: _action(p)["configuration"].update(Colour="red"), "unknown configuration 'Colour'"),
        (lambda p: _action(p)["configuration"].update(EnvironmentVariables="{"), "EnvironmentVariables of action"),
        (lambda p: _action(p).update(inputArtifacts=[]), "takes 1 to 5"),
        (lambda p: _action(p).update(outputArtifacts=[{"name": "source"}]), "source is used twice"),
        (lambda p: _action(p).update(namespace="SourceVariables"), "SourceVariables must be unique"),
        (lambda p: _action(p).update(roleArn=p["roleArn"]), "does not serve roleArn"),
        (lambda p: _action(p)["configuration"].update(ProjectName="#{Plan.X}"), "the namespace Plan, which no action"),
        (lambda p: p["stages"].append(copy.deepcopy(p["stages"][1])), "Stage name Build is used more than once"),
        (lambda p: p["stages"][1]["actions"].append(_action(p)), "Action name Build is used more than once"),
        (lambda p: p["stages"].pop(1), "has 2 to 50 stages; this one has 1"),
        (lambda p: p["stages"].reverse(), "start with a stage that only contains source"),
        (lambda p: p["stages"][1].update(onFailure={"result": "ROLLBACK"}), "onFailure of stage Build"),
        (lambda p: p["stages"][1].update(only_if("a", "LT", "b")), "Operator LT; use one of EQ"),
        (lambda p: p["stages"][1].update(only_if("a", "EQ", "b", "RETRY")), "result RETRY; use SKIP or FAIL"),
        (lambda p: p.update(pipelineType="V1"), "need pipelineType V2"),
        (lambda p: p.pop("artifactStore"), "artifactStore is missing"),
        (lambda p: p.update(roleArn="arn:aws:iam::123456789012:role/nobody"), "not authorized to perform AssumeRole"),
        (lambda p: p.update(name="with spaces"), "regular expression pattern"),
        (
            lambda p: p.update(triggers=[{"providerType": "CodeStarSourceConnection",
                                          "gitConfiguration": {"sourceActionName": "Typo"}}]),
            "names the source action Typo; there is Repository",
        ),
    ],
)  # fmt: skip
def test_what_could_not_run_is_refused_with_its_reason(toys: Toys, change: Change, words: str) -> None:
    """The plan's mistake is found at apply, not by the first push."""
    declared = toys.declared("refused", stage("Build", build("Build")))
    change(declared)

    with pytest.raises(ClientError, match=words):
        toys.client.create_pipeline(pipeline=declared)

    with pytest.raises(ClientError, match="PipelineNotFoundException"):
        toys.client.get_pipeline(name="refused")


def test_a_role_that_trusts_another_service_is_refused(toys: Toys, make_role: Callable[..., str]) -> None:
    """The trust policy of the builds' role, taken by mistake."""
    role = make_role("trusts-codebuild", None, "codebuild.amazonaws.com")

    with pytest.raises(ClientError, match="not authorized to perform AssumeRole"):
        toys.make("untrusted", stage("Ask", approval()), roleArn=role)


def test_only_who_may_pass_the_role_makes_a_pipeline(toys: Toys, make_user: Callable[..., Any]) -> None:
    """A pipeline with a stronger role would be a way to that role's rights."""
    client = make_user("piper", policy(("codepipeline:*", "*")))("codepipeline")

    with pytest.raises(ClientError, match="iam:PassRole"):
        client.create_pipeline(pipeline=toys.declared("smuggled", stage("Ask", approval())))


def test_an_approval_is_allowed_by_its_own_resource(toys: Toys, make_user: Callable[..., Any]) -> None:
    """Who may approve dev must not thereby approve prod."""
    toys.make("guarded", stage("Ask", approval()))
    token, arn = toys.token("guarded"), f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:guarded"
    answer = {
        "pipelineName": "guarded", "stageName": "Ask", "actionName": "Ask", "token": token,
        "result": {"status": "Approved", "summary": ""},
    }  # fmt: skip
    other = make_user("approves-others", policy(("codepipeline:PutApprovalResult", f"{arn}/Other/*")))
    right = make_user("approves-this", policy(("codepipeline:PutApprovalResult", f"{arn}/Ask/Ask")))

    with pytest.raises(ClientError, match="AccessDenied"):
        other("codepipeline").put_approval_result(**answer)
    assert right("codepipeline").put_approval_result(**answer)["approvedAt"]


def test_pipeline_variables_reach_actions_and_are_checked(toys: Toys) -> None:
    configuration = {"EnvironmentVariables": '[{"name": "SEEN", "value": "#{variables.WHO}"}]'}
    look = build("Look", namespace="Look", configuration=configuration)
    variables = [{"name": "WHO", "defaultValue": "nobody"}]
    toys.ended("greeting", toys.make("greeting", stage("Look", look), variables=variables))

    with pytest.raises(ClientError, match="declares no variable WHAT"):
        toys.client.start_pipeline_execution(name="greeting", variables=[{"name": "WHAT", "value": "x"}])
    started = toys.client.start_pipeline_execution(name="greeting", variables=[{"name": "WHO", "value": "you"}])

    execution = started["pipelineExecutionId"]
    toys.ended("greeting", execution)
    assert toys.actions("greeting", execution)["Look"]["output"]["outputVariables"]["SEEN"] == "you"


def test_pipelines_are_told_by_the_inventory(toys: Toys) -> None:
    """What a destroy left behind must be seen."""
    toys.make("listed", stage("Ask", approval()))

    with urllib.request.urlopen(f"{toys.gateway.url}/_localaws/inventory", timeout=10) as answer:
        assert "listed" in json.load(answer)["codepipeline"]["pipelines"]
