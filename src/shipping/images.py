"""Build the two images of an environment and push them to its repositories, as SageMaker takes them.

    python -m shipping.images --env ENV

Docker builds for linux/amd64 whatever machine this is, and without the attestations that would make an OCI index of
it: SageMaker answers that with "Unsupported manifest media type". Tags are immutable: one that is there stays.

The tags are those that the next apply will name, so that an image is there before anybody asks for it: from the values,
or made from what is in the image.
"""

from __future__ import annotations

import argparse
import base64
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import boto3

from shipping import deployer, ending, environments, package, planning, tools, values
from shipping.environments import Refused
from shipping.image_content import DOCKERFILES

BASE_ACCOUNT = "763104351884"  # where AWS keeps the image that training/Dockerfile builds upon, in most regions
BUILDER = "stockcast"  # Docker's default one cannot choose the manifest's form


def wanted(environment: str, known: dict[str, Any]) -> dict[str, str]:
    """Address of each image with its tag, as this clone's values and files ask for it; `known` are the outputs."""
    files = environments.value_files(environment)
    held = values.evaluated(files, {"images": "var.images"})["images"] or {}
    tags = package.image_tags(tools.ROOT)
    return {image: f"{url}:{held.get(f'{image}_tag') or tags[image]}" for image, url in known["repositories"].items()}


def push(images: dict[str, str], region: str, ecr: Any, run: Callable[..., None]) -> list[str]:
    """Build and push those of `images`, addresses by name, that the repositories lack; returns what was pushed."""
    missing = {name: uri for name, uri in images.items() if not _is_there(ecr, uri)}
    if not missing:
        return []
    registry = next(iter(missing.values())).split("/")[0]
    token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    password = base64.b64decode(token).decode().split(":", 1)[1]
    for host in (registry, f"{BASE_ACCOUNT}.dkr.ecr.{region}.amazonaws.com"):
        run("login", "--username", "AWS", "--password-stdin", host, secret=password)
    _ensure_builder(run)
    for name, uri in missing.items():
        run(
            "buildx", "build", "--builder", BUILDER, "--platform", "linux/amd64", "--provenance=false", "--sbom=false",
            "--build-arg", f"REGION={region}", "--file", str(tools.ROOT / DOCKERFILES[name]),
            "--output", f"type=image,name={uri},oci-mediatypes=false,push=true", str(tools.ROOT),
        )  # fmt: skip
    return list(missing.values())


def _is_there(ecr: Any, uri: str) -> bool:
    repository, tag = uri.split("/", 1)[1].rsplit(":", 1)
    try:
        ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])
    except ecr.exceptions.ImageNotFoundException:
        return False
    return True


def _ensure_builder(run: Callable[..., None]) -> None:
    try:
        run("buildx", "inspect", BUILDER)
    except Refused:
        run("buildx", "create", "--name", BUILDER, "--driver", "docker-container")


def docker(*arguments: str, secret: str | None = None) -> None:
    """Run Docker; a secret goes in by its standard input, where no list of processes shows it."""
    if shutil.which("docker") is None:
        raise Refused("docker is not on PATH; it builds the images. Install it, or run this where it is.")
    done = subprocess.run(["docker", *arguments], input=secret, text=True, check=False)
    if done.returncode:
        raise Refused(f"`docker {' '.join(arguments[:2])}` ended with {done.returncode}; its own message stands above.")


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="shipping.images", description=__doc__)
    parser.add_argument("--env", required=True)
    environment = parser.parse_args(argv).env
    return ending.status_of(lambda: _push_of(environment))


def _push_of(environment: str) -> None:
    deployer.take()
    environments.check_name(environment)
    if environment == environments.LOCAL:
        raise Refused("ENV is 'local', where programs stand for images. Name another, such as ENV=dev.")
    planning.checked(environment)
    known = planning.initialised(environment, quietly=True).outputs()
    if "repositories" not in known:
        raise Refused(f"{environment} has no repositories yet. Run `make plan apply ENV={environment}` first.")
    pushed = push(wanted(environment, known), known["region"], boto3.client("ecr", region_name=known["region"]), docker)
    print("\n".join(f"pushed {uri}" for uri in pushed) or "both images are there already")


if __name__ == "__main__":
    sys.exit(main())
