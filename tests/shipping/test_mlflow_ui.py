"""MLflow's pages over an environment's runs; tests/stockcast/tracking/test_keeping.py starts the server for real."""

from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from shipping import mlflow_ui
from shipping.environments import Refused


class Bucket:
    def __init__(self, code: str = "") -> None:
        self.code = code

    def download_file(self, bucket, key, target):
        if self.code:
            raise ClientError({"Error": {"Code": self.code}}, "HeadObject")
        Path(target).write_text(f"{bucket}/{key}")


def test_the_pages_are_for_this_machine_alone():
    """They have no login, and show what a company may not show."""
    told = mlflow_ui.command(Path("python"), Path("/tmp/mlflow.db"), "s3://models/mlflow/artifacts", 5000)

    assert told[told.index("--host") + 1] == "127.0.0.1"
    assert told[told.index("--artifacts-destination") + 1] == "s3://models/mlflow/artifacts"


def test_the_file_with_the_runs_is_copied(tmp_path):
    mlflow_ui.fetch(Bucket(), "models", tmp_path / "mlflow.db", "dev")

    assert (tmp_path / "mlflow.db").read_text() == "models/mlflow/db/mlflow.db"


def test_without_a_training_the_way_out_is_told(tmp_path):
    with pytest.raises(Refused, match="Train a model in dev first"):
        mlflow_ui.fetch(Bucket("404"), "models", tmp_path / "mlflow.db", "dev")


def test_a_bucket_that_may_not_be_read_is_not_taken_for_an_empty_one(tmp_path):
    with pytest.raises(ClientError, match="403"):
        mlflow_ui.fetch(Bucket("403"), "models", tmp_path / "mlflow.db", "dev")
