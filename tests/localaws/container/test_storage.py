"""How keys become files, and files keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from localaws.container.failure import JobFailed
from localaws.container.platform import without_tag
from localaws.container.processing import below, moved
from localaws.container.storage import inside, relative, split


@pytest.mark.parametrize(
    ("key", "prefix", "name"),
    [
        ("bars/year=2013/part.parquet", "bars/", "year=2013/part.parquet"),
        ("bars/year=2013/part.parquet", "bars", "year=2013/part.parquet"),
        ("code/train.py", "code/train.py", "train.py"),
        ("raw/day=1/a.json", "raw/day=", "day=1/a.json"),
        ("a.json", "", "a.json"),
    ],
)
def test_an_object_is_named_after_what_follows_its_prefix(key: str, prefix: str, name: str) -> None:
    """A script finds its files under the names that AWS gives them."""
    assert relative(key, prefix) == name


@pytest.mark.parametrize("name", ["../outside", "a/../../outside", "/etc/passwd"])
def test_a_key_cannot_lead_outside_the_folder(tmp_path: Path, name: str) -> None:
    """S3 allows any key; a job's folder ends where it ends."""
    with pytest.raises(JobFailed, match="leads outside the job's folder"):
        inside(tmp_path / "job", name)


def test_a_container_path_cannot_lead_outside_the_container(tmp_path: Path) -> None:
    """The same for the paths of a request."""
    assert below(tmp_path, "/opt/ml/processing/output") == tmp_path / "opt/ml/processing/output"
    with pytest.raises(JobFailed, match="leads outside the container"):
        below(tmp_path, "/opt/../../x")


@pytest.mark.parametrize("uri", ["bucket/key", "https://bucket/key", "s3:///key"])
def test_what_is_no_s3_uri_is_told(uri: str) -> None:
    """The reason quotes what was given."""
    with pytest.raises(JobFailed, match="is not an S3 URI; write s3://bucket/key"):
        split(uri)


def test_arguments_are_moved_wherever_they_hold_a_container_path(tmp_path: Path) -> None:
    """Also behind an equals sign, and not where only the beginning is alike."""
    assert moved("--out=/opt/ml/processing/output", tmp_path) == f"--out={tmp_path}/opt/ml/processing/output"
    assert moved("/opt/mlops", tmp_path) == "/opt/mlops"


@pytest.mark.parametrize("uri", ["host:5000/jobs", "host:5000/jobs:v1", "host:5000/jobs@sha256:ab"])
def test_an_image_is_known_by_its_name_without_tag(uri: str) -> None:
    """A port is no tag."""
    assert without_tag(uri) == "host:5000/jobs"
