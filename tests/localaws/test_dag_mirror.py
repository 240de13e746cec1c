"""The local Airflow sees the DAGs of the environment's bucket, and nothing else is touched."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.localaws.helpers import Gateway

pytestmark = pytest.mark.usefixtures("airflow_environment")


def within_seconds(seconds: float, holds: Callable[[], bool]) -> bool:
    """Whether something comes true in time; the mirror looks every three seconds."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
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
