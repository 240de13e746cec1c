"""Glue keeps what Terraform asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import ACCOUNT, REGION, Gateway

TAGS = {"Project": "toys"}


@pytest.fixture
def glue(gateway: Gateway) -> Any:
    """Glue as root."""
    return gateway.client("glue")


@pytest.fixture(scope="module")
def role(make_role: Callable[..., str]) -> str:
    """A role that Glue may take; its ARN."""
    return make_role("glue-toys", None, "glue.amazonaws.com")


def test_a_job_keeps_its_settings_and_tags(glue: Any, role: str) -> None:
    """Each of them was a change in every plan."""
    kept = {
        "ExecutionClass": "FLEX", "ExecutionProperty": {"MaxConcurrentRuns": 2}, "MaintenanceWindow": "Sun:03",
        "NotificationProperty": {"NotifyDelayAfter": 15},
    }  # fmt: skip
    command = {"Name": "glueetl", "ScriptLocation": "s3://lake/x.py"}
    glue.create_job(Name="toys", Role=role, Command=command, Tags=TAGS, **kept)

    glue.update_job(JobName="toys", JobUpdate={"ExecutionClass": "STANDARD"})

    job = glue.get_job(JobName="toys")["Job"]
    assert {key: job[key] for key in kept} == {**kept, "ExecutionClass": "STANDARD"}
    arn = f"arn:aws:glue:{REGION}:{ACCOUNT}:job/toys"
    assert glue.get_tags(ResourceArn=arn)["Tags"] == TAGS
    glue.delete_job(JobName="toys")
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {}


@pytest.mark.parametrize("by_name", [True, False])
def test_a_crawler_takes_its_role_by_name_or_arn(glue: Any, role: str, by_name: bool) -> None:
    """AWS takes both and tells the name."""
    name = f"crawler-{by_name}"
    given = role.rsplit("/", 1)[-1] if by_name else role
    glue.create_crawler(
        Name=name, Role=given, DatabaseName="d", Targets={"S3Targets": [{"Path": "s3://lake/"}]}, Tags=TAGS
    )

    crawler = glue.get_crawler(Name=name)["Crawler"]

    assert crawler["Role"] == "glue-toys"
    assert crawler["RecrawlPolicy"] == {"RecrawlBehavior": "CRAWL_EVERYTHING"}
    assert crawler["LineageConfiguration"] == {"CrawlerLineageSettings": "DISABLE"}
    assert glue.get_tags(ResourceArn=f"arn:aws:glue:{REGION}:{ACCOUNT}:crawler/{name}")["Tags"] == TAGS


def test_a_crawler_with_a_role_that_does_not_exist_is_refused(glue: Any) -> None:
    """Naming it by name must not get round the check."""
    with pytest.raises(ClientError, match="nobody"):
        glue.create_crawler(Name="c", Role="nobody", DatabaseName="d", Targets={})


def test_a_scheduled_trigger_has_no_predicate(glue: Any) -> None:
    """An empty one was a change in every plan."""
    glue.create_trigger(Name="daily", Type="SCHEDULED", Schedule="cron(0 7 * * ? *)", Actions=[{"JobName": "toys"}])

    assert "Predicate" not in glue.get_trigger(Name="daily")["Trigger"]


def test_the_catalogs_encryption_is_kept_and_taken_away(glue: Any) -> None:
    """Terraform takes it away by writing what it was."""
    at_first = glue.get_data_catalog_encryption_settings()["DataCatalogEncryptionSettings"]
    at_rest = {"CatalogEncryptionMode": "SSE-KMS", "SseAwsKmsKeyId": "alias/toys"}

    glue.put_data_catalog_encryption_settings(DataCatalogEncryptionSettings={"EncryptionAtRest": at_rest})

    settings = glue.get_data_catalog_encryption_settings()["DataCatalogEncryptionSettings"]
    assert settings["EncryptionAtRest"] == at_rest
    glue.put_data_catalog_encryption_settings(DataCatalogEncryptionSettings=at_first)
    assert glue.get_data_catalog_encryption_settings()["DataCatalogEncryptionSettings"] == at_first
