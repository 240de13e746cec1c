"""S3 asks for the permissions of the key that objects are encrypted with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import ACCOUNT, Gateway, policy

EVERYTHING_IN_S3 = ("s3:*", "*")


@pytest.fixture(scope="module")
def key(gateway: Gateway, s3: Any) -> Iterator[str]:
    """A key that this account's policies decide on, and the bucket `secret` under it; the key's ARN."""
    allow = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    made = gateway.client("kms").create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    arn = made["KeyMetadata"]["Arn"]
    s3.create_bucket(Bucket="secret")
    by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn}
    rules = [{"ApplyServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": True}]
    s3.put_bucket_encryption(Bucket="secret", ServerSideEncryptionConfiguration={"Rules": rules})
    yield arn
    s3.delete_bucket_encryption(Bucket="secret")


def test_writing_needs_a_data_key(key: str, make_user: Callable[..., Any], s3: Any) -> None:
    """A job that may write the bucket but not use its key fails on AWS, at its end."""
    without = make_user("no-key", policy(EVERYTHING_IN_S3))("s3")
    allowed = make_user("with-key", policy(EVERYTHING_IN_S3, ("kms:GenerateDataKey", key)))("s3")

    with pytest.raises(ClientError, match="kms:GenerateDataKey on resource: arn:aws:kms") as refused:
        without.put_object(Bucket="secret", Key="a", Body=b"x")
    with pytest.raises(ClientError, match="kms:GenerateDataKey"):
        without.create_multipart_upload(Bucket="secret", Key="a")
    allowed.put_object(Bucket="secret", Key="b", Body=b"x")

    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    assert [found["Key"] for found in s3.list_objects_v2(Bucket="secret")["Contents"]] == ["b"]


def test_reading_needs_decryption(key: str, make_user: Callable[..., Any], s3: Any) -> None:
    """Also for what was written before, under the key it was written with."""
    s3.put_object(Bucket="secret", Key="c", Body=b"seen")
    without = make_user("blindfold", policy(EVERYTHING_IN_S3, ("kms:GenerateDataKey", key)))("s3")
    allowed = make_user("reader", policy(EVERYTHING_IN_S3, ("kms:Decrypt", key)))("s3")

    with pytest.raises(ClientError, match="kms:Decrypt"):
        without.get_object(Bucket="secret", Key="c")

    assert allowed.get_object(Bucket="secret", Key="c")["Body"].read() == b"seen"


def test_a_grant_on_a_folder_s_own_key_is_honoured(make_user: Callable[..., Any], s3: Any) -> None:
    """Airflow looks at `bars/` before a training; the emulator would ask about `bars` and refuse."""
    s3.create_bucket(Bucket="folders")
    s3.put_object(Bucket="folders", Key="bars/", Body=b"")
    reader = make_user("folder-reader", policy(("s3:GetObject", "arn:aws:s3:::folders/bars/")))("s3")

    found = reader.head_object(Bucket="folders", Key="bars/")
    with pytest.raises(ClientError, match="403"):
        reader.head_object(Bucket="folders", Key="bars")

    assert found["ContentLength"] == 0


def test_an_object_that_comes_in_parts_keeps_its_tags(s3: Any) -> None:
    """A function's zip of 180 MB does, and Terraform would add them again in every plan."""
    begun = s3.create_multipart_upload(Bucket="lake", Key="parts.zip", Tagging="Project=toys&Owner=me")
    named = {"Bucket": "lake", "Key": "parts.zip", "UploadId": begun["UploadId"]}
    etag = s3.upload_part(**named, PartNumber=1, Body=b"one")["ETag"]
    s3.complete_multipart_upload(**named, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})

    tags = s3.get_object_tagging(Bucket="lake", Key="parts.zip")["TagSet"]

    assert {tag["Key"]: tag["Value"] for tag in tags} == {"Project": "toys", "Owner": "me"}
