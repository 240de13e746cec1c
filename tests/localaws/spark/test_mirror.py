"""s3:// arguments as folders: what is there comes, what changes goes, what the role may not do fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from tests.localaws.helpers import Gateway, role_client

from localaws.spark.failure import SparkFailed
from localaws.spark.mirror import Mirror


@pytest.fixture
def mirror(gateway: Gateway, s3: Any, job_role: str, tmp_path: Path) -> Mirror:
    """The S3 of a run under the role that may use the bucket `lake`."""
    return Mirror(role_client(gateway, job_role, "s3"), job_role, tmp_path / "s3")


def local(argument: str) -> Path:
    return Path(unquote(urlsplit(argument.partition("=")[2] or argument).path))


def keys(s3: Any, prefix: str) -> dict[str, bytes]:
    found = s3.list_objects_v2(Bucket="lake", Prefix=prefix).get("Contents", [])
    return {each["Key"]: s3.get_object(Bucket="lake", Key=each["Key"])["Body"].read() for each in found}


def test_an_overwritten_folder_comes_out_as_on_aws(mirror: Mirror, s3: Any) -> None:
    """Spark replaces what lay there: a part of an earlier run would double rows."""
    for name in ("old", "kept"):
        s3.put_object(Bucket="lake", Key=f"mirror-a/t/{name}.parquet", Body=b"1")
    s3.put_object(Bucket="lake", Key="mirror-a/table-of-others/x", Body=b"1")
    folder = local(mirror.localised("s3://lake/mirror-a/t/"))
    assert sorted(path.name for path in folder.iterdir()) == ["kept.parquet", "old.parquet"]

    (folder / "old.parquet").unlink()
    (folder / "_SUCCESS").touch()
    (folder / "day=2").mkdir()
    (folder / "day=2" / "new.parquet").write_bytes(b"22")
    (folder / ".new.parquet.crc").write_bytes(b"local")
    mirror.s3 = s3  # root, since the role may not delete
    mirror.push()

    assert keys(s3, "mirror-a/") == {
        "mirror-a/t/_SUCCESS": b"", "mirror-a/t/day=2/new.parquet": b"22", "mirror-a/t/kept.parquet": b"1",
        "mirror-a/table-of-others/x": b"1",
    }  # fmt: skip


def test_only_whole_addresses_are_moved(mirror: Mirror) -> None:
    assert mirror.localised("--day=2013-03-01") == "--day=2013-03-01"
    assert mirror.localised("see s3://lake/x") == "see s3://lake/x"
    assert mirror.localised("--out=s3a://lake/mirror-b/").startswith("--out=file:///")
    assert mirror.localised("--out=s3a://lake/mirror-b/").endswith("/lake/mirror-b/")


def test_one_object_may_be_named_too(mirror: Mirror, s3: Any) -> None:
    s3.put_object(Bucket="lake", Key="mirror-c/one.csv", Body=b"a")
    s3.put_object(Bucket="lake", Key="mirror-c/one.csv.bak", Body=b"b")

    assert local(mirror.localised("s3://lake/mirror-c/one.csv")).read_bytes() == b"a"
    assert not local(mirror.localised("s3://lake/mirror-c/one.csv.bak2")).exists()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda mirror: mirror.localised("s3://closed/x/"),
            "Listing s3://closed/x failed under the role .*AccessDenied",
        ),
        (
            lambda mirror: mirror.fetch("s3://lake/mirror-d/no.py", mirror.folder),
            "Reading s3://lake/mirror-d/no.py .*404",
        ),
        (lambda mirror: mirror.require("s3://closed/x.tar.gz"), "Reading s3://closed/x.tar.gz .*403"),
        (lambda mirror: mirror.localised("s3:///x"), "is no S3 address"),
    ],
)
def test_what_is_not_there_or_not_allowed_is_told_with_the_role(mirror: Mirror, call: Any, words: str) -> None:
    """A missing right that only shows on AWS costs a day."""
    with pytest.raises(SparkFailed, match=words):
        call(mirror)


def test_a_role_that_may_not_delete_cannot_overwrite(mirror: Mirror, s3: Any) -> None:
    s3.put_object(Bucket="lake", Key="mirror-e/old", Body=b"1")
    (local(mirror.localised("s3://lake/mirror-e/")) / "old").unlink()

    with pytest.raises(SparkFailed, match="Deleting s3://lake/mirror-e/old failed"):
        mirror.push()
