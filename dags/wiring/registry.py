"""The model registry: read a judgement, register a candidate once, follow its approval."""

import json
from collections.abc import Iterator
from typing import Any

from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.providers.amazon.aws.hooks.sagemaker import SageMakerHook
from airflow.providers.amazon.aws.hooks.sns import SnsHook


def read_evaluation(uri: str) -> dict[str, Any]:
    """evaluation.json as evaluate.py wrote it."""
    bucket, key = S3Hook.parse_s3_url(uri)
    return json.loads(S3Hook(aws_conn_id=None).read_key(key, bucket))


def broken_rules(evaluation: dict[str, Any]) -> list[str]:
    """The rules that a candidate failed, in words. Empty: it may be promoted.

    A verdict that says no without a failed rule, or yes with one, is not believed.
    """
    verdict = evaluation["verdict"]
    broken = [
        f"{rule['rule']} at {rule['horizon']} days: {rule['value']}, limit {rule['limit']}"
        for rule in verdict["rules"]
        if rule["passed"] is not True
    ]
    if (verdict["promote"] is True) != (not broken and bool(verdict["rules"])):
        told = f"promote {verdict['promote']} with {len(verdict['rules'])} rules, {len(broken)} of them failed"
        return [*broken, f"the verdict contradicts itself: {told}"]
    return broken


def tell_refusal(topic: str, evaluation: dict[str, Any], broken: list[str], uri: str) -> None:
    """Publish which rules a candidate failed; a refusal is no error, so nothing else would say it."""
    lines = "\n".join(f"- {rule}" for rule in broken)
    fate = f"{evaluation['model_version']} was refused and not registered; the endpoint is untouched."
    SnsHook(aws_conn_id=None).publish_to_target(
        topic, f"{fate}\n{lines}\n{uri}", subject="Stockcast: candidate model refused"
    )


def origin(evaluation: dict[str, Any]) -> dict[str, str]:
    """What a version was made from, as far as the evaluation tells: hashes of its data and of the feature code."""
    return {name: str(evaluation[name]) for name in ("data_sha256", "feature_version") if name in evaluation}


def find_package(client: Any, group: str, model_data: str) -> str | None:
    """The version that already holds this artefact, if an earlier try registered it."""
    for name in _versions(client, group):
        containers = client.describe_model_package(ModelPackageName=name)["InferenceSpecification"]["Containers"]
        if any(container.get("ModelDataUrl") == model_data for container in containers):
            return name
    return None


def _versions(client: Any, group: str) -> Iterator[str]:
    """Newest first: what a retry looks for is at the top."""
    pages = client.get_paginator("list_model_packages")
    for page in pages.paginate(ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending"):
        yield from (package["ModelPackageArn"] for package in page["ModelPackageSummaryList"])


def register(
    *,
    group: str,
    image: str,
    model_data: str,
    evaluation_uri: str,
    approval: str,
    facts: dict[str, str],
    client: Any = None,
) -> str:
    """Put a candidate into the registry and answer its version's ARN; the same artefact is registered once."""
    client = client or SageMakerHook(aws_conn_id=None).conn
    if known := find_package(client, group, model_data):
        return known
    judgement = {"ContentType": "application/json", "S3Uri": evaluation_uri}
    return client.create_model_package(
        ModelPackageGroupName=group,
        InferenceSpecification={
            "Containers": [{"Image": image, "ModelDataUrl": model_data}],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
        ModelMetrics={"ModelQuality": {"Statistics": judgement}},
        CustomerMetadataProperties=facts,
        ModelApprovalStatus="Approved" if approval == "automatic" else "PendingManualApproval",
    )["ModelPackageArn"]


def approval_of(package: str, client: Any = None) -> str:
    """Approved, Rejected or PendingManualApproval."""
    client = client or SageMakerHook(aws_conn_id=None).conn
    return client.describe_model_package(ModelPackageName=package)["ModelApprovalStatus"]
