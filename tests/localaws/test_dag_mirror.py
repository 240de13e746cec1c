"""The local Airflow sees the DAGs of the environment's bucket, and nothing else is touched."""

from __future__ import annotations

import io
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.localaws.helpers import Gateway

from localaws.dag_mirror import DagMirror
from localaws.gateway import config

pytestmark = pytest.mark.usefixtures("airflow_environment")
ENVIRONMENT = {"SourceBucketArn": "arn:aws:s3:::dag-source", "DagS3Path": "dags", "Name": "toys"}


def within_seconds(seconds: float, holds: Callable[[], bool]) -> bool:
    """Whether something comes true in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_new_changed_and_deleted_dags_are_mirrored(gateway: Gateway, s3: Any) -> None:
    """A DAG synced to the bucket must show up, and a deleted one must go; other files are nobody's business."""
    folder = gateway.folder / "dags"
    (folder / "notes.txt").write_text("not from the bucket")

    def content() -> dict[str, str]:
        return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}

    s3.put_object(Bucket="dag-source", Key="dags/a.py", Body=b"one")
    s3.put_object(Bucket="dag-source", Key="dags/wiring/b.py", Body=b"two")
    s3.put_object(Bucket="dag-source", Key="requirements.txt", Body=b"")
    notes = {"notes.txt": "not from the bucket"}
    assert within_seconds(15, lambda: content() == {"a.py": "one", "wiring/b.py": "two", **notes})

    s3.put_object(Bucket="dag-source", Key="dags/a.py", Body=b"changed")
    s3.delete_object(Bucket="dag-source", Key="dags/wiring/b.py")
    assert within_seconds(15, lambda: content() == {"a.py": "changed", **notes})
    assert gateway.health()["dags"]["trouble"] is None


def test_a_role_that_may_not_read_the_dags_is_told(gateway: Gateway, iam: Any) -> None:
    """On AWS the DAGs would just never appear, and nobody would know why."""
    allowed = iam.get_role_policy(RoleName="mwaa", PolicyName="all")["PolicyDocument"]

    iam.delete_role_policy(RoleName="mwaa", PolicyName="all")
    told = within_seconds(15, lambda: "s3:ListBucket" in (gateway.health()["dags"]["trouble"] or ""))
    iam.put_role_policy(RoleName="mwaa", PolicyName="all", PolicyDocument=json.dumps(allowed))

    assert told
    assert within_seconds(15, lambda: gateway.health()["dags"]["trouble"] is None)


def test_only_one_environment_is_mirrored(gateway: Gateway, s3: Any, airflow_environment: dict[str, Any]) -> None:
    """Two would delete each other's DAGs in the one folder there is."""
    airflow = gateway.client("mwaa")
    airflow.create_environment(Name="second", **{**airflow_environment, "DagS3Path": "requirements.txt"})

    told = within_seconds(15, lambda: "second is not mirrored" in (gateway.health()["dags"]["trouble"] or ""))
    airflow.delete_environment(Name="second")

    assert told


class Bucket:
    """A bucket whose objects can be fetched but for one; it notes what lay in the folder meanwhile."""

    def __init__(self, folder: Path, **objects: str) -> None:
        self.folder, self.objects, self.broken, self.seen = folder, objects, "", list[set[str]]()

    def get_paginator(self, _: str) -> Bucket:
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        return [{"Contents": [{"Key": f"dags/{name}", "ETag": text} for name, text in self.objects.items()]}]

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        if Key == f"dags/{self.broken}":
            raise OSError("the connection is gone")
        self.seen.append({path.name for path in self.folder.rglob("*.py")})
        return {"Body": io.BytesIO(self.objects[Key.removeprefix("dags/")].encode())}


@pytest.fixture
def mirror(tmp_path: Path) -> DagMirror:
    given = {"port": 1, "account_id": "1", "region": "r", "stack_id": "s", "images": {}}
    given |= {"state_dir": str(tmp_path), "log_dir": str(tmp_path), "airflow": {"mirror_to": str(tmp_path / "dags")}}
    (tmp_path / "gateway.json").write_text(json.dumps(given))
    return DagMirror(config.read(tmp_path / "gateway.json"))


def test_nothing_is_put_in_its_place_before_all_of_it_is_there(
    mirror: DagMirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A DAG that arrives before its module is an import error, which a delivery would report."""
    folder = tmp_path / "dags"
    bucket = Bucket(folder, **{"a.py": "one", "wiring/b.py": "two"})
    monkeypatch.setattr(mirror, "_s3_of", lambda _: bucket)

    bucket.broken = "wiring/b.py"
    with pytest.raises(OSError, match="connection is gone"):
        mirror.mirror(ENVIRONMENT)
    assert [*folder.glob("*.py")] == []
    bucket.broken = ""
    mirror.mirror(ENVIRONMENT)

    assert bucket.seen == [set()] * 3
    assert {str(path.relative_to(folder)) for path in folder.rglob("*.py")} == {"a.py", "wiring/b.py"}


@pytest.mark.parametrize(
    ("objects", "younger"),
    [
        ({"a.py": "one", "c.py": "three", "wiring/b.py": "changed"}, {"a.py", "c.py", "wiring/b.py"}),
        ({"a.py": "one", "c.py": "three"}, {"a.py", "c.py"}),
        ({"a.py": "changed", "c.py": "three", "wiring/b.py": "two"}, {"a.py"}),
    ],
    ids=["a module changed", "a module is gone", "a DAG changed"],
)
def test_a_changed_module_makes_airflow_parse_the_dags_that_may_import_it(
    mirror: DagMirror, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, objects: dict[str, str], younger: set[str]
) -> None:
    """Airflow parses at once only files that are younger than its last parse; it would run the old module's DAGs."""
    folder = tmp_path / "dags"
    bucket = Bucket(folder, **{"a.py": "one", "c.py": "three", "wiring/b.py": "two"})
    monkeypatch.setattr(mirror, "_s3_of", lambda _: bucket)
    mirror.mirror(ENVIRONMENT)
    for file in folder.rglob("*.py"):
        os.utime(file, (0, 0))

    bucket.objects = objects
    mirror.mirror(ENVIRONMENT)

    assert {str(file.relative_to(folder)) for file in folder.rglob("*.py") if file.stat().st_mtime > 0} == younger
