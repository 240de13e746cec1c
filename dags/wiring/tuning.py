"""Tuning as an Airflow task, and what it proposes.

A tuning chooses by the validation loss of one network per try. Whether the values make a better model is for the next
training and its gate to say: nothing tuned is registered or deployed.
"""

import json
from typing import Any

from airflow.exceptions import AirflowException
from airflow.providers.amazon.aws.hooks.sagemaker import SageMakerHook
from airflow.providers.amazon.aws.hooks.sns import SnsHook
from airflow.providers.amazon.aws.operators.sagemaker import SageMakerTuningOperator

from wiring.jobs import Job

LOSS = "val_loss"
METRICS = [{"Name": LOSS, "Regex": r"^seeds: .* val_loss: ([0-9.]+)"}]  # train.py's last line
# Around the values that train.py has by itself. Names are train.py's arguments.
RANGES = {
    "ContinuousParameterRanges": [
        {"Name": "dropout", "MinValue": "0.0", "MaxValue": "0.5", "ScalingType": "Linear"},
        {"Name": "learning_rate", "MinValue": "0.0002", "MaxValue": "0.005", "ScalingType": "Logarithmic"},
    ],
    "IntegerParameterRanges": [
        {"Name": "lookback", "MinValue": "20", "MaxValue": "80", "ScalingType": "Linear"},
        {"Name": "units", "MinValue": "8", "MaxValue": "64", "ScalingType": "Logarithmic"},
    ],
}
TUNED = sorted(each["Name"] for ranges in RANGES.values() for each in ranges)


def search(at_most: str, at_once: str) -> dict[str, Any]:
    """HyperParameterTuningJobConfig. Random: as good as others on four values, and the same seed tries the same."""
    return {
        "Strategy": "Random",
        "RandomSeed": 0,
        "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": LOSS},
        "ResourceLimits": {"MaxNumberOfTrainingJobs": at_most, "MaxParallelTrainingJobs": at_once},
        "ParameterRanges": RANGES,
    }


class TuningJob(Job, SageMakerTuningOperator):
    """`hyperparameters` is a JSON object of strings; those that are not tuned are laid over the fixed ones."""

    kind = "HyperParameterTuning"
    watched_as = "tuning"
    template_fields = (*SageMakerTuningOperator.template_fields, "hyperparameters")

    def __init__(self, *, hyperparameters: str = "{}", **arguments: Any) -> None:
        super().__init__(**arguments)
        self.hyperparameters = hyperparameters

    def create(self) -> None:
        definition = self.config["TrainingJobDefinition"]
        settled = {name: value for name, value in json.loads(self.hyperparameters).items() if name not in TUNED}
        fixed = settled | definition["StaticHyperParameters"]
        request = self.config | {"TrainingJobDefinition": definition | {"StaticHyperParameters": fixed}}
        # not the hook's own method: it looks into the data first, for which Airflow's role would need a right
        self.hook.conn.create_hyper_parameter_tuning_job(**request)

    def describe(self) -> dict[str, Any]:
        return self.hook.describe_tuning_job(self.job)

    def summary(self, job: dict[str, Any]) -> dict[str, str]:
        return {"tuning_job": self.job}


def tries(job: str) -> list[dict[str, Any]]:
    """All trainings of a tuning: name, values and loss, lowest loss first; those without a loss last."""
    pages = SageMakerHook(aws_conn_id=None).conn.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job")
    found = [one for page in pages.paginate(HyperParameterTuningJobName=job) for one in page["TrainingJobSummaries"]]
    told = [
        {
            "training_job": one["TrainingJobName"],
            "values": one["TunedHyperParameters"],
            LOSS: one.get("FinalHyperParameterTuningJobObjectiveMetric", {}).get("Value"),
        }
        for one in found
    ]
    return sorted(told, key=lambda one: (one[LOSS] is None, one[LOSS] or 0.0, one["training_job"]))


def proposal(tried: list[dict[str, Any]], settled: dict[str, str]) -> str:
    """What a person reads: the values to write into envs/, and how much they differ from the others."""
    known = [one for one in tried if one[LOSS] is not None]
    if not known:
        raise AirflowException(
            f"None of {len(tried)} trainings told its {LOSS}; one must, to be the best. Read CloudWatch Logs, group "
            "/aws/sagemaker/TrainingJobs, mend it and clear the task before."
        )
    best = known[0]
    kept = {name: value for name, value in settled.items() if name not in TUNED}
    values = ", ".join(f'{name} = "{value}"' for name, value in sorted((kept | best["values"]).items()))
    lines = [f"{one[LOSS]:.4f}  {_spelt(one['values'])}  {one['training_job']}" for one in known]
    return "\n".join(
        [
            f"{len(known)} of {len(tried)} trainings told their {LOSS}, one network each; from the lowest:",
            *lines,
            "",
            "Nothing was changed. To train with the first, write this into envs/<environment>/platform.tfvars, apply "
            "it and run train_model, whose gate judges the model as any other:",
            f"training.hyperparameters = {{ {values} }}",
        ]
    )


def propose(topic: str, job: str, settled: str) -> dict[str, Any]:
    """Tell it in the log and on the alerts topic; the best values are the answer."""
    tried = tries(job)
    text = proposal(tried, json.loads(settled))
    print(text)
    SnsHook(aws_conn_id=None).publish_to_target(topic, text, subject="Stockcast: tuned hyperparameters")
    return tried[0]


def _spelt(values: dict[str, str]) -> str:
    return " ".join(f"{name}={float(value):.4g}" for name, value in sorted(values.items()))
