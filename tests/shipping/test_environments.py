"""Which environments there are, and which AWS a command may reach."""

from __future__ import annotations

import pytest

from shipping import environments
from shipping.environments import Refused

EMBEDDED = {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}


def test_an_unknown_environment_is_refused_with_the_known_ones() -> None:
    """`make plan ENV=prod` before there is one must not plan something else."""
    known = ", ".join(environments.names())

    with pytest.raises(Refused, match=rf"ENV is 'nonsense'; envs/ has {known}\..*make plan ENV=local"):
        environments.check_name("nonsense")


@pytest.mark.parametrize("environment", environments.names())
def test_a_known_environment_has_values_and_a_backend(environment: str) -> None:
    environments.check_name(environment)

    assert environments.backend_file(environment).is_file()
    assert all(file.is_file() for file in environments.value_files(environment))


@pytest.mark.parametrize(
    "outer",
    [
        {},
        {"AWS_ENDPOINT_URL": ""},
        {"AWS_ENDPOINT_URL": "https://sts.us-east-1.amazonaws.com"},
        {"AWS_ENDPOINT_URL": "http://127.0.0.1.example.com:4566"},
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566@example.com"},
        {"AWS_PROFILE": "production"},
        {**EMBEDDED, "AWS_ENDPOINT_URL_S3": "https://s3.amazonaws.com"},
        {**EMBEDDED, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
    ],
)
def test_local_is_refused_every_way_to_a_real_account(outer: dict[str, str]) -> None:
    """`make destroy` of the local environment with a real profile in the shell would empty that account's buckets."""
    with pytest.raises(Refused, match=r"ENV is 'local' but .*use the make targets"):
        environments.target("local", outer)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_local_may_reach_an_embedded_aws(host: str) -> None:
    endpoint = f"http://{host}:4566"

    assert environments.target("local", {"AWS_ENDPOINT_URL": endpoint}) == f"the embedded AWS at {endpoint}"


def test_another_environment_means_the_real_aws_unless_an_endpoint_is_named() -> None:
    """Who applies has to read which AWS is meant."""
    assert environments.target("dev", {}) == "the real AWS of the credentials at hand"
    assert environments.target("dev", EMBEDDED) == "the embedded AWS at http://127.0.0.1:4566"


def test_the_stack_s_own_values_come_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """Terraform lets the last file win; the other way round other ports would be forgotten."""
    monkeypatch.setenv("STOCKCAST_VAR_FILE", "/run/platform.tfvars.json")

    names = [file.name for file in environments.value_files("local")]

    assert names == ["platform.tfvars", "platform.tfvars.json"]
