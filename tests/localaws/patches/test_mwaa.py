"""MWAA keeps what it was given and names the local Airflow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import ACCOUNT, REGION, Gateway, policy


def test_an_environment_keeps_what_it_was_given(gateway: Gateway, airflow_environment: dict[str, Any]) -> None:
    """Requirements and maintenance window were dropped; the address is the local Airflow's."""
    airflow = gateway.client("mwaa")

    airflow.update_environment(Name="toys", RequirementsS3ObjectVersion="v2")
    environment = airflow.get_environment(Name="toys")["Environment"]

    expected = {**airflow_environment, "RequirementsS3ObjectVersion": "v2"}
    expected |= {"Status": "AVAILABLE", "WebserverUrl": f"127.0.0.1:{gateway.airflow_port}"}
    assert {key: environment.get(key) for key in expected} == expected


def test_the_tags_of_an_environment_can_change(gateway: Gateway, airflow_environment: dict[str, Any]) -> None:
    """A new default tag stopped the apply at this one resource."""
    airflow = gateway.client("mwaa")
    arn = airflow.get_environment(Name="toys")["Environment"]["Arn"]
    airflow.tag_resource(ResourceArn=arn, Tags={"Project": "toys", "Owner": "me", "Team": "us"})

    airflow.untag_resource(ResourceArn=arn, tagKeys=["Owner", "Team"])

    assert airflow.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"Project": "toys"}
    assert airflow.get_environment(Name="toys")["Environment"]["Tags"] == {"Project": "toys"}


def test_tagging_an_environment_is_a_right_of_its_own(
    gateway: Gateway, airflow_environment: dict[str, Any], make_user: Callable[..., Any]
) -> None:
    """A role that may only look must not tag."""
    arn = gateway.client("mwaa").get_environment(Name="toys")["Environment"]["Arn"]
    looker = make_user("looker", policy((["airflow:GetEnvironment", "airflow:ListTagsForResource"], "*")))("mwaa")

    assert "Tags" in looker.list_tags_for_resource(ResourceArn=arn)
    with pytest.raises(ClientError, match="airflow:TagResource"):
        looker.tag_resource(ResourceArn=arn, Tags={"a": "b"})


def test_an_unknown_environment_has_no_tags(gateway: Gateway) -> None:
    with pytest.raises(ClientError, match="There is no environment"):
        gateway.client("mwaa").list_tags_for_resource(
            ResourceArn=f"arn:aws:airflow:{REGION}:{ACCOUNT}:environment/gone"
        )
