"""Terraform's providers come from a folder on this machine only where it really holds them."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import TextIO

import pytest

from shipping import providers
from shipping.environments import Refused

AWS = "registry.terraform.io/hashicorp/aws"


@pytest.fixture(autouse=True)
def system_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty /opt, and no mirror named."""
    monkeypatch.delenv("TF_PLUGIN_MIRROR", raising=False)
    monkeypatch.setattr(providers, "SYSTEM_FOLDERS", (tmp_path / "usr", tmp_path / "opt"))
    return tmp_path / "opt"


def test_a_named_mirror_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without the registry lives on it."""
    (tmp_path / "mirror" / AWS).mkdir(parents=True)
    monkeypatch.setenv("TF_PLUGIN_MIRROR", str(tmp_path / "mirror"))

    assert providers.mirror() == tmp_path / "mirror"


def test_a_named_mirror_that_is_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Falling back to the registry would hide the typing mistake behind a timeout."""
    monkeypatch.setenv("TF_PLUGIN_MIRROR", str(tmp_path))

    with pytest.raises(Refused, match=f"TF_PLUGIN_MIRROR is '{tmp_path}', which holds no registry.terraform.io/"):
        providers.mirror()


@pytest.mark.parametrize("form", ["{version}/linux_amd64/binary", "terraform-provider-aws_{version}_linux_amd64.zip"])
def test_a_mirror_in_a_system_folder_is_found(system_folder: Path, form: str) -> None:
    """Images for offline work bring one, unpacked or packed."""
    held = system_folder / "plugins" / AWS / form.format(version=providers.locked_version())
    held.parent.mkdir(parents=True)
    held.touch()

    assert providers.mirror() == system_folder / "plugins"


def test_a_found_mirror_without_the_locked_version_is_passed_over(system_folder: Path) -> None:
    """Somebody else's older mirror would keep Terraform from the registry that has the version."""
    (system_folder / "plugins" / AWS / "4.67.0" / "linux_amd64").mkdir(parents=True)

    assert providers.mirror() is None


def test_with_a_mirror_the_registry_is_not_asked_for_what_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the exclusion Terraform asks the registry all the same, and hangs offline."""
    (tmp_path / "mirror" / AWS).mkdir(parents=True)
    monkeypatch.setenv("TF_PLUGIN_MIRROR", str(tmp_path / "mirror"))

    written = providers.write_cli_config(tmp_path / "home" / "terraformrc").read_text()

    assert written.splitlines() == [
        "disable_checkpoint = true",
        "provider_installation {",
        f'  filesystem_mirror {{ path = "{tmp_path}/mirror" }}',
        f'  direct {{ exclude = ["{AWS}"] }}',
        "}",
    ]


def test_without_a_mirror_terraform_keeps_its_own_ways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STOCKCAST_SHARED", raising=False)

    assert providers.write_cli_config(tmp_path / "terraformrc").read_text() == "disable_checkpoint = true\n"


def test_builds_of_the_local_pipelines_share_one_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each build begins in an empty folder: without it a push would download the provider several times."""
    monkeypatch.setenv("STOCKCAST_SHARED", str(tmp_path / "shared"))
    monkeypatch.delenv("TF_PLUGIN_CACHE_DIR", raising=False)

    written = providers.write_cli_config(tmp_path / "terraformrc").read_text()

    cache = tmp_path / "shared" / "tools" / "providers"
    assert written.splitlines() == ["disable_checkpoint = true", f'plugin_cache_dir = "{cache}"']
    assert cache.is_dir()


def test_one_build_at_a_time_fills_the_shared_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Terraform does not lock its cache: two inits at once would leave half a provider there."""
    monkeypatch.setenv("STOCKCAST_SHARED", str(tmp_path / "shared"))
    monkeypatch.delenv("TF_PLUGIN_CACHE_DIR", raising=False)

    with providers.alone_at_init(), (tmp_path / "shared" / "tools" / ".providers.lock").open() as lock:
        assert is_held(lock)


def is_held(lock: TextIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def test_a_named_cache_that_is_not_there_yet_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Terraform refuses one that is missing, and every project's first build would be red."""
    monkeypatch.setenv("TF_PLUGIN_CACHE_DIR", str(tmp_path / "plugin-cache"))

    providers.write_cli_config(tmp_path / "terraformrc")

    assert (tmp_path / "plugin-cache").is_dir()


def test_a_configuration_that_is_right_is_left_alone(tmp_path: Path) -> None:
    """Two Terraforms run side by side, and one must not read what the other is half through writing."""
    file = providers.write_cli_config(tmp_path / "terraformrc")
    before = file.stat().st_ino

    providers.write_cli_config(file)
    untouched = file.stat().st_ino
    file.write_text("something else")
    providers.write_cli_config(file)

    assert untouched == before
    assert file.read_text() == "disable_checkpoint = true\n"
    assert list(tmp_path.iterdir()) == [file]
