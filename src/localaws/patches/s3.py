"""S3: objects under a KMS key need the key's permissions, a key's last slash belongs to it, large objects keep tags.

A role without kms:Decrypt would read here and fail on AWS: the grant that is forgotten most often after iam:PassRole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

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
    replace(s3, "_complete_multipart_upload", _complete_multipart_upload)
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
    refused = _refused_write(bucket, key, headers)
    if refused:
        return refused
    answer = old(bucket, key, headers)
    upload = re.search(rb"<UploadId>(.*?)</UploadId>", answer[2])
    if upload and headers.get("x-amz-tagging"):
        s3._multipart_uploads[upload[1].decode()]["tagging"] = headers["x-amz-tagging"]
    return answer


def _complete_multipart_upload(
    old: Callable[..., Any], bucket: str, key: str, body: bytes, query: Any, headers: Any = None
) -> Any:
    """The emulator forgets the tags that the upload began with: Terraform would add them in every plan."""
    upload = s3._multipart_uploads.get(s3._qp(query, "uploadId")) or {}
    answer = old(bucket, key, body, query, headers)
    if answer[0] == 200 and "tagging" in upload:
        version = answer[1].get("x-amz-version-id")
        s3._object_tags[(bucket, key, version)] = dict(parse_qsl(upload["tagging"], keep_blank_values=True))
    return answer


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
