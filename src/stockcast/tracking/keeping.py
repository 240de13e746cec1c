"""Put an outcome into MLflow: one run per training job, which the same job finds again."""

import time
from pathlib import Path

from mlflow.entities import Metric, Param, Run, RunTag
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE

from stockcast.tracking import numbers
from stockcast.tracking.model_card import model_card, summary
from stockcast.tracking.outcome import Outcome
from stockcast.tracking.plots import pictures
from stockcast.tracking.store import Store

CARD = "model_card.md"
PLOTS = "plots"
DOTS_PER_INCH = 110
AT_ONCE = 900  # MLflow takes 1,000 metrics, parameters and tags together


def keep(outcome: Outcome, store: Store, folder: Path) -> Run:
    """Make the run of this training job, or bring the one it has up to date; `folder` is for the files meanwhile.

    A second call with the same outcome changes nothing but times: parameters are what they were, and each metric's
    last value is the same.
    """
    draw(outcome, folder)
    run = _run_of(outcome, store)
    _log(outcome, store, run)
    store.keep(run, folder)
    store.client.set_terminated(run.info.run_id)
    return store.client.get_run(run.info.run_id)


def draw(outcome: Outcome, folder: Path) -> None:
    """The model card and all pictures."""
    (folder / PLOTS).mkdir(parents=True, exist_ok=True)
    (folder / CARD).write_text(model_card(outcome))
    for name, figure in pictures(outcome.origins, outcome.evaluation):
        figure.savefig(folder / PLOTS / f"{name}.png", dpi=DOTS_PER_INCH)


def _run_of(outcome: Outcome, store: Store) -> Run:
    """The run that carries the job's name as a tag; the newest, should a person have copied one."""
    experiment, job = store.experiment(), outcome.training_job
    found = store.client.search_runs([experiment], f"tags.training_job = '{job}'", max_results=1)
    return found[0] if found else store.client.create_run(experiment, run_name=job, tags={"training_job": job})


def _log(outcome: Outcome, store: Store, run: Run) -> None:
    now = int(time.time() * 1000)
    described = {**numbers.tags(outcome), MLFLOW_RUN_NOTE: summary(outcome)}
    store.client.log_batch(
        run.info.run_id,
        params=[Param(name, value) for name, value in numbers.parameters(outcome).items()],
        tags=[RunTag(name, value) for name, value in described.items()],
    )
    values = [Metric(name, value, now, 0) for name, value in numbers.metrics(outcome).items()]
    for start in range(0, len(values), AT_ONCE):
        store.client.log_batch(run.info.run_id, metrics=values[start : start + AT_ONCE])
