"""Kept reports save a push its scans, and never stand for sources that nobody has scanned."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from shipping.scan.kept import MOST, Kept
from shipping.scan.targets import Target


@pytest.fixture
def house(tmp_path: Path) -> Path:
    root = tmp_path / "house"
    for path in ("modules/lake/main.tf", "terraform/platform/main.tf", "envs/dev/platform.tfvars"):
        (root / path).parent.mkdir(parents=True)
        (root / path).write_text(path)
    return root


class Scans:
    """Counts the scans that really ran."""

    def __init__(self, tmp_path: Path) -> None:
        self.folder, self.count = tmp_path / "scans", 0

    def __call__(self, root: Path, made_by: str = "checkov 3") -> dict[str, Any]:
        target = Target(root / "terraform/platform", root / "envs/dev/platform.tfvars")

        def scan() -> dict[str, Any]:
            self.count += 1
            return {"file_abs_path": f"{root}/modules/lake/main.tf"}

        return Kept(self.folder, root, made_by).report(target, scan)


@pytest.fixture
def scans(tmp_path: Path) -> Scans:
    return Scans(tmp_path)


def test_the_same_sources_in_another_folder_are_not_scanned_again(house: Path, scans: Scans, tmp_path: Path) -> None:
    """Every build unpacks into a folder of its own; its findings must name that one."""
    elsewhere = tmp_path / "build"
    shutil.copytree(house, elsewhere)

    first, again = scans(house), scans(elsewhere)

    assert scans.count == 1
    assert first["file_abs_path"] == f"{house}/modules/lake/main.tf"
    assert again["file_abs_path"] == f"{elsewhere}/modules/lake/main.tf"


@pytest.mark.parametrize("path", ["modules/lake/main.tf", "terraform/platform/main.tf", "envs/dev/platform.tfvars"])
def test_whatever_changes_is_scanned(house: Path, scans: Scans, path: str) -> None:
    """An opened door would pass as the closed one of yesterday."""
    scans(house)
    (house / path).write_text("opened")

    scans(house)

    assert scans.count == 2


def test_a_new_file_and_a_new_checkov_mean_a_new_scan(house: Path, scans: Scans) -> None:
    scans(house)
    (house / "modules/lake/policy.json").write_text("{}")
    scans(house)

    scans(house, made_by="checkov 4")

    assert scans.count == 3


def test_a_scan_that_failed_is_not_kept(house: Path, scans: Scans) -> None:
    target = Target(house / "terraform/platform")

    def fails() -> dict[str, Any]:
        raise RuntimeError("checkov ended with 2")

    with pytest.raises(RuntimeError):
        Kept(scans.folder, house, "checkov 3").report(target, fails)

    assert not list(scans.folder.glob("*")) if scans.folder.exists() else True


def test_the_oldest_go_where_there_are_too_many(house: Path, scans: Scans) -> None:
    """Each push leaves some; a machine must not fill up with them."""
    scans.folder.mkdir()
    for number in range(MOST + 5):
        (scans.folder / f"{number}.json").write_text("{}")

    scans(house)

    assert len(list(scans.folder.glob("*.json"))) == MOST
