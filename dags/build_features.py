"""Make the feature table out of silver's bars, with the engine that the environment chose.

**When.** After each day's `check_quality` of `forecast_prices`, and by hand whenever the table is wanted. Training and
forecasting do not read the table, they compute the same features themselves; it is for people and programs that ask
with SQL.

**Normal.** Lambda takes seconds to minutes. Glue and EMR Serverless take a minute or two before they begin. With
`transform.engine = "none"` the one task is skipped.

**When it is red.** The error names the run, its own reason and its log. `LAUNCH ERROR` and reasons about capacity are
tried again; a script that failed is not, for it would fail again. `tell_for_the_silent` is red whenever the other task
is, and skipped otherwise.

**Again.** Clear the task: each run replaces the whole table.
"""

from typing import Any

from airflow.sdk import dag, task
from wiring import silence
from wiring.defaults import DEFAULTS
from wiring.names import MACROS
from wiring.transform import Transform


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=1,  # two at once would write the same files
    default_args=DEFAULTS,
    user_defined_macros=MACROS,
    doc_md=__doc__,
    tags=["data"],
)
def build_features() -> None:
    transform = Transform(
        task_id="transform",
        engine="{{ var.value.transform_engine }}",
        run="{{ var.value.transform_run }}",
        name="{{ job_name(var.value.environment, 'transform', dag_run, ti) }}",
    )

    @task(trigger_rule="one_failed", retries=0, on_failure_callback=None)
    def tell_for_the_silent(**context: Any) -> None:
        silence.tell_for_the_silent(context)

    transform >> tell_for_the_silent()


build_features()
