"""A build acts as the deploy role and nobody else, and says so where it cannot."""

from __future__ import annotations

import os
from pathlib import Path

import botocore.session
import pytest

from shipping import deployer
from shipping.environments import Refused

ROLE = "arn:aws:iam::111111111111:role/stockcast-dev-apply"
BUILD = {
    "DEPLOY_ROLE_ARN": ROLE,
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/credentials",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:2",
    "AWS_REGION": "us-east-1",
    "CODEBUILD_BUILD_NUMBER": "42",
    "ENVIRONMENT": "dev",
}


@pytest.fixture
def build(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A build's variables, and a way to change them."""
    for name in (*deployer.WOULD_WIN, *deployer.BUILDS_OWN, "AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_DEFAULT_REGION",
                 "AWS_ENDPOINT_URL_STS"):  # fmt: skip
        monkeypatch.setenv(name, "")  # so that what `take` sets is forgotten after the test
        monkeypatch.delenv(name)
    for name, value in {**BUILD, "STOCKCAST_HOME": str(tmp_path), "AWS_SDK_LOAD_CONFIG": ""}.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_every_sdk_finds_the_role_and_how_to_take_it(build: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Terraform under the build's own role could do nothing; under a person's, too much."""
    deployer.take()

    found = botocore.session.Session().get_scoped_config()
    assert found == {
        "role_arn": ROLE, "credential_source": "EcsContainer", "role_session_name": "dev-42", "region": "us-east-1",
    }  # fmt: skip
    assert Path(os.environ["AWS_CONFIG_FILE"]).is_relative_to(tmp_path)
    assert os.environ["AWS_ENDPOINT_URL"] == os.environ["AWS_ENDPOINT_URL_STS"] == BUILD["AWS_ENDPOINT_URL"]


def test_without_a_role_nothing_changes(build: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A person's own profile must go on counting."""
    build.delenv("DEPLOY_ROLE_ARN")
    build.setenv("AWS_PROFILE", "mine")

    deployer.take()

    assert os.environ["AWS_PROFILE"] == "mine"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arn",
    [
        "stockcast-dev-apply",
        "arn:aws:iam::111111111111:role/Administrator",
        "arn:aws:iam::111111111111:role/stockcast-dev-review",
        f"{ROLE}\nregion = eu-west-1",
        f"{ROLE}/extra",
    ],
)
def test_another_role_is_refused(build: pytest.MonkeyPatch, arn: str) -> None:
    """Whoever can set a variable of a build must not choose whom it acts as, nor write lines into its profile."""
    build.setenv("DEPLOY_ROLE_ARN", arn)

    with pytest.raises(Refused, match=r"it must be the ARN of a role that `make bootstrap` made"):
        deployer.take()


def test_a_role_that_nothing_can_take_is_refused(build: pytest.MonkeyPatch) -> None:
    """The SDK's own words, after a minute of waiting, would name an address that nobody knows."""
    build.delenv("AWS_CONTAINER_CREDENTIALS_FULL_URI")

    with pytest.raises(Refused, match=r"no credentials of a build to take it with"):
        deployer.take()


def test_keys_that_would_win_are_refused(build: pytest.MonkeyPatch) -> None:
    """Keys in the environment win over a profile, silently: the build would act as somebody else."""
    build.setenv("AWS_ACCESS_KEY_ID", "AKIA")

    with pytest.raises(Refused, match=r"AWS_ACCESS_KEY_ID would win over it"):
        deployer.take()


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({"ENVIRONMENT": "dev", "CODEBUILD_BUILD_NUMBER": "7"}, "dev-7"),
        ({}, "stockcast"),
        ({"ENVIRONMENT": "a b/ü"}, "a-b--"),
        ({"ENVIRONMENT": "x" * 90}, "x" * 64),
    ],
)
def test_the_session_has_a_name_that_iam_takes(variables: dict[str, str], name: str) -> None:
    """STS refuses any other, and the build with it."""
    assert deployer.session(variables) == name
