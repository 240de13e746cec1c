"""The environment variables of the gateway and of everything it starts.

Lambda functions inherit the gateway's environment and jobs get one of their own, so both are written out here instead
of being whatever the shell that ran `make up` happened to hold: its keys, its PYTHONPATH, its proxies stay outside.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from localaws.gateway.config import Config

STACK_VARIABLE = "STOCKCAST_STACK"  # whoever carries it belongs to this stack and ends with it
INHERITED = ("HOME", "PATH", "USER")
WHEELS_VARIABLE = "STOCKCAST_WHEELS_HERE"  # what a build packs for Lambda runs on this machine, whatever it is
BUILDS_VARIABLE = "STOCKCAST_BUILD_NETWORK"  # taken out again at the start, before any function could inherit it
NETWORK = (
    "PYTHON312", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE",
    "TERRAFORM_RELEASES", "TF_PLUGIN_CACHE_DIR", "TF_PLUGIN_MIRROR",
)  # fmt: skip


def of_gateway(config: Config, outside: Mapping[str, str]) -> dict[str, str]:
    """The gateway's own variables. The emulator reads its settings from them while it is imported."""
    kept = {name: outside[name] for name in INHERITED if name in outside}
    here = str(Path(sys.executable).parent)
    return kept | {
        "PATH": os.pathsep.join([here, outside.get("PATH", "/usr/bin:/bin")]),  # the emulator starts `python3`
        "LC_ALL": "C.UTF-8",
        "TMPDIR": str(config.state_dir / "tmp"),
        STACK_VARIABLE: config.stack_id,
        BUILDS_VARIABLE: json.dumps(_network(outside)),
        "AUTH": "true",
        "GATEWAY_PORT": str(config.port),
        "MINISTACK_ACCOUNT_ID": config.account_id,
        "MINISTACK_REGION": config.region,
        "AWS_ENDPOINT_URL": config.url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "LAMBDA_EXECUTOR": "local",
        "LOG_LEVEL": "WARNING",
        "IOT_MTLS_ENABLED": "0",
        "MQTT_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }


def of_child(config: Config, python: str, home: Path, credentials: Mapping[str, str]) -> dict[str, str]:
    """The variables of a job or a model server: the image's interpreter first on PATH, its folder as home.

    A container brings its own home; without one, caches of the libraries would land in the user's.
    """
    scratch = home / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    return {
        "PATH": os.pathsep.join([str(Path(python).parent), "/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": str(home),
        "TMPDIR": str(scratch),
        "LC_ALL": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",  # a line is in the log when it is printed
        STACK_VARIABLE: config.stack_id,
        "AWS_ENDPOINT_URL": config.url,
        "AWS_REGION": config.region,
        "AWS_DEFAULT_REGION": config.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        **credentials,
    }


_taken: dict[str, str] = {}


def take_network() -> dict[str, str]:
    """How this machine reaches the world: proxies, certificates, mirrors. Builds download tools, functions do not."""
    found = dict(json.loads(os.environ.pop(BUILDS_VARIABLE, "{}")))
    _taken.update(found)
    return found


def network() -> dict[str, str]:
    """The same for whoever asks after it was taken."""
    take_network()
    return dict(_taken)


def of_maker(config: Config, network: Mapping[str, str]) -> dict[str, str]:
    """The variables of a program that makes an environment: the user's home and caches, and the way to the world."""
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {**network, **kept, "LC_ALL": "C.UTF-8", STACK_VARIABLE: config.stack_id}


def of_build(config: Config, home: Path, network: Mapping[str, str], credentials_url: str) -> dict[str, str]:
    """The variables of a build: no key, only the address that hands out its role's, as on CodeBuild.

    A proxy would look for the embedded AWS on its own machine, so 127.0.0.1 is kept away from it.
    """
    direct = ",".join(filter(None, [network.get("no_proxy") or network.get("NO_PROXY"), "127.0.0.1", "localhost"]))
    return {
        **network,
        **({"NO_PROXY": direct, "no_proxy": direct} if any(key.lower().endswith("_proxy") for key in network) else {}),
        "PATH": os.pathsep.join([*config.builds.path, "/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        STACK_VARIABLE: config.stack_id,
        WHEELS_VARIABLE: "1",
        "AWS_ENDPOINT_URL": config.url,
        "AWS_ENDPOINT_URL_STS": config.url,  # Go's SDK takes a profile's role before it has read the line above
        "AWS_REGION": config.region,
        "AWS_DEFAULT_REGION": config.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": credentials_url,
    }


def _network(outside: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in outside.items() if key in NETWORK or key.lower().endswith("_proxy")}
