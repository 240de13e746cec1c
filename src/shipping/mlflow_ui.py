"""`make mlflow`: MLflow's pages over the runs of an environment, on this machine only, until Ctrl-C.

The file with the runs is copied first, so nothing that is done in the pages reaches the environment; pictures and model
cards are read from the bucket when they are looked at. A server that SageMaker manages has pages of its own: their
address, good for five minutes, is printed instead.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from shipping import applied, deployer, ending, environments, tools
from shipping.environments import Refused

DATABASE = "mlflow/db/mlflow.db"
ARTIFACTS = "mlflow/artifacts"
NO_SERVER = "none"
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # nobody asks for jobs here, and their workers are eight processes
    "DO_NOT_TRACK": "true",
}


def command(python: Path, database: Path, artifacts: str, port: int) -> list[str]:
    """The server. It answers on this machine alone; artifacts are addressed relative to where it is told they lie."""
    return [
        str(python), "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--backend-store-uri", f"sqlite:///{database}", "--artifacts-destination", artifacts,
        "--default-artifact-root", "mlflow-artifacts:/",
    ]  # fmt: skip


def fetch(s3: Any, bucket: str, target: Path, environment: str) -> None:
    """Copy the file with the runs."""
    try:
        s3.download_file(bucket, DATABASE, str(target))
    except ClientError as problem:
        if problem.response["Error"]["Code"] not in ("404", "NoSuchKey"):
            raise
        raise Refused(
            f"s3://{bucket}/{DATABASE} does not exist; the DAG train_model writes it after a training. "
            f"Train a model in {environment} first."
        ) from problem


def server_of(ssm: Any, prefix: str) -> str:
    """The setting `tracking_server`: an ARN, or none."""
    value: str = ssm.get_parameter(Name=f"{prefix}/tracking_server")["Parameter"]["Value"]
    return value


def show(environment: str, port: int) -> int:
    known = applied.outputs(environment)
    region, bucket = known["region"], known["buckets"]["models"]
    server = server_of(boto3.client("ssm", region_name=region), known["settings_prefix"])
    if server != NO_SERVER:
        sagemaker = boto3.client("sagemaker", region_name=region)
        answer = sagemaker.create_presigned_mlflow_tracking_server_url(TrackingServerName=server.rsplit("/", 1)[-1])
        print(answer["AuthorizedUrl"])
        return 0
    python = tools.sync("jobs")
    with tempfile.TemporaryDirectory(prefix="stockcast-mlflow-") as folder:
        database = Path(folder) / "mlflow.db"
        fetch(boto3.client("s3", region_name=region), bucket, database, environment)
        print(f"MLflow of {environment}, a copy as of now: http://127.0.0.1:{port} (Ctrl-C ends it)", flush=True)
        variables = {**os.environ, **QUIET, "AWS_DEFAULT_REGION": region}
        process = subprocess.Popen(
            command(python, database, f"s3://{bucket}/{ARTIFACTS}", port), env=variables, cwd=folder
        )
        try:
            return process.wait()
        except KeyboardInterrupt:  # the server got it too, and ends by itself
            process.wait()
            return 0


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="shipping.mlflow_ui", description=__doc__)
    parser.add_argument("--env", default=environments.LOCAL)
    parser.add_argument("--port", type=int, default=5000)
    args = parser.parse_args(argv)
    status = 0

    def work() -> None:
        nonlocal status
        deployer.take()
        environments.check_name(args.env)
        status = show(args.env, args.port)

    return ending.status_of(work) or status


if __name__ == "__main__":
    sys.exit(main())
