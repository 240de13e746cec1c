"""S3: objects under a KMS key need the key's permissions, and a key's last slash belongs to it.

A role without kms:Decrypt would read here and fail on AWS: the grant that is forgotten most often after iam:PassRole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ministack.core import iam_actions
from ministack.core.iam_actions import identity_denial_message
from ministack.core.iam_evaluator import AuthError, enforce
from ministack.core.responses import get_region
from ministack.core.router import extract_access_key_id
from ministack.services import kms, s3

from localaws.patches.replace import replace

KEY_HEADER = "x-amz-server-side-encryption-aws-kms-key-id"


def apply() -> None:
    """Ask for kms:GenerateDataKey when an object is written, for kms:Decrypt when it is read."""
    replace(s3, "_put_object", _put_object)
    replace(s3, "_create_multipart_upload", _create_multipart_upload)
    replace(s3, "_get_object", _get_object)
    replace(iam_actions, "extract_resource_arn", _whole_key)


def _whole_key(old: Callable[..., str], service: str, method: str, path: str, *rest: Any) -> str:
    """The emulator asks about `bucket/bars` when a client asks for `bucket/bars/`."""
    arn = old(service, method, path, *rest)
    is_folder = service == "s3" and path.endswith("/") and len([part for part in path.split("/") if part]) > 1
    return f"{arn}/" if is_folder and not arn.endswith("/") else arn


def _put_object(old: Callable[..., Any], bucket: str, key: str, body: bytes, headers: Mapping[str, str]) -> Any:
    return _refused_write(bucket, key, headers) or old(bucket, key, body, headers)


def _create_multipart_upload(old: Callable[..., Any], bucket: str, key: str, headers: Mapping[str, str]) -> Any:
    return _refused_write(bucket, key, headers) or old(bucket, key, headers)


def _get_object(old: Callable[..., Any], bucket: str, key: str, headers: Mapping[str, str], query: Any = None) -> Any:
    answer = old(bucket, key, headers, query)
    return _refused("kms:Decrypt", answer[1].get(KEY_HEADER), key, headers, query) or answer


def _refused_write(bucket: str, key: str, headers: Mapping[str, str]) -> Any:
    encryption, mistake = s3._resolve_sse_write_headers(headers, bucket)
    if mistake:
        return None  # the emulator's own answer tells it
    return _refused("kms:GenerateDataKey", encryption.get(KEY_HEADER), key, headers, None)


def _refused(action: str, kms_key: str | None, key: str, headers: Mapping[str, str], query: Any) -> Any:
    """S3's answer to a caller without this permission on the key, or None. Calls of the emulator itself are root's."""
    if not kms_key:
        return None
    arn = (kms._resolve_key(kms_key) or {}).get("Arn", kms_key)
    context = {"kms:ViaService": f"s3.{get_region()}.amazonaws.com"}
    denied = enforce(extract_access_key_id(headers, query or {}), action, "kms", get_region(), arn, context)
    if denied is None:
        return None
    if isinstance(denied, AuthError):
        return s3._error(denied.code, denied.message, 403, key)
    message = identity_denial_message(action, denied.principal_arn, arn, denied.decision == "Deny")
    return s3._error("AccessDenied", message, 403, key)
