"""Fetch the day's bars, clean them into silver, and write each symbol's forecasts into gold.

**When.** 23:00 UTC, Monday to Friday: US markets have been closed for two hours or more, and the source's
end-of-day corrections are in. A holiday runs too and repeats the last trading day's forecasts, marked `stale`.

**Normal.** Three to ten minutes on AWS. `train_first_model` is skipped, except in an environment that has no
endpoint yet: then it starts `train_model` and waits for it. One red `fetch_bars` that turns green by itself is the
source's limit.

**When it is red.**
- `fetch_bars`: the error names each symbol, the source's status and the remedy. Good symbols are stored already;
  clearing the task fetches again and overwrites. Refused answers lie in bronze under `quarantine/day=.../`.
- `clean_bars`: the job itself broke. Read its log; no forecast is written from unclean bars.
- `check_quality`: too many symbols lack their newest bar or were held back, so nothing of this day was used and the
  last forecasts stand. The error names symbols and rules; the rows lie in silver's `quarantine/day=.../`. Run by hand
  before the day's session is over, it says so too: take the day before. A true move that looks like a fault is noted
  in `training/annotations/labels.csv`.
- `train_first_model`: see the page of `train_model`; its run is named after this one.
- `write_forecasts`: no endpoint answers. After a first model that the gate refused this is right: there is none.
- `build_features`: the DAG of that name could not be started; the feature table is an earlier day's. Whether its run
  ends well is told by that DAG itself, and nothing here waits for it.
- `write_challengers`: the forecasts of naive, ARIMA, Prophet and the like, for people to compare, are those of an
  earlier day. Nothing else waits for them. The job's log names the model.
- `tell_for_the_silent` is red whenever another task is, and skipped otherwise. Read the other one.

**Again.** Clear any task, or run the DAG with `{"day": "2013-03-01"}`: each day overwrites its own keys.
"""

import json
from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import dag, task
from wiring import quality, silence
from wiring.defaults import CHECK_EVERY_SECONDS, DAY, DEFAULTS, day_param
from wiring.functions import Invoke
from wiring.hosting import is_answering
from wiring.jobs import ProcessingJob, folder_in, folder_out, one_machine, program
from wiring.names import MACROS
from wiring.schedule import at
from wiring.tags import tags

EVENT = json.dumps({"day": DAY})


@dag(
    schedule=at("0 23 * * MON-FRI"),
    catchup=False,
    max_active_runs=1,  # two days at once would race for the same silver files
    default_args=DEFAULTS,
    params=day_param(),
    user_defined_macros=MACROS,
    doc_md=__doc__,
    tags=["daily"],
)
def forecast_prices() -> None:
    fetch_bars = Invoke(task_id="fetch_bars", function_name="{{ var.value.ingest_function }}", payload=EVENT)
    clean_bars = ProcessingJob(
        task_id="clean_bars",
        config={
            "ProcessingJobName": "{{ job_name(var.value.environment, 'clean', dag_run, ti) }}",
            "RoleArn": "{{ var.value.clean_role }}",
            "AppSpecification": program(
                "build_silver.py", "--bronze", "/opt/ml/processing/input/bronze",
                "--silver", "/opt/ml/processing/output", "--symbols", "{{ var.value.symbols }}",
                "--sources", "{{ var.value.sources }}", "--day", DAY,
            ),
            "ProcessingInputs": [
                folder_in("code", "{{ var.value.job_code }}"),
                folder_in("bronze", "s3://{{ var.value.bronze_bucket }}/bars/day=" + DAY + "/"),
            ],
            "ProcessingOutputConfig": folder_out("s3://{{ var.value.silver_bucket }}/"),
            "ProcessingResources": {"ClusterConfig": one_machine(disk_gb=10)},
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
            "Tags": tags(),
        },
    )  # fmt: skip

    @task
    def check_quality(bucket: str, day: str, environment: str) -> str:
        report = quality.read_report(bucket, day)
        quality.publish(report, environment)  # first: a stopped day is what people want to see there
        quality.refuse_if_stopped(report, bucket)
        return report["newest_session"]

    @task.branch
    def choose(endpoint: str) -> str:
        return "write_forecasts" if is_answering(endpoint) else "train_first_model"

    train_first_model = TriggerDagRunOperator(
        task_id="train_first_model",
        trigger_dag_id="train_model",
        trigger_run_id="first_model__{{ run_id }}",
        reset_dag_run=True,  # cleared here, that run begins again instead of colliding
        logical_date=None,  # a date of its own would make the watcher look for another run after a reset
        conf={"day": DAY},
        wait_for_completion=True,
        deferrable=True,
        poke_interval=CHECK_EVERY_SECONDS,
        retries=0,  # its tasks have their own
    )
    write_forecasts = Invoke(
        task_id="write_forecasts",
        function_name="{{ var.value.forecast_function }}",
        payload=EVENT,
        trigger_rule="none_failed_min_one_success",  # the branch not taken is skipped
    )
    build_features = TriggerDagRunOperator(
        task_id="build_features",
        trigger_dag_id="build_features",
        trigger_run_id="features__{{ run_id }}",
        reset_dag_run=True,
        logical_date=None,
    )
    write_challengers = ProcessingJob(
        task_id="write_challengers",
        config={
            "ProcessingJobName": "{{ job_name(var.value.environment, 'challenge', dag_run, ti) }}",
            "RoleArn": "{{ var.value.challenge_role }}",
            "AppSpecification": program(
                "challengers.py", "--bars", "/opt/ml/processing/input/bars", "--out", "/opt/ml/processing/output",
                "--day", DAY, "--model_version", "{{ job_name(var.value.environment, 'challenge', dag_run, ti) }}",
            ),
            "ProcessingInputs": [
                folder_in("code", "{{ var.value.job_code }}"),
                folder_in("bars", "s3://{{ var.value.silver_bucket }}/bars/"),
            ],
            "ProcessingOutputConfig": folder_out("s3://{{ var.value.gold_bucket }}/"),
            "ProcessingResources": {"ClusterConfig": one_machine(disk_gb=10)},
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
            "Tags": tags(),
        },
    )  # fmt: skip

    @task(trigger_rule="one_failed", retries=0, on_failure_callback=None)
    def tell_for_the_silent(**context: Any) -> None:
        silence.tell_for_the_silent(context)

    # check before all that uses the bars: a first model learns from them
    checked = check_quality("{{ var.value.silver_bucket }}", DAY, "{{ var.value.environment }}")
    chosen = choose("{{ var.value.endpoint }}")
    fetch_bars >> clean_bars >> checked >> chosen >> [train_first_model, write_forecasts]
    train_first_model >> write_forecasts
    checked >> [build_features, write_challengers]
    steps = [
        fetch_bars, clean_bars, checked, chosen, train_first_model, write_forecasts, build_features, write_challengers,
    ]  # fmt: skip
    steps >> tell_for_the_silent()


forecast_prices()
