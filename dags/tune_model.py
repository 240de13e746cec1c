"""Look for better hyperparameters of the LSTM, and propose them; nothing is changed.

**When.** By hand, when the data or the network has changed much; never by itself. Each try trains one network on the
bars that lie in silver, and is paid for.

**Normal.** With 12 tries, two at a time, an hour on AWS. `propose` ends with a message to the alerts topic: all tries
by their validation loss, and the line to write into `envs/`. Losses that differ in the third digit do not differ:
another seed would order them otherwise. What a change is worth, the gate says after the next training.

**When it is red.** `tune`: the message carries SageMaker's reason; single tries may fail, all may not.
`tell_for_the_silent` is red whenever another task is, and skipped otherwise. Read the other one.

**Again.** Clear `tune`: the same values are tried again, under another name.
"""

from typing import Any

from airflow.sdk import Param, dag, task
from wiring import silence, tuning
from wiring.defaults import DEFAULTS
from wiring.jobs import KEY, one_machine
from wiring.names import MACROS
from wiring.tags import tags

BARS = "s3://{{ var.value.silver_bucket }}/bars/"
PARAMS = {
    "trainings": Param(
        12, type="integer", minimum=1, maximum=100, title="Trainings", description="How many are tried."
    ),
    "at_once": Param(2, type="integer", minimum=1, maximum=10, title="At once", description="How many machines."),
}


@dag(
    schedule=None,
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    params=PARAMS,
    user_defined_macros=MACROS,
    doc_md=__doc__,
    tags=["by hand"],
)
def tune_model() -> None:
    tune = tuning.TuningJob(
        task_id="tune",
        hyperparameters="{{ var.value.training_hyperparameters }}",
        config={
            "HyperParameterTuningJobName": "{{ tuning_name(var.value.environment, dag_run, ti) }}",
            "HyperParameterTuningJobConfig": tuning.search("{{ params.trainings }}", "{{ params.at_once }}"),
            "TrainingJobDefinition": {
                "StaticHyperParameters": {
                    "seeds": "0",  # one network a try: the average of three would cost three times as much
                    "sagemaker_program": "train.py",
                    "sagemaker_submit_directory": "{{ var.value.job_source }}",
                },
                "AlgorithmSpecification": {
                    "TrainingImage": "{{ var.value.jobs_image }}",
                    "TrainingInputMode": "File",
                    "MetricDefinitions": tuning.METRICS,
                },
                "RoleArn": "{{ var.value.train_role }}",
                "InputDataConfig": [
                    {
                        "ChannelName": "bars",
                        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": BARS}},
                    }
                ],
                "OutputDataConfig": {"KmsKeyId": KEY, "S3OutputPath": "s3://{{ var.value.models_bucket }}/training"},
                "ResourceConfig": one_machine(disk_gb=20),
                "StoppingCondition": {"MaxRuntimeInSeconds": 2 * 3600},
            },
            "Tags": tags(),
        },
    )

    @task
    def propose(topic: str, job: str, settled: str) -> dict[str, Any]:
        return tuning.propose(topic, job, settled)

    @task(trigger_rule="one_failed", retries=0, on_failure_callback=None)
    def tell_for_the_silent(**context: Any) -> None:
        silence.tell_for_the_silent(context)

    proposed = propose(
        "{{ var.value.alerts_topic }}",
        "{{ ti.xcom_pull(task_ids='tune')['tuning_job'] }}",
        "{{ var.value.training_hyperparameters }}",
    )
    tune >> proposed
    [tune, proposed] >> tell_for_the_silent()


tune_model()
