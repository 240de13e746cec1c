"""What a build knows of the machine: how to reach the world, and nothing of the user's shell."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from tests.localaws.helpers import Gateway

from localaws.gateway import config, environment
from shipping import wheels

OUTSIDE = {"https_proxy": "http://proxy:3128", "NO_PROXY": "intern", "TF_PLUGIN_MIRROR": "/mirror", "AWS_PROFILE": "me",
           "PYTHONPATH": "/mine", "HOME": "/home/me"}  # fmt: skip


@pytest.fixture
def running(gateway: Gateway) -> config.Config:
    """The gateway's config, with a folder that builds find first."""
    found = config.read(gateway.folder / "gateway.json")
    return dataclasses.replace(found, builds=config.Builds(gateway.folder, ("/tools",)))


def test_proxies_and_mirrors_go_to_builds_and_to_nobody_else(
    running: config.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy's address may have a password in it, and functions inherit the gateway's variables."""
    inside = environment.of_gateway(running, OUTSIDE)
    assert "https_proxy" not in inside and "TF_PLUGIN_MIRROR" not in inside
    monkeypatch.setenv(environment.BUILDS_VARIABLE, inside[environment.BUILDS_VARIABLE])

    network = environment.take_network()
    of_build = environment.of_build(running, Path("/home/build"), network, "http://127.0.0.1/token")

    assert environment.take_network() == {}
    assert of_build["https_proxy"] == "http://proxy:3128" and of_build["TF_PLUGIN_MIRROR"] == "/mirror"
    assert of_build["NO_PROXY"] == of_build["no_proxy"] == "intern,127.0.0.1,localhost"
    assert of_build[wheels.FOR_HERE] == "1"  # or a push would bring functions the libraries of another machine
    assert of_build["PATH"].startswith("/tools:") and of_build["HOME"] == "/home/build"
    assert not {"AWS_PROFILE", "PYTHONPATH", "AWS_ACCESS_KEY_ID"} & of_build.keys()
