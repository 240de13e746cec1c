"""Whether a policy lets a request through, as IAM would decide it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shipping.doctor import policies
from shipping.doctor.policies import Request

READ = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::lake/*"}
A = "arn:aws:s3:::lake/a"
BY_TLS = {"Bool": {"aws:SecureTransport": "true"}}


def allows(request: Request, *statements: dict[str, Any]) -> bool:
    return policies.allows(policies.statements(json.dumps({"Statement": list(statements)})), request)


@pytest.mark.parametrize(
    ("statement", "request_", "is_allowed"),
    [
        (READ, Request("s3:GetObject", A), True),
        (READ, Request("S3:getobject", "arn:aws:s3:::lake/a"), True),
        (READ, Request("s3:PutObject", "arn:aws:s3:::lake/a"), False),
        (READ, Request("s3:GetObject", "arn:aws:s3:::other/a"), False),
        ({**READ, "Resource": "arn:aws:s3:::lak?/*"}, Request("s3:GetObject", A), True),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, Request("s3:GetObject"), True),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, Request("iam:GetRole"), False),
        ({"Effect": "Allow", "Action": "kms:*", "NotResource": "arn:aws:kms:*:1:key/*"},
         Request("kms:Decrypt", "arn:aws:kms:r:2:key/a"), True),
        ({"Effect": "Allow", "Action": "kms:*", "NotResource": "arn:aws:kms:*:1:key/*"},
         Request("kms:Decrypt", "arn:aws:kms:r:1:key/a"), False),
        ({**READ, "Condition": BY_TLS}, Request("s3:GetObject", A), False),
        ({**READ, "Condition": BY_TLS},
         Request("s3:GetObject", A, {"aws:SecureTransport": "true"}), True),
        ({**READ, "Condition": {"StringEquals": {"k": ["a", "b"]}}}, Request("s3:GetObject", A, {"K": "b"}), True),
        ({**READ, "Condition": {"StringLike": {"k": "a*"}}}, Request("s3:GetObject", A, {"k": "b"}), False),
        ({**READ, "Condition": {"StringNotEquals": {"k": "a"}}}, Request("s3:GetObject", A), True),
        ({**READ, "Condition": {"StringEqualsIfExists": {"k": "a"}}}, Request("s3:GetObject", A), True),
        ({**READ, "Condition": {"Null": {"k": "true"}}}, Request("s3:GetObject", A), True),
        ({**READ, "Principal": {"Service": "x.amazonaws.com"}},
         Request("s3:GetObject", A, {}, "y.amazonaws.com"), False),
        ({**READ, "Principal": "*"}, Request("s3:GetObject", A, {}, "y.amazonaws.com"), True),
    ],
)  # fmt: skip
def test_a_statement_means_what_iam_takes_it_for(
    statement: dict[str, Any], request_: Request, is_allowed: bool
) -> None:
    """A check that reads policies otherwise than IAM proves nothing."""
    assert allows(request_, statement) is is_allowed


def test_a_denial_wins() -> None:
    """Whatever else is allowed."""
    assert not allows(Request("s3:GetObject", A), READ, {**READ, "Effect": "Deny"})
