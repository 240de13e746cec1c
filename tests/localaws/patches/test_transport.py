"""The plain port stands for endpoints that speak TLS only."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from tests.localaws.helpers import Gateway, role_client


def test_a_policy_that_denies_plain_http_lets_roles_in(gateway: Gateway, job_role: str, s3: Any) -> None:
    """Every bucket of the lake has such a policy; on AWS it denies nobody who uses an SDK."""
    both = ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"]
    deny = {
        "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": both,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }  # fmt: skip
    s3.put_object(Bucket="lake", Key="over-tls", Body=b"x")
    s3.put_bucket_policy(Bucket="lake", Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    client = role_client(gateway, job_role, "s3")

    body = client.get_object(Bucket="lake", Key="over-tls")["Body"].read()
    link = client.generate_presigned_url("get_object", Params={"Bucket": "lake", "Key": "over-tls"})
    with urllib.request.urlopen(link, timeout=10) as answer:
        linked = answer.read()
    s3.delete_bucket_policy(Bucket="lake")

    assert body == linked == b"x"
