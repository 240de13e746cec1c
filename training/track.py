"""Keep what a training was: numbers, pictures and model card in the MLflow run that bears the training job's name.

Nothing is decided here. The run's id and where it lies are written to runs/<training job>.json, by which the model
registry and `make explain` find it.
"""

import argparse
import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from stockcast.tracking import outcome as outcomes
from stockcast.tracking.keeping import Run, keep
from stockcast.tracking.outcome import Outcome
from stockcast.tracking.store import ARTIFACTS, DATABASE, SCHEME, FolderStore, ServerStore, Store

NO_SERVER = "none"


def main(arguments: Sequence[str] | None = None) -> None:
    """Read, keep, tell where."""
    args = _arguments(arguments)
    outcome = outcomes.read(args.evaluation, args.model)
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        run = keep(outcome, _store(args), Path(folder))
    told = pointer(run, outcome, args.server)
    file = args.out / "runs" / f"{outcome.training_job}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(told, indent=2) + "\n")
    print(f"run: {run.info.run_id} of: {outcome.training_job} metrics: {len(run.data.metrics)}", flush=True)


def pointer(run: Run, outcome: Outcome, server: str) -> dict[str, str]:
    """What leads from a training job to its run. `artifacts` is a folder below `artifacts/`, or the server's own."""
    return {
        "artifacts": run.info.artifact_uri.removeprefix(SCHEME),
        "commit": outcome.commit,
        "data_sha256": outcome.recipe["data_sha256"],
        "experiment_id": run.info.experiment_id,
        "feature_version": outcome.recipe["feature_version"],
        "run_id": run.info.run_id,
        "server": server,
        "training_job": outcome.training_job,
    }


def _store(args: argparse.Namespace) -> Store:
    """A server, or the file of earlier runs, copied first: what comes in is not what goes out."""
    if args.server != NO_SERVER:
        return ServerStore(args.server)
    before = args.mlflow / Path(DATABASE).name
    if before.is_file():
        target = args.out / DATABASE
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(before, target)
    return FolderStore(args.out)


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--evaluation", type=Path, required=True, help="folder with what evaluate.py wrote")
    parser.add_argument("--model", type=Path, required=True, help="folder with model.tar.gz, or with its content")
    parser.add_argument(
        "--mlflow", type=Path, required=True, help="folder with mlflow.db; without one a new file begins"
    )
    parser.add_argument(
        "--server", default=NO_SERVER, help="ARN of a tracking server of SageMaker's; default: the file"
    )
    parser.add_argument("--out", type=Path, required=True, help=f"folder for {DATABASE}, {ARTIFACTS}/ and runs/")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
