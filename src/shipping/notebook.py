"""`make notebook`: fetch bars and the newest judgement of an environment, and run notebooks/explore.ipynb over them.

What the notebook then shows lies in `.local/explore/explore.ipynb`; the one in the repository stays without outputs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3

from shipping import applied, deployer, ending, environments, tools
from shipping.environments import Refused
from stockcast.contracts import keys

NOTEBOOK = tools.ROOT / "notebooks" / "explore.ipynb"
FOLDER = tools.LOCAL / "explore"
EVALUATION = ("evaluation.json", "origins.parquet")
RUN = "from nbclient.cli import main; main()"


def newest_job(s3: Any, models: str) -> str:
    """The training job that was judged last."""
    found: list[dict[str, Any]] = []
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=models, Prefix="evaluation/"):
        found += [entry for entry in page.get("Contents", []) if entry["Key"].endswith(f"/{EVALUATION[0]}")]
    if not found:
        raise Refused(f"s3://{models}/evaluation/ holds no judgement; a training writes one. Train a model first.")
    return str(max(found, key=lambda entry: entry["LastModified"])["Key"].split("/")[1])


def fetch(s3: Any, buckets: dict[str, str], folder: Path) -> str:
    """Bring what the notebook reads into a folder that holds nothing else; the job that was judged."""
    job = newest_job(s3, buckets["models"])
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "bars").mkdir(parents=True)
    (folder / "evaluation").mkdir()
    s3.download_file(buckets["silver"], keys.silver_bars(), str(folder / "bars" / "part.parquet"))
    for name in EVALUATION:
        key = keys.evaluation(job).replace(EVALUATION[0], name)
        s3.download_file(buckets["models"], key, str(folder / "evaluation" / name))
    return job


def run(folder: Path) -> int:
    """Execute a copy of the notebook, in the environment that has all of its libraries."""
    python = tools.sync("dev")
    copy = folder / NOTEBOOK.name
    shutil.copyfile(NOTEBOOK, copy)
    variables = {**os.environ, "PYTHONPATH": str(tools.ROOT / "src"), "STOCKCAST_EXPLORE": str(folder)}
    return subprocess.call([str(python), "-c", RUN, "--inplace", str(copy)], env=variables, cwd=folder)


def show(environment: str) -> int:
    known = applied.outputs(environment)
    job = fetch(boto3.client("s3", region_name=known["region"]), known["buckets"], FOLDER)
    print(f"running {NOTEBOOK.name} over {job}", flush=True)
    status = run(FOLDER)
    if status == 0:
        print(f"{FOLDER / NOTEBOOK.name}: open it in an editor that shows notebooks")
    return status


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="shipping.notebook", description=__doc__)
    parser.add_argument("--env", default=environments.LOCAL)
    args = parser.parse_args(argv)
    status = 0

    def work() -> None:
        nonlocal status
        deployer.take()
        environments.check_name(args.env)
        status = show(args.env)

    return ending.status_of(work) or status


if __name__ == "__main__":
    sys.exit(main())
