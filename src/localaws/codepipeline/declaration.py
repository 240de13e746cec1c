"""A pipeline as it was declared: filled up as AWS does, and refused where AWS would refuse it."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from localaws.codepipeline import kinds
from localaws.codepipeline.conditions import COMPARISONS, RESULTS, RULE
from localaws.codepipeline.variables import OF_THE_PIPELINE, namespaces_in
from localaws.gateway.actions import Body
from localaws.gateway.messages import ServiceError

MOST_STAGES, MOST_ACTIONS = 50, 50  # stages of a pipeline, actions of a stage
DEFAULTS: Body = {"executionMode": "SUPERSEDED", "pipelineType": "V1"}
ACTION_DEFAULTS: Body = {"runOrder": 1, "configuration": {}, "inputArtifacts": [], "outputArtifacts": []}
RULE_DEFAULTS: Body = {"configuration": {}, "inputArtifacts": []}


def filled(given: Body) -> Body:
    """With what AWS adds when a field is left out."""
    pipeline: Body = {**DEFAULTS, **copy.deepcopy(given)}
    for stage in pipeline["stages"]:
        stage["actions"] = [{**copy.deepcopy(ACTION_DEFAULTS), **action} for action in stage["actions"]]
        for condition in (stage.get("beforeEntry") or {}).get("conditions") or []:
            condition["rules"] = [{**copy.deepcopy(RULE_DEFAULTS), **rule} for rule in condition.get("rules") or []]
    return pipeline


def actions_of(pipeline: Body) -> Iterator[tuple[str, Body]]:
    """Every action with its stage's name, in the order in which they may run."""
    for stage in pipeline["stages"]:
        for action in sorted(stage["actions"], key=lambda one: one["runOrder"]):
            yield stage["name"], action


def sources(pipeline: Body) -> list[Body]:
    """Its source actions."""
    return [action for _, action in actions_of(pipeline) if action["actionTypeId"]["category"] == "Source"]


def check(pipeline: Body, region: str) -> None:
    """Raise for a pipeline that AWS, or the embedded AWS, could not run."""
    _check_stages(pipeline["stages"])
    _check_store(pipeline)
    for name, action in actions_of(pipeline):
        if found := list(kinds.problems(action)):
            raise _bad_action(f"{found[0]} (stage {name})")
        if action.get("region") not in (None, region):
            raise _unsupported(f"action {action['name']} in {action['region']}", f"runs actions in {region} only")
    _check_artifacts(pipeline)
    _check_namespaces(pipeline)
    for stage in pipeline["stages"]:
        _check_conditions(stage)
    _check_v2(pipeline)


def _check_stages(stages: list[Body]) -> None:
    if not 2 <= len(stages) <= MOST_STAGES:
        raise _bad_structure(f"A pipeline has 2 to {MOST_STAGES} stages; this one has {len(stages)}")
    if twice := _twice(stage["name"] for stage in stages):
        raise ServiceError("InvalidStageDeclarationException", f"Stage name {twice} is used more than once")
    for stage in stages:
        if not 1 <= len(stage["actions"]) <= MOST_ACTIONS:
            raise _bad_stage(
                f"Stage {stage['name']} has {len(stage['actions'])} actions; 1 to {MOST_ACTIONS} are allowed"
            )
        if twice := _twice(action["name"] for action in stage["actions"]):
            raise _bad_stage(f"Action name {twice} is used more than once in stage {stage['name']}")
        if stage.get("blockers"):
            raise ServiceError("InvalidBlockerDeclarationException", f"Stage {stage['name']}: blockers are reserved")
    for number, stage in enumerate(stages):
        categories = {action["actionTypeId"]["category"] == "Source" for action in stage["actions"]}
        if categories != {number == 0}:
            raise _bad_structure(
                "Pipeline should start with a stage that only contains source actions, and no other may"
            )


def _check_store(pipeline: Body) -> None:
    if pipeline.get("artifactStores"):
        raise _unsupported("artifactStores of several regions", "takes one artifactStore")
    if not pipeline.get("artifactStore"):
        raise _bad_structure("The artifactStore is missing")


def _check_artifacts(pipeline: Body) -> None:
    """An artifact is made once, and before it is used. Actions of the same order run at once, so they share none."""
    made: list[str] = []
    for stage in pipeline["stages"]:
        for order in sorted({action["runOrder"] for action in stage["actions"]}):
            now = [action for action in stage["actions"] if action["runOrder"] == order]
            for action in now:
                for artifact in action["inputArtifacts"]:
                    if artifact["name"] not in made:
                        raise _bad_action(
                            f"Input Artifact Bundle {artifact['name']} in action {action['name']} is not declared as "
                            "Output Artifact Bundle in any of the preceding actions"
                        )
            made += [artifact["name"] for action in now for artifact in action["outputArtifacts"]]
    if twice := _twice(made):
        raise _bad_structure(f"Output Artifact Bundle name must be unique within the pipeline. {twice} is used twice")


def _check_namespaces(pipeline: Body) -> None:
    """A variable can be used after the action that puts it out; a slip in the name would fail the action only then."""
    declared = [action["namespace"] for _, action in actions_of(pipeline) if action.get("namespace")]
    if twice := _twice(declared) or next((name for name in declared if name in OF_THE_PIPELINE), None):
        raise _bad_action(
            f"Namespace {twice} must be unique within the pipeline, and none of {', '.join(OF_THE_PIPELINE)}"
        )
    known = set(OF_THE_PIPELINE)
    for stage in pipeline["stages"]:
        for condition in (stage.get("beforeEntry") or {}).get("conditions") or []:
            for rule in condition["rules"]:
                _check_known(rule, known, f"rule {rule['name']} of stage {stage['name']}")
        for _, action in actions_of({"stages": [stage]}):
            _check_known(action, known, f"action {action['name']} of stage {stage['name']}")
            known |= {action["namespace"]} if action.get("namespace") else set()


def _check_known(part: Body, known: set[str], where: str) -> None:
    for key, value in part["configuration"].items():
        if missing := namespaces_in(value) - known:
            raise _bad_action(
                f"{key} of {where} uses the namespace {sorted(missing)[0]}, which no action before it has; known are "
                f"{', '.join(sorted(known))}"
            )


def _check_conditions(stage: Body) -> None:
    for field in ("onSuccess", "onFailure"):
        if stage.get(field):
            raise _unsupported(f"{field} of stage {stage['name']}", "judges beforeEntry only")
    for condition in (stage.get("beforeEntry") or {}).get("conditions") or []:
        result = condition.get("result")
        if result not in RESULTS:
            raise _bad_stage(
                f"beforeEntry of stage {stage['name']} has the result {result}; use {' or '.join(RESULTS)}"
            )
        if not condition["rules"]:
            raise _bad_stage(f"beforeEntry of stage {stage['name']} has no rule")
        for rule in condition["rules"]:
            _check_rule(rule, stage["name"])


def _check_rule(rule: Body, stage: str) -> None:
    kind, given = rule["ruleTypeId"], rule["configuration"]
    if (kind["category"], kind["provider"]) != RULE:
        raise _unsupported(f"the rule {kind['provider']} (stage {stage})", f"knows the rule {RULE[1]} only")
    if missing := [key for key in ("Variable", "Value", "Operator") if not given.get(key)]:
        raise _bad_stage(f"Rule {rule['name']} of stage {stage} lacks {', '.join(missing)}")
    if given["Operator"] not in COMPARISONS:
        raise _bad_stage(f"Rule {rule['name']} of stage {stage} has the Operator {given['Operator']}; use one of "
                         f"{', '.join(COMPARISONS)}")  # fmt: skip


def _check_v2(pipeline: Body) -> None:
    """Triggers, variables, conditions and two of the modes came with V2; a trigger belongs to one source action."""
    conditional = any(stage.get("beforeEntry") for stage in pipeline["stages"])
    newer = pipeline.get("triggers") or pipeline.get("variables") or conditional
    if pipeline["pipelineType"] != "V2" and (newer or pipeline["executionMode"] != "SUPERSEDED"):
        raise _bad_structure(
            "Triggers, variables, conditions and the execution modes QUEUED and PARALLEL need pipelineType V2"
        )
    if twice := _twice(variable["name"] for variable in pipeline.get("variables") or []):
        raise _bad_structure(f"The variable {twice} is declared twice")
    named = [trigger["gitConfiguration"]["sourceActionName"] for trigger in pipeline.get("triggers") or []]
    names = [action["name"] for action in sources(pipeline)]
    if unknown := [name for name in named if name not in names]:
        raise _bad_structure(f"A trigger names the source action {unknown[0]}; there is {', '.join(names)}")
    if twice := _twice(named):
        raise _bad_structure(f"The source action {twice} has more than one trigger")


def _twice(names: Iterable[Any]) -> str | None:
    return next((str(name) for name, times in Counter(names).items() if times > 1), None)


def _bad_structure(message: str) -> ServiceError:
    return ServiceError("InvalidStructureException", message)


def _bad_stage(message: str) -> ServiceError:
    return ServiceError("InvalidStageDeclarationException", message)


def _bad_action(message: str) -> ServiceError:
    return ServiceError("InvalidActionDeclarationException", message)


def _unsupported(what: str, instead: str) -> ServiceError:
    return ServiceError("UnsupportedOperationException", f"No {what} here: the embedded CodePipeline {instead}.")
