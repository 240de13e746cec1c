"""A tag is new exactly when its image would be: of what the Dockerfiles copy nothing is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from shipping import image_content, package
from shipping.lambda_rules import PackageRefused

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("path", "changed"),
    [
        ("serving/server.py", {"serving"}),
        ("serving/Dockerfile", {"serving"}),
        ("serving/requirements.txt", {"serving"}),
        ("src/stockcast/features/recipe.py", {"serving"}),
        ("training/requirements.txt", {"jobs"}),
        ("training/Dockerfile", {"jobs"}),
        ("training/train.py", set()),
        ("dags/train_model.py", set()),
    ],
)
def test_a_change_gives_a_new_tag_to_the_images_that_hold_it(clone: Path, path: str, changed: set[str]) -> None:
    """An old tag would keep the old program in service; a needless one costs ten minutes and gigabytes."""
    before = package.image_tags(clone)
    (clone / path).parent.mkdir(exist_ok=True)
    with (clone / path).open("a") as file:
        file.write("\n# changed\n")

    after = package.image_tags(clone)

    assert {image for image in after if after[image] != before[image]} == changed


def test_caches_of_this_machine_change_no_tag(clone: Path) -> None:
    """Two machines would push the same image under two names."""
    before = package.image_tags(clone)
    (clone / "src/stockcast/__pycache__").mkdir()
    (clone / "src/stockcast/__pycache__/a.cpython-312.pyc").write_bytes(b"stale")

    assert package.image_tags(clone) == before


def test_the_serving_image_is_known_by_all_that_it_copies() -> None:
    assert image_content.copied(ROOT, "serving/Dockerfile") == [
        "serving/Dockerfile",
        "serving/entrypoint.sh",
        "serving/requirements.txt",
        "serving/server.py",
        "src/stockcast",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "ADD https://example.com/a.tar /",
        "COPY --from=other /a /b",
        'COPY ["a b", "/"]',
        "COPY serving/*.py ./",
        "COPY $WHAT ./",
        "COPY serving/server.py \\",
    ],
)
def test_a_line_that_cannot_be_read_is_refused(clone: Path, line: str) -> None:
    """What it copies would be missing in the tag, and its changes would never be deployed."""
    with (clone / "serving/Dockerfile").open("a") as file:
        file.write(f"{line}\n")

    with pytest.raises(PackageRefused, match=r"serving/Dockerfile says .* Name the files one by one"):
        package.build(clone, clone / "build")
    assert not (clone / "build").exists()


def test_a_copied_file_that_is_missing_is_told(clone: Path) -> None:
    (clone / "serving/server.py").unlink()

    with pytest.raises(PackageRefused, match=r"server\.py does not exist"):
        package.image_tags(clone)
