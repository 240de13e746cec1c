"""Where runs are kept: an SQLite file and artifacts in folders, or a tracking server that SageMaker manages.

Neither knows a path of the machine that wrote it: in the file, artifacts are addressed by `mlflow-artifacts:`, which
means "below the place that the server was started with". So the same file serves on any machine, from any bucket.
"""

import os
import shutil
from pathlib import Path
from typing import Protocol

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Run
from mlflow.store.db.utils import _upgrade_db as upgrade_database
from mlflow.store.db.utils import create_sqlalchemy_engine

DATABASE = "db/mlflow.db"
ARTIFACTS = "artifacts"
SCHEME = "mlflow-artifacts:/"
EXPERIMENT = "stockcast"


class Store(Protocol):
    """Where a run's numbers go by `client`, and its files by `keep`."""

    client: MlflowClient

    def experiment(self) -> str:
        """The id of the one experiment, which is made where it is missing."""
        ...

    def keep(self, run: Run, folder: Path) -> None:
        """Put everything in a folder beside the run; what has the same name is replaced."""
        ...


class FolderStore:
    """`db/mlflow.db` and `artifacts/` below a folder. One writer at a time: SQLite in an object store knows no lock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        database = folder / DATABASE
        database.parent.mkdir(parents=True, exist_ok=True)
        uri = f"sqlite:///{database}"
        if database.exists():  # one that an older MLflow wrote is brought to this one's form
            upgrade_database(create_sqlalchemy_engine(uri))
        os.environ["_MLFLOW_SERVER_ARTIFACT_ROOT"] = SCHEME  # or it would make ./mlruns for an experiment nobody uses
        self.client = MlflowClient(uri)

    def experiment(self) -> str:
        found = self.client.get_experiment_by_name(EXPERIMENT)
        return found.experiment_id if found else self.client.create_experiment(EXPERIMENT, SCHEME + EXPERIMENT)

    def keep(self, run: Run, folder: Path) -> None:
        target = self.folder / ARTIFACTS / run.info.artifact_uri.removeprefix(SCHEME)
        shutil.copytree(folder, target, dirs_exist_ok=True)


class ServerStore:
    """A tracking server by its ARN, which the plugin sagemaker-mlflow resolves; it keeps artifacts in S3 by itself."""

    def __init__(self, arn: str) -> None:
        if not arn.startswith("arn:"):
            raise ValueError(
                f"the tracking server is {arn!r}; it must be the ARN of one that SageMaker manages. "
                "Name it as tracking.server in the environment's values, or leave it out for a file in the bucket."
            )
        mlflow.set_tracking_uri(arn)  # the plugin signs for the server that MLflow as a whole speaks to, and no other
        self.client = MlflowClient(arn)

    def experiment(self) -> str:
        found = self.client.get_experiment_by_name(EXPERIMENT)
        return found.experiment_id if found else self.client.create_experiment(EXPERIMENT)

    def keep(self, run: Run, folder: Path) -> None:
        self.client.log_artifacts(run.info.run_id, str(folder))
