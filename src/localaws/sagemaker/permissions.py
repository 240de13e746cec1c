"""Which resources an action is checked on, for the policies of its caller."""

from __future__ import annotations

import re
from typing import Any

from localaws.sagemaker.kinds import ENDPOINT, ENDPOINT_CONFIG, GROUP, KINDS
from localaws.sagemaker.place import Place

VERBS = re.compile(r"^(?:ListTrainingJobsFor|Create|Describe|Delete|Update|Stop|Get|Put)(?P<kind>\w+?)(?:Policy)?$")
BY_NAME = {kind.name: kind for kind in KINDS}


def resources(action: str, asked: dict[str, Any], place: Place) -> list[str]:
    """The ARNs that must all be allowed. List calls know no resource, except those of what one thing holds."""
    if "ResourceArn" in asked:
        return [str(asked["ResourceArn"])]
    if action in ("CreateEndpoint", "UpdateEndpoint"):
        config = place.arn(ENDPOINT_CONFIG.arn_prefix, str(asked.get("EndpointConfigName")))
        return [place.arn(ENDPOINT.arn_prefix, str(asked.get("EndpointName"))), config]
    if action.endswith("ModelPackage"):
        return _of_package(action, asked, place)
    found = VERBS.match(action)
    kind = BY_NAME.get(found["kind"]) if found else None
    if kind and asked.get(kind.name_key):
        return [_arn(kind.arn_prefix, str(asked[kind.name_key]), place)]
    return ["*"]


def _of_package(action: str, asked: dict[str, Any], place: Place) -> list[str]:
    """A new version is checked on the group and on the versions of the group."""
    if action == "CreateModelPackage" and asked.get("ModelPackageGroupName"):
        group = _arn(GROUP.arn_prefix, str(asked["ModelPackageGroupName"]), place)
        return [group, place.arn("model-package", f"{group.rsplit('/', 1)[-1]}/*")]
    name = asked.get("ModelPackageArn") or asked.get("ModelPackageName") or "*"
    return [_arn("model-package", str(name), place)]


def _arn(prefix: str, name_or_arn: str, place: Place) -> str:
    return name_or_arn if name_or_arn.startswith("arn:") else place.arn(prefix, name_or_arn)
