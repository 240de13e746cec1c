"""Terraform is taken from PATH where it fits, else fetched and verified. The releases site is a server of ours."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.localaws.helpers import free_port
from tests.shipping.conftest import Program
from tests.web import Site, serving

from shipping import terraform_release, tools
from shipping.terraform_release import VERSION
from shipping.tools import ToolMissing

FOLDER = f"/{VERSION}"
NAME = f"terraform_{VERSION}_{terraform_release._system()}.zip"
SUMS = f"{FOLDER}/terraform_{VERSION}_SHA256SUMS"


def release() -> bytes:
    """A release as it is published: a zip with the program and its licence."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as into:
        into.writestr("LICENSE.txt", "BUSL")
        into.writestr("terraform", f"#!/bin/sh\necho 'Terraform v{VERSION}'\n")
    return packed.getvalue()


def sums_of(archive: bytes) -> bytes:
    other = hashlib.sha256(b"another system's").hexdigest()
    return f"{other}  terraform_{VERSION}_plan9_arm.zip\n{hashlib.sha256(archive).hexdigest()}  {NAME}\n".encode()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    with serving({SUMS: sums_of(release()), f"{FOLDER}/{NAME}": release()}) as site:
        monkeypatch.setenv("TERRAFORM_RELEASES", site.url)
        yield site


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No Terraform on PATH, nothing fetched before."""
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setattr(tools, "LOCAL", tmp_path / ".local")


def test_a_missing_terraform_is_fetched_once(site: Site, tmp_path: Path) -> None:
    """A newcomer without Terraform must get on, and not wait for a download each time."""
    first, again = terraform_release.terraform(), terraform_release.terraform()

    assert first == again == tmp_path / ".local" / "tools" / f"terraform-{VERSION}" / "terraform"
    assert tools.version_of(first, "version") == tuple(int(part) for part in VERSION.split("."))
    assert site.asked == [f"GET {SUMS}", f"GET {FOLDER}/{NAME}"]


@pytest.mark.parametrize(
    "sums", [sums_of(b"what was released"), b"", b"<html>sign in to this network</html>", b"\xff\xfe"]
)
def test_a_download_that_is_not_the_release_s_is_refused_and_nothing_installed(
    site: Site, tmp_path: Path, sums: bytes
) -> None:
    """Whoever swaps the archive on its way would run as the user, with the credentials of an account."""
    site.pages[SUMS] = sums

    with pytest.raises(ToolMissing, match="nothing was installed"):
        terraform_release.terraform()

    assert not list(tmp_path.rglob("terraform"))


def test_a_terraform_on_path_that_fits_is_taken(site: Site, program: Program) -> None:
    """A company's own build must be used, and no site be asked."""
    own = program("terraform", "echo 'Terraform v1.12.0'")

    assert terraform_release.terraform() == own
    assert site.asked == []


@pytest.mark.parametrize(
    "answer",
    [
        ("echo 'Terraform v1.10.5'",),
        ("echo 'Terraform v2.0.0'",),
        ("echo 'No version is set for command terraform' >&2", "exit 126"),
        ("echo 'OpenTofu'",),
    ],
    ids=["too old", "too new", "a shim that does not run", "without a version"],
)
def test_a_terraform_on_path_that_does_not_fit_is_passed_over(
    site: Site, program: Program, tmp_path: Path, answer: tuple[str, ...]
) -> None:
    """1.10 cannot lock its state in S3; a version manager's shim is on PATH even with nothing behind it."""
    program("terraform", *answer)

    assert tmp_path / ".local" in terraform_release.terraform().parents


def test_a_damaged_earlier_download_is_fetched_again(site: Site, tmp_path: Path) -> None:
    """A machine switched off while unpacking would stay broken until somebody deletes the right folder."""
    half = tmp_path / ".local" / "tools" / f"terraform-{VERSION}" / "terraform"
    half.parent.mkdir(parents=True)
    half.write_text("#!/bin/sh\nec")

    assert tools.version_of(terraform_release.terraform(), "version")


def test_a_site_without_the_release_is_told_with_the_ways_out(site: Site) -> None:
    """Without network one has to know that an own Terraform, or a mirror, will do."""
    site.pages.clear()

    with pytest.raises(ToolMissing, match=r"404.*Install it yourself, or set TERRAFORM_RELEASES"):
        terraform_release.terraform()


def test_a_site_that_cannot_be_reached_is_told_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERRAFORM_RELEASES", f"http://127.0.0.1:{free_port()}")

    with pytest.raises(ToolMissing, match="could not be read"):
        terraform_release.terraform()
