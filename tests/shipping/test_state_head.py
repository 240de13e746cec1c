"""Which version of a state lies in the bucket now."""

from __future__ import annotations

import json

import boto3
import pytest
from botocore.exceptions import ClientError
from tests.shipping.stand_in_account import StandInAccount

from shipping import state_head
from shipping.state_head import StateHead
from shipping.values import Backend

BACKEND = Backend("stockcast-111111111111-tfstate", "dev/platform.tfstate", "us-east-1")


def read(account: StandInAccount) -> StateHead:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    return state_head.read(boto3.client("s3", endpoint_url=account.url, **keys), BACKEND)


def test_a_state_tells_its_serial_and_when_it_was_written(account: StandInAccount) -> None:
    """Whoever is refused wants to know when somebody else was faster."""
    state = {"serial": 12, "lineage": "2f1c", "terraform_version": "1.11.4"}
    account.objects[f"/{BACKEND.bucket}/{BACKEND.key}"] = (json.dumps(state), "Wed, 04 Mar 2026 06:00:00 GMT")

    assert read(account) == StateHead(12, "2f1c", "2026-03-04 06:00:00 UTC with Terraform 1.11.4")


def test_before_a_first_apply_there_is_no_state(account: StandInAccount) -> None:
    assert read(account) == StateHead(0, "", "never")


def test_a_state_in_somebody_elses_bucket_is_not_believed(account: StandInAccount) -> None:
    account.owners[BACKEND.bucket] = "999999999999"

    with pytest.raises(ClientError, match="AccessDenied"):
        read(account)
