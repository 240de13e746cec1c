"""Images as SageMaker takes them: built for its processors, in the form of manifest that it reads."""

import base64
from pathlib import Path
from typing import Any

import pytest

from shipping import environments, images, package, tools
from shipping.environments import Refused

REGISTRY = "111111111111.dkr.ecr.eu-west-1.amazonaws.com"
REPOSITORIES = {"jobs": f"{REGISTRY}/stockcast-dev-jobs", "serving": f"{REGISTRY}/stockcast-dev-serving"}
WANTED = {image: f"{url}:0.1.0" for image, url in REPOSITORIES.items()}
REGION = "eu-west-1"


class ImageNotFound(Exception):
    pass


class Ecr:
    """A registry that holds some tags, and lends a password."""

    class exceptions:
        ImageNotFoundException = ImageNotFound

    def __init__(self, *there: str) -> None:
        self.there = there

    def describe_images(self, repositoryName: str, imageIds: list[dict[str, str]]) -> dict[str, Any]:
        if f"{repositoryName}:{imageIds[0]['imageTag']}" not in self.there:
            raise ImageNotFound
        return {}

    def get_authorization_token(self) -> dict[str, Any]:
        return {"authorizationData": [{"authorizationToken": base64.b64encode(b"AWS:open-sesame").decode()}]}


class Docker:
    """Notes what it is asked; a builder exists only after it was created."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.secrets: list[str] = []

    def __call__(self, *arguments: str, secret: str | None = None) -> None:
        self.asked.append(arguments)
        if secret:
            self.secrets.append(secret)
        if arguments[:2] == ("buildx", "inspect"):
            raise Refused("no such builder")


def test_both_images_are_built_for_sagemaker_and_pushed() -> None:
    """An image for another processor, or with an OCI manifest, is refused only when the first job starts."""
    docker = Docker()

    pushed = images.push(WANTED, REGION, Ecr(), docker)

    builds = [asked for asked in docker.asked if asked[:2] == ("buildx", "build")]
    assert pushed == list(WANTED.values())
    assert len(builds) == 2
    for build, uri in zip(builds, pushed, strict=True):
        assert {"linux/amd64", "--provenance=false", "--sbom=false", "REGION=eu-west-1"} <= set(build)
        assert f"type=image,name={uri},oci-mediatypes=false,push=true" in build


def test_docker_logs_in_to_our_registry_and_to_the_one_it_builds_upon() -> None:
    """The base of the jobs image lies in a registry of AWS that lets in nobody who has not logged in."""
    docker = Docker()

    images.push(WANTED, REGION, Ecr(), docker)

    logins = [asked for asked in docker.asked if asked[0] == "login"]
    assert [login[-1] for login in logins] == [REGISTRY, "763104351884.dkr.ecr.eu-west-1.amazonaws.com"]
    assert docker.secrets == ["open-sesame", "open-sesame"]
    assert not any("open-sesame" in word for asked in docker.asked for word in asked)


def test_a_tag_that_is_there_is_left_alone() -> None:
    """Tags are immutable; a second push would fail after a quarter of an hour of building."""
    docker = Docker()

    pushed = images.push(WANTED, REGION, Ecr("stockcast-dev-jobs:0.1.0"), docker)
    again = images.push(WANTED, REGION, Ecr("stockcast-dev-jobs:0.1.0", "stockcast-dev-serving:0.1.0"), Docker())

    assert pushed == [WANTED["serving"]]
    assert again == []


@pytest.fixture
def here(clone: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone to change."""
    monkeypatch.setattr(tools, "ROOT", clone)
    monkeypatch.setattr(environments, "ROOT", clone)
    monkeypatch.delenv("STOCKCAST_VAR_FILE", raising=False)
    return clone


def test_a_changed_server_is_pushed_before_any_apply_names_it(here: Path) -> None:
    """The settings would name an image that is not there, and the next deployment of a model would fail on it."""
    known = {"repositories": REPOSITORIES, "images": {"serving": "as the last apply named it"}}
    before = images.wanted("dev", known)
    with (here / "serving/server.py").open("a") as server:
        server.write("# changed\n")

    after = images.wanted("dev", known)

    assert after["serving"] == f"{REPOSITORIES['serving']}:{package.image_tags(here)['serving']}"
    assert after["serving"] != before["serving"]
    assert after["jobs"] == before["jobs"]


def test_a_tag_in_the_values_holds_on_to_its_image(here: Path) -> None:
    """Whoever keeps an image on purpose must not get another one by a change of code."""
    values = here / "envs/dev/platform.tfvars"
    values.write_text(values.read_text().replace("images    = {}", 'images = { jobs_tag = "kept" }'))

    wanted = images.wanted("dev", {"repositories": REPOSITORIES})

    assert wanted["jobs"] == f"{REPOSITORIES['jobs']}:kept"
    assert wanted["serving"].endswith(f":{package.image_tags(here)['serving']}")


def test_without_docker_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever lacks it should not read a trace."""
    monkeypatch.setenv("PATH", "")

    with pytest.raises(Refused, match="docker is not on PATH"):
        images.docker("buildx", "inspect")


def test_the_local_environment_has_no_images(capsys: pytest.CaptureFixture[str]) -> None:
    """There programs stand for images; a push would go to a registry that is none."""
    assert images.main(["--env", "local"]) == 1
    assert "ENV=dev" in capsys.readouterr().err
