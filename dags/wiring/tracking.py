"""From a training to its run in MLflow, and to the commit that its DAG came from."""

import json
from pathlib import Path

from airflow.providers.amazon.aws.hooks.s3 import S3Hook

MANIFEST = Path(__file__).resolve().parents[1] / "manifest.json"  # the sync writes it beside the DAGs


def commit() -> str:
    """The commit that the DAGs were synced from; the jobs' code is brought by a pipeline of the same commit."""
    try:
        return str(json.loads(MANIFEST.read_text())["commit"])
    except (OSError, ValueError, KeyError):
        return "unknown"


def run_of(uri: str, job: str) -> str:
    """The id of the run that the tracking job made; empty where that job did not end well.

    Nothing is looked for then: a model that passed its gate shall not wait for a record about it.
    """
    if not job:
        return ""
    bucket, key = S3Hook.parse_s3_url(uri)
    return str(json.loads(S3Hook(aws_conn_id=None).read_key(key, bucket))["run_id"])


MACROS = {"commit": commit}
