"""SNS asks for the permissions of the key that a topic is encrypted with."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import ACCOUNT, Gateway, policy

PUBLISH = ("sns:Publish", "*")


@pytest.fixture(scope="module")
def key(gateway: Gateway) -> str:
    """A key that this account's policies decide on; its ARN."""
    principal = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    allow = {"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"}
    made = gateway.client("kms").create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": [allow]}))
    arn: str = made["KeyMetadata"]["Arn"]
    return arn


@pytest.fixture(scope="module")
def topic(gateway: Gateway, key: str) -> str:
    """A topic under the key."""
    arn: str = gateway.client("sns").create_topic(Name="secret", Attributes={"KmsMasterKeyId": key})["TopicArn"]
    return arn


def test_a_message_to_an_encrypted_topic_needs_its_key(topic: str, key: str, make_user: Callable[..., Any]) -> None:
    """A sender without the key loses its alert on AWS."""
    without = make_user("sender-no-key", policy(PUBLISH))("sns")
    half = make_user("sender-half-key", policy(PUBLISH, ("kms:GenerateDataKey", key)))("sns")
    whole = make_user("sender-key", policy(PUBLISH, (["kms:Decrypt", "kms:GenerateDataKey"], key)))("sns")

    for sender, lacking in ((without, "kms:GenerateDataKey"), (half, "kms:Decrypt")):
        with pytest.raises(ClientError, match=f"{lacking} on resource: {key}") as refused:
            sender.publish(TopicArn=topic, Message="lost")
        assert refused.value.response["Error"]["Code"] == "KMSAccessDenied"
    assert whole.publish(TopicArn=topic, Message="heard")["MessageId"]


def test_the_key_can_be_lent_for_messages_only(topic: str, key: str, make_user: Callable[..., Any]) -> None:
    """Our grant names the service that the key is used through."""
    use = {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": key}
    through = {"StringLike": {"kms:ViaService": ["sns.*.amazonaws.com"]}}
    document = json.loads(policy(PUBLISH))
    document["Statement"].append({**use, "Condition": through})
    sender = make_user("sender-through-sns", json.dumps(document))

    assert sender("sns").publish(TopicArn=topic, Message="heard")["MessageId"]
    with pytest.raises(ClientError, match="kms:GenerateDataKey"):
        sender("kms").generate_data_key(KeyId=key, KeySpec="AES_256")


def test_root_and_plain_topics_need_no_key(gateway: Gateway, topic: str, make_user: Callable[..., Any]) -> None:
    plain = gateway.client("sns").create_topic(Name="plain")["TopicArn"]

    assert gateway.client("sns").publish(TopicArn=topic, Message="heard")["MessageId"]
    assert make_user("sender-plain", policy(PUBLISH))("sns").publish(TopicArn=plain, Message="heard")["MessageId"]
