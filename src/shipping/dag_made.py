"""Remove what the DAGs made beside Terraform: the endpoint and its scaling, configurations, models, model versions.

Terraform does not know them, an endpoint costs by the hour, and a package group with versions cannot be deleted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError


def remove(sagemaker: Any, prefix: str, endpoint: str, package_group: str, scaling: Any = None) -> list[str]:
    """Delete them in the order in which they depend on each other; returns what was deleted, for people.

    Only names that start with `prefix`, such as `stockcast-dev-`, are touched. A repeat finds nothing and is harmless.
    `scaling` is a client of Application Auto Scaling; without one, AWS is left to notice that the endpoint has gone.
    """
    gone = []
    for target in _scalable_targets(scaling, endpoint) if scaling else ():
        scaling.deregister_scalable_target(**target)  # before the endpoint: its alarms would stay behind
        gone.append(f"scaling of {target['ResourceId']}")
    if _exists(sagemaker, endpoint):
        sagemaker.delete_endpoint(EndpointName=endpoint)
        gone.append(f"endpoint {endpoint}")
    for name in _named(sagemaker, "list_endpoint_configs", "EndpointConfigs", "EndpointConfigName", prefix):
        sagemaker.delete_endpoint_config(EndpointConfigName=name)
        gone.append(f"endpoint configuration {name}")
    for name in _named(sagemaker, "list_models", "Models", "ModelName", prefix):
        sagemaker.delete_model(ModelName=name)
        gone.append(f"model {name}")
    for arn in _versions(sagemaker, package_group):
        sagemaker.delete_model_package(ModelPackageName=arn)
        gone.append(f"model version {arn}")
    return gone


def _exists(sagemaker: Any, endpoint: str) -> bool:
    try:
        sagemaker.describe_endpoint(EndpointName=endpoint)
    except ClientError as problem:
        if problem.response["Error"]["Message"].startswith("Could not find endpoint"):
            return False
        raise
    return True


def _scalable_targets(scaling: Any, endpoint: str) -> list[dict[str, str]]:
    """Found by the endpoint's name alone, for the endpoint itself may be gone already."""
    identity = ("ServiceNamespace", "ResourceId", "ScalableDimension")
    pages = scaling.get_paginator("describe_scalable_targets").paginate(ServiceNamespace="sagemaker")
    found = [{key: target[key] for key in identity} for page in pages for target in page["ScalableTargets"]]
    return [target for target in found if target["ResourceId"].startswith(f"endpoint/{endpoint}/variant/")]


def _named(sagemaker: Any, operation: str, list_key: str, name_key: str, prefix: str) -> Iterator[str]:
    pages = sagemaker.get_paginator(operation).paginate(NameContains=prefix)
    found = [entry[name_key] for page in pages for entry in page[list_key]]
    yield from (name for name in found if name.startswith(prefix))


def _versions(sagemaker: Any, group: str) -> list[str]:
    try:
        pages = sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=group)
        return [entry["ModelPackageArn"] for page in pages for entry in page["ModelPackageSummaryList"]]
    except ClientError as problem:
        if "does not exist" in problem.response["Error"]["Message"]:
            return []
        raise
