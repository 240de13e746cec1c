"""The images hold what the lock file says, and a drift is found. uv is real; it reads the lock file, no network."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from shipping import requirements, tools
from shipping.requirements import TARGETS


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The images' requirements as they lie in this clone."""
    for target in TARGETS.values():
        (tmp_path / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tools.ROOT / target, tmp_path / target)
    return tmp_path


def test_what_lies_in_the_clone_is_what_the_lock_file_says(root: Path) -> None:
    """An image would hold other versions than those that were tested."""
    assert requirements.outdated(root) == []


@pytest.mark.parametrize("target", TARGETS.values())
def test_a_pin_changed_by_hand_is_found(root: Path, target: str) -> None:
    """The gate itself: it must see one digit."""
    text = (root / target).read_text()
    (root / target).write_text(text.replace("polars==2.", "polars==3.", 1))

    assert (root / target).read_text() != text
    assert requirements.outdated(root) == [target]


@pytest.mark.parametrize("target", TARGETS.values())
def test_a_missing_file_is_found(root: Path, target: str) -> None:
    (root / target).unlink()

    assert requirements.outdated(root) == [target]


def test_a_drift_fails_the_check_with_the_file_and_the_way_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """CI must be red, and tell what to run."""
    monkeypatch.setattr(requirements, "outdated", lambda: ["serving/requirements.txt"])

    assert requirements.main(["--check"]) == 1
    assert capsys.readouterr().err == "serving/requirements.txt: not what uv.lock says. Run `make requirements`.\n"


def test_what_the_base_image_brings_stays_its_own() -> None:
    """AWS builds TensorFlow for its machines; a second one over it is slower, and larger by a gigabyte."""
    names = {line.split("==")[0] for line in requirements.export("jobs").splitlines()}

    assert {"keras", "polars"} <= names
    assert not {"tensorflow", "tensorflow-cpu"} & names


def test_the_endpoint_s_image_has_no_tensorflow() -> None:
    """Serving starts in a second because it does not load it."""
    assert "tensorflow" not in requirements.export("serve")
