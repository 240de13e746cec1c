"""Keys for disks and outputs: they must stand, fit the machine, and be open to whom AWS asks.

A disk's key is lent to the machine by a grant. For a job its role makes that grant, or else whoever asks for the job;
for an endpoint always whoever asks for it.
"""

from __future__ import annotations

import re
from typing import Any

from ministack.services import kms

from localaws.gateway.caller import Caller
from localaws.gateway.messages import ServiceError
from localaws.sagemaker.place import Place
from localaws.sagemaker.rights import role_may

OWN_DISK = re.compile(r"ml\.([cmr]\d+[a-z]*d[a-z]*|g[4-9][a-z]*|p3dn|p[4-9][a-z]*|trn\d[a-z]*)\.")
FOR_AWS = {"kms:GrantIsForAWSResource": "true"}


def check_job_disk(cluster: dict[str, Any], role_arn: str, source_arn: str, caller: Caller, place: Place) -> None:
    """Refuse a job whose machine could not have its disk encrypted."""
    key = cluster.get("VolumeKmsKeyId")
    if not key:
        return
    _refuse_own_disk("VolumeKmsKeyId", cluster["InstanceType"])
    arn = arn_of(key)
    for action, keys in (("kms:DescribeKey", {}), ("kms:CreateGrant", FOR_AWS)):
        if not role_may(place, role_arn, source_arn, action, arn, keys):
            caller.require(action, arn, keys)


def check_job_output(key: str | None, role_arn: str, source_arn: str, place: Place) -> None:
    """Refuse a job that could not encrypt what it writes."""
    if not key:
        return
    arn = arn_of(key)
    for action in ("kms:Encrypt", "kms:GenerateDataKey"):
        if not role_may(place, role_arn, source_arn, action, arn):
            raise ServiceError(
                "ValidationException",
                f"The role {role_arn} must be allowed {action} on {arn} to encrypt the output of {source_arn}.",
            )


def check_endpoint_config(config: dict[str, Any], caller: Caller) -> None:
    """Refuse a key that is not there, or for machines that take none."""
    key = config.get("KmsKeyId")
    if not key:
        return
    for variant in config["ProductionVariants"]:
        _refuse_own_disk("KmsKeyId", variant.get("InstanceType") or "")
    caller.require("kms:DescribeKey", arn_of(key))


def check_endpoint(config: dict[str, Any], caller: Caller) -> None:
    """Refuse an endpoint whose machines the caller may not lend the key to."""
    if key := config.get("KmsKeyId"):
        caller.require("kms:CreateGrant", arn_of(key), FOR_AWS)


def arn_of(key: str) -> str:
    """The ARN of an enabled key, by its ARN, id or alias."""
    found = kms._resolve_key(key)
    if found is None:
        raise ServiceError("ValidationException", f"The KMS key {key} does not exist in this account and region.")
    if found.get("KeyState") != "Enabled":
        raise ServiceError("ValidationException", f"The KMS key {key} is {found.get('KeyState')}; it must be Enabled.")
    return str(found["Arn"])


def _refuse_own_disk(parameter: str, instance_type: str) -> None:
    if OWN_DISK.match(instance_type):
        raise ServiceError(
            "ValidationException",
            f"{parameter} is not supported for instance type {instance_type}, which encrypts its local disk itself.",
        )
