"""The kinds of action that run here, and what each must be given."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from localaws.codepipeline.variables import REFERENCE
from localaws.gateway.messages import ServiceError

WEEK_MINUTES = 7 * 24 * 60  # how long an approval waits
VARIABLE_TYPES = ("PLAINTEXT", "PARAMETER_STORE", "SECRETS_MANAGER")


@dataclass(frozen=True)
class Kind:
    """The number of artifacts goes from the first to the second figure."""

    category: str
    provider: str
    needed: tuple[str, ...]
    optional: tuple[str, ...]
    inputs: tuple[int, int]
    outputs: tuple[int, int]

    @property
    def name(self) -> str:
        """As it is told to people."""
        return f"{self.category}/{self.provider}"


BUILD_NEEDS, BUILD_TAKES = ("ProjectName",), ("PrimarySource", "EnvironmentVariables")
SOURCE_NEEDS = ("ConnectionArn", "FullRepositoryId", "BranchName")
KINDS = (
    Kind(
        "Source",
        "CodeStarSourceConnection",
        SOURCE_NEEDS,
        ("DetectChanges", "OutputArtifactFormat"),
        (0, 0),
        (1, 1),
    ),
    Kind("Build", "CodeBuild", BUILD_NEEDS, BUILD_TAKES, (1, 5), (0, 1)),
    Kind("Test", "CodeBuild", BUILD_NEEDS, BUILD_TAKES, (1, 5), (0, 1)),
    Kind("Approval", "Manual", (), ("NotificationArn", "CustomData", "ExternalEntityLink"), (0, 0), (0, 0)),
)
BY_TYPE = {(kind.category, kind.provider): kind for kind in KINDS}
NOT_SERVED = ("roleArn", "commands", "environmentVariables", "outputVariables")


def kind_of(action: dict[str, Any]) -> Kind:
    """The kind of a declared action; refused where it cannot run here."""
    kind_id = action["actionTypeId"]
    kind = BY_TYPE.get((kind_id["category"], kind_id["provider"]))
    if kind is None or kind_id["owner"] != "AWS" or kind_id["version"] != "1":
        raise ServiceError(
            "UnsupportedOperationException",
            f"The embedded CodePipeline does not run {kind_id['category']}/{kind_id['provider']} of owner "
            f"{kind_id['owner']}, version {kind_id['version']} (action {action['name']}); it runs "
            f"{', '.join(kind.name for kind in KINDS)} of owner AWS, version 1.",
        )
    if extra := [field for field in NOT_SERVED if action.get(field)]:
        message = (
            f"The embedded CodePipeline does not serve {', '.join(extra)} of action {action['name']}; leave it out."
        )
        raise ServiceError("UnsupportedOperationException", message)
    return kind


def problems(action: dict[str, Any]) -> Iterator[str]:
    """What is wrong with an action in itself."""
    kind, given = kind_of(action), action["configuration"]
    for key in kind.needed:
        if not given.get(key):
            yield f"Action configuration for action '{action['name']}' is missing required configuration '{key}'"
    for key in given:
        if key not in (*kind.needed, *kind.optional):
            yield f"Action configuration for action '{action['name']}' contains unknown configuration '{key}'"
    for what, (least, most) in (("inputArtifacts", kind.inputs), ("outputArtifacts", kind.outputs)):
        if not least <= len(action[what]) <= most:
            yield f"Action '{action['name']}' has {len(action[what])} {what}; {kind.name} takes {least} to {most}"
    if kind.provider == "CodeBuild":
        yield from _problems_of_build(action)
    if given.get("OutputArtifactFormat", "CODE_ZIP") != "CODE_ZIP":
        yield f"Action '{action['name']}' wants {given['OutputArtifactFormat']}; the embedded AWS has CODE_ZIP only"


def _problems_of_build(action: dict[str, Any]) -> Iterator[str]:
    inputs, given = [artifact["name"] for artifact in action["inputArtifacts"]], action["configuration"]
    primary = given.get("PrimarySource")
    if len(inputs) > 1 and primary not in inputs:
        yield (
            f"Action '{action['name']}' has the inputs {', '.join(inputs)}, so PrimarySource must name one of them; it "
            f"is {primary!r}"
        )
    try:
        environment_variables(REFERENCE.sub("resolved later", given.get("EnvironmentVariables", "[]")))
    except ValueError as error:
        yield f"EnvironmentVariables of action '{action['name']}' cannot be read: {error}"


def environment_variables(text: str) -> list[dict[str, str]]:
    """The JSON of a build action's EnvironmentVariables, as StartBuild wants it."""
    given = json.loads(text)
    fits = isinstance(given, list) and all(isinstance(one, dict) and {"name", "value"} <= one.keys() for one in given)
    if not fits:
        raise ValueError(f"{text[:200]} is no JSON list of objects with name and value")
    variables = [{"name": one["name"], "value": one["value"], "type": one.get("type", "PLAINTEXT")} for one in given]
    for one in variables:
        if one["type"] not in VARIABLE_TYPES:
            raise ValueError(f"{one['name']} has the type {one['type']}; use one of {', '.join(VARIABLE_TYPES)}")
    return variables
