"""The model registry: read a judgement, register a candidate once, follow its approval."""

import json
from collections.abc import Iterator
from typing import Any

from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.providers.amazon.aws.hooks.sagemaker import SageMakerHook
from airflow.providers.amazon.aws.hooks.sns import SnsHook

ORIGIN = ("data_sha256", "feature_version", "commit", "schema_sha256")  # of evaluation.json


def read_evaluation(uri: str) -> dict[str, Any]:
    """evaluation.json as evaluate.py wrote it."""
    bucket, key = S3Hook.parse_s3_url(uri)
    return json.loads(S3Hook(aws_conn_id=None).read_key(key, bucket))


def broken_rules(evaluation: dict[str, Any]) -> list[str]:
    """The rules that a candidate failed, in words. Empty: it may be promoted.

    A verdict that says no without a failed rule, or yes with one, is not believed.
    """
    verdict = evaluation["verdict"]
    broken = [_in_words(rule) for rule in verdict["rules"] if rule["passed"] is not True]
    if (verdict["promote"] is True) != (not broken and bool(verdict["rules"])):
        told = f"promote {verdict['promote']} with {len(verdict['rules'])} rules, {len(broken)} of them failed"
        return [*broken, f"the verdict contradicts itself: {told}"]
    return broken


def _in_words(rule: dict[str, Any]) -> str:
    """Gate, rule, value, limit, and whom or what it is about. A value of None could not be told, which never passes."""
    where = "" if rule.get("horizon") is None else f" at {rule['horizon']} days"
    note = f" ({rule['note']})" if rule.get("note") else ""
    return f"{rule['gate']} {rule['rule']}{where}: {rule['value']}, limit {rule['limit']}{note}"


def tell_refusal(topic: str, evaluation: dict[str, Any], broken: list[str], uri: str) -> None:
    """Publish which rules a candidate failed; a refusal is no error, so nothing else would say it."""
    lines = "\n".join(f"- {rule}" for rule in broken)
    fate = f"{evaluation['model_version']} was refused and not registered; the endpoint is untouched."
    SnsHook(aws_conn_id=None).publish_to_target(
        topic, f"{fate}\n{lines}\n{uri}", subject="Stockcast: candidate model refused"
    )


def origin(evaluation: dict[str, Any]) -> dict[str, str]:
    """What a version was made from, as far as the evaluation tells: data, feature code, commit, and what it speaks."""
    return {name: str(evaluation[name]) for name in ORIGIN if name in evaluation}


def find_package(client: Any, group: str, model_data: str) -> str | None:
    """The version that already holds this artefact, if an earlier try registered it."""
    held = (name for name, version in _versions(client, group) if model_data_of(version) == model_data)
    return next(held, None)


def version_of(client: Any, group: str, training_job: str) -> dict[str, Any] | None:
    """The version that holds what a training job made, as SageMaker describes it."""
    made = (version for _, version in _versions(client, group) if _facts(version).get("training_job") == training_job)
    return next(made, None)


def model_data_of(version: dict[str, Any]) -> str:
    """Where its artefact lies; empty for a version that somebody registered without one."""
    containers = version.get("InferenceSpecification", {}).get("Containers") or [{}]
    return containers[0].get("ModelDataUrl", "")


def _facts(version: dict[str, Any]) -> dict[str, str]:
    return version.get("CustomerMetadataProperties") or {}


def _versions(client: Any, group: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and description, newest first: what a retry looks for is at the top."""
    pages = client.get_paginator("list_model_packages")
    for page in pages.paginate(ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending"):
        for package in page["ModelPackageSummaryList"]:
            yield package["ModelPackageArn"], client.describe_model_package(ModelPackageName=package["ModelPackageArn"])


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
