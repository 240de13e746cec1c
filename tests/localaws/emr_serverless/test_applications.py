"""EMR Serverless: an application lives and dies as on AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import ACCOUNT, Gateway, policy

SPARK = {"type": "SPARK", "releaseLabel": "emr-7.5.0"}


@pytest.fixture(scope="module")
def emr(gateway: Gateway) -> Any:
    """EMR Serverless as root."""
    return gateway.client("emr-serverless")


@pytest.fixture
def application(emr: Any) -> str:
    """An application with a tag; its id."""
    made: str = emr.create_application(name="spark", tags={"Project": "toys"}, **SPARK)["applicationId"]
    return made


def described(emr: Any, application: str) -> dict[str, Any]:
    """GetApplication."""
    found: dict[str, Any] = emr.get_application(applicationId=application)["application"]
    return found


def test_an_application_is_kept_with_aws_defaults(emr: Any, application: str) -> None:
    """Terraform reads them back, and a missing one is a change in every plan."""
    found = described(emr, application)

    assert (found["name"], found["type"], found["state"]) == ("spark", "Spark", "CREATED")
    assert found["architecture"] == "X86_64"
    assert found["autoStopConfiguration"] == {"enabled": True, "idleTimeoutMinutes": 15}
    assert found["tags"] == {"Project": "toys"}


def test_only_an_application_at_rest_is_changed_or_deleted(emr: Any, application: str) -> None:
    """AWS refuses both while it runs, and a destroy then stops half-way."""
    emr.start_application(applicationId=application)
    for refused in (emr.delete_application, emr.update_application):
        with pytest.raises(ClientError, match="Current status: STARTED"):
            refused(applicationId=application)

    emr.stop_application(applicationId=application)
    capacity = {"cpu": "8 vCPU", "memory": "32 GB"}
    emr.update_application(applicationId=application, maximumCapacity=capacity)

    assert described(emr, application)["maximumCapacity"] == capacity
    emr.delete_application(applicationId=application)
    assert described(emr, application)["state"] == "TERMINATED"
    with pytest.raises(ClientError, match="Current status: TERMINATED"):
        emr.delete_application(applicationId=application)


def test_applications_are_listed_by_state(emr: Any, application: str) -> None:
    emr.start_application(applicationId=application)

    started = emr.list_applications(states=["STARTED"])["applications"]
    created = emr.list_applications(states=["CREATED", "TERMINATED"])["applications"]

    assert application in [found["id"] for found in started]
    assert application not in [found["id"] for found in created]


def test_tags_change_under_the_applications_arn(emr: Any, application: str) -> None:
    """The ARN travels in the path, with slashes of its own."""
    arn = described(emr, application)["arn"]

    emr.tag_resource(resourceArn=arn, tags={"Owner": "me"})
    emr.untag_resource(resourceArn=arn, tagKeys=["Project"])

    assert emr.list_tags_for_resource(resourceArn=arn)["tags"] == {"Owner": "me"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"type": "FLINK"}, "FLINK is not one of Spark, Hive"),
        ({"architecture": "RISCV"}, "enum value set"),
        ({"releaseLabel": "emr 7"}, "regular expression"),
        ({"maximumCapacity": {"cpu": "8 cores", "memory": "32 GB"}}, "regular expression"),
    ],
)
def test_what_aws_would_refuse_is_refused(emr: Any, change: dict[str, Any], words: str) -> None:
    with pytest.raises(ClientError, match=words):
        emr.create_application(**{**SPARK, **change})


def test_an_unknown_application_is_a_404(emr: Any) -> None:
    """Terraform takes that for deleted, and anything else for a fault."""
    with pytest.raises(ClientError, match="does not exist") as missing:
        emr.get_application(applicationId="0" * 16)

    assert missing.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_rights_are_asked_by_application(emr: Any, application: str, make_user: Callable[..., Any]) -> None:
    """One environment's role must not reach another's application."""
    own = f"arn:aws:emr-serverless:us-east-1:{ACCOUNT}:/applications/{application}"
    other = emr.create_application(name="other", **SPARK)["applicationId"]
    user = make_user(f"spark-{application}", policy(("emr-serverless:GetApplication", own)))("emr-serverless")

    assert user.get_application(applicationId=application)["application"]["applicationId"] == application
    with pytest.raises(ClientError, match="emr-serverless:GetApplication"):
        user.get_application(applicationId=other)
