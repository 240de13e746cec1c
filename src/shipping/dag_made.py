"""Remove what the DAGs made beside Terraform: the endpoint and its scaling, configurations, models, model versions.

Terraform does not know them, an endpoint costs by the hour, and a package group with versions cannot be deleted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from shipping.endpoint_rest import Endpoint


@dataclass(frozen=True)
class Names:
    """What the DAGs' things of one environment are called, and where they stand."""

    region: str
    prefix: str  # such as `stockcast-dev-`
    endpoint: str
    package_group: str


def names(environment: str, region: str, outputs: Mapping[str, Any]) -> Names:
    """As the outputs tell; a removal that broke off may have lost them, but what they said follows from the name."""
    prefix = f"stockcast-{environment}-"
    return Names(
        region=outputs.get("region", region),
        prefix=prefix,
        endpoint=outputs.get("endpoint", f"{prefix}forecasts"),
        package_group=outputs.get("model_package_group", f"{prefix}lstm"),
    )


def remove(sagemaker: Any, scaling: Any, made: Names) -> list[str]:
    """Delete them in the order in which they depend on each other; returns what was deleted, for people.

    Only names that start with the prefix are touched. A repeat finds nothing and is harmless. `scaling` is a client
    of Application Auto Scaling.
    """
    gone = []
    status = Endpoint(made.endpoint, made.prefix, sagemaker, scaling).await_still("make destroy")
    for target in _scalable_targets(scaling, made.endpoint):
        scaling.deregister_scalable_target(**target)  # before the endpoint: its alarms would stay behind
        gone.append(f"scaling of {target['ResourceId']}")
    if status is not None:
        sagemaker.delete_endpoint(EndpointName=made.endpoint)
        gone.append(f"endpoint {made.endpoint}")
    for name in _named(sagemaker, "list_endpoint_configs", "EndpointConfigs", "EndpointConfigName", made.prefix):
        sagemaker.delete_endpoint_config(EndpointConfigName=name)
        gone.append(f"endpoint configuration {name}")
    for name in _named(sagemaker, "list_models", "Models", "ModelName", made.prefix):
        sagemaker.delete_model(ModelName=name)
        gone.append(f"model {name}")
    for arn in _versions(sagemaker, made.package_group):
        sagemaker.delete_model_package(ModelPackageName=arn)
        gone.append(f"model version {arn}")
    return gone


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
