"""A connection waits for a person, whichever of the service's two names made it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import ACCOUNT, REGION, Gateway, policy

JSON = {"content-type": "application/json"}
NAMES = ["codeconnections", "codestar-connections"]


def click(gateway: Gateway, arn: str) -> dict[str, Any]:
    """What a person does in AWS's console."""
    url = f"{gateway.url}/_localaws/connections/{quote(arn, safe='')}/available"
    with urllib.request.urlopen(urllib.request.Request(url, headers=JSON, method="POST"), timeout=5) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


@pytest.mark.parametrize("name", NAMES)
def test_a_connection_is_pending_until_a_person_has_clicked(gateway: Gateway, name: str) -> None:
    """A pipeline made before that never starts on a push."""
    client = gateway.client(name)
    arn = client.create_connection(ConnectionName="repository", ProviderType="GitHub")["ConnectionArn"]
    assert arn.startswith(f"arn:aws:{name}:{REGION}:{ACCOUNT}:connection/")
    assert client.get_connection(ConnectionArn=arn)["Connection"]["ConnectionStatus"] == "PENDING"

    clicked = click(gateway, arn)

    assert clicked["ConnectionStatus"] == "AVAILABLE"
    assert client.get_connection(ConnectionArn=arn)["Connection"]["ConnectionStatus"] == "AVAILABLE"


def test_both_names_see_the_same_connections(gateway: Gateway) -> None:
    """Terraform makes it under one name, the pipeline uses it under the other."""
    new, old = (gateway.client(name) for name in NAMES)
    arn = new.create_connection(ConnectionName="shared", ProviderType="GitHub")["ConnectionArn"]

    assert old.get_connection(ConnectionArn=arn)["Connection"]["ConnectionName"] == "shared"
    assert arn in [found["ConnectionArn"] for found in old.list_connections(ProviderTypeFilter="GitHub")["Connections"]]
    old.delete_connection(ConnectionArn=arn)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        new.get_connection(ConnectionArn=arn)


@pytest.mark.parametrize("name", NAMES)
def test_a_connection_keeps_its_tags(gateway: Gateway, name: str) -> None:
    """The provider's default tags are on everything."""
    client, tags = gateway.client(name), [{"Key": "Project", "Value": "toys"}]
    arn = client.create_connection(ConnectionName="tagged", ProviderType="GitHub", Tags=tags)["ConnectionArn"]

    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "Owner", "Value": "me"}])
    client.untag_resource(ResourceArn=arn, TagKeys=["Project"])

    assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "Owner", "Value": "me"}]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"ConnectionName": "x" * 33, "ProviderType": "GitHub"}, "length less than or equal to 32"),
        ({"ConnectionName": "x", "ProviderType": "Gitea"}, "enum value set"),
        ({"ConnectionName": "x"}, "either ProviderType or HostArn"),
    ],
)
def test_what_aws_would_refuse_is_refused(gateway: Gateway, asked: dict[str, str], words: str) -> None:
    with pytest.raises(ClientError, match=words):
        gateway.client("codeconnections").create_connection(**asked)


def test_each_name_asks_for_its_own_permission(gateway: Gateway, make_user: Callable[..., Any]) -> None:
    """A role needs both, and one of them is forgotten easily."""
    client = make_user("connector", policy(("codeconnections:*", "*")))
    arn = client("codeconnections").create_connection(ConnectionName="own", ProviderType="GitHub")["ConnectionArn"]

    with pytest.raises(ClientError, match="codestar-connections:GetConnection"):
        client("codestar-connections").get_connection(ConnectionArn=arn)


@pytest.mark.parametrize("path", ["connections/arn:aws:codeconnections:x/available", "unheard-of"])
def test_a_click_on_nothing_is_told(gateway: Gateway, path: str) -> None:
    """A mistaken ARN must not look like a connection that works."""
    asked = urllib.request.Request(f"{gateway.url}/_localaws/{path}", headers=JSON, method="POST")

    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked, timeout=5)

    assert refused.value.code in (400, 404)


def test_a_form_of_another_site_s_page_clicks_nothing(gateway: Gateway) -> None:
    """Whatever page a developer looks at can send a form to this machine, but no JSON."""
    client = gateway.client("codeconnections")
    arn = client.create_connection(ConnectionName="unclicked", ProviderType="GitHub")["ConnectionArn"]
    url = f"{gateway.url}/_localaws/connections/{quote(arn, safe='')}/available"
    form = {"content-type": "text/plain"}

    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(url, b'{"a": "b"}', form, method="POST"), timeout=5)

    assert refused.value.code == 415
    assert client.get_connection(ConnectionArn=arn)["Connection"]["ConnectionStatus"] == "PENDING"
