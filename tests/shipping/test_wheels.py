"""Libraries for what ships: the lock's versions, for the machine they will run on, whole or not at all."""

from pathlib import Path

import pytest

from shipping import tools, wheels
from shipping.lambda_rules import PackageRefused


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of this test's own, with the uv of this machine."""
    uv = tools.uv()
    monkeypatch.setattr(tools, "uv", lambda: uv)
    monkeypatch.setenv("STOCKCAST_SHARED", str(tmp_path))
    return tmp_path / "wheels"


@pytest.mark.integration
def test_a_library_has_the_lock_s_version_and_comes_without_an_installer_s_notes(store: Path) -> None:
    """What runs in the account is what the tests ran with."""
    version = wheels.versions(["six"])["six"]

    files = wheels.files(["six"], wheels.LAMBDA)

    assert f'__version__ = "{version}"'.encode() in files["six.py"]
    assert {name.split("/")[-1] for name in files} & wheels.LEFT_OUT == set()


@pytest.mark.integration
def test_what_was_unpacked_once_is_used_again(store: Path) -> None:
    """Every plan packs; none shall fetch."""
    first = wheels.unpacked(["six"], wheels.LAMBDA)
    (first / "mark").touch()

    assert (wheels.unpacked(["six"], wheels.LAMBDA) / "mark").exists()
    assert wheels.unpacked(["six"], wheels.EMR) != first


@pytest.mark.integration
def test_a_failed_unpacking_leaves_nothing_that_looks_whole(store: Path) -> None:
    with pytest.raises(PackageRefused, match=r"the wheels for sparc-none, Python 3\.12 could not be had"):
        wheels.unpacked(["six"], ("sparc-none", "3.12"))

    assert list(store.glob("*/site-packages")) == []


def test_an_unknown_library_is_refused() -> None:
    with pytest.raises(PackageRefused, match=r"left-pad is not in uv\.lock's group spark"):
        wheels.versions(["left-pad"])


@pytest.mark.parametrize(
    ("machine", "here", "wanted"),
    [
        (("Linux", "x86_64"), "1", wheels.LAMBDA),
        (("Darwin", "arm64"), "1", ("", "3.12")),
        (("Linux", "aarch64"), "1", ("", "3.12")),
        (("Darwin", "arm64"), "", wheels.LAMBDA),
    ],
)
def test_only_a_local_stack_gets_this_machine_s_wheels(
    monkeypatch: pytest.MonkeyPatch, machine: tuple[str, str], here: str, wanted: tuple[str, str]
) -> None:
    """Functions of the local stack run right here; those of an account never do."""
    monkeypatch.setattr(wheels.platform, "system", lambda: machine[0])
    monkeypatch.setattr(wheels.platform, "machine", lambda: machine[1])
    monkeypatch.setenv(wheels.FOR_HERE, here)

    assert wheels.target(wheels.LAMBDA) == wanted


def test_the_store_is_the_one_that_builds_share(store: Path) -> None:
    assert tools.store() / "wheels" == store
