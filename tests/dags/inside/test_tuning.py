"""Tuning: what is asked of SageMaker, and what is proposed."""

import json
import re
from types import SimpleNamespace

import pytest
from airflow.exceptions import AirflowException
from airflow.providers.amazon.aws.hooks.sagemaker import SageMakerHook
from fakes import FakeSageMaker, deferred, raises_exactly, run_context, with_client
from wiring import jobs, tuning
from wiring.names import run_name, tuning_name

TRIED = [
    {"training_job": "tune-002", "values": {"units": "16", "dropout": "0.1"}, "val_loss": 0.231},
    {"training_job": "tune-001", "values": {"units": "32", "dropout": "0.25"}, "val_loss": 0.2345},
    {"training_job": "tune-003", "values": {"units": "64", "dropout": "0.5"}, "val_loss": None},
]
ROLE = "arn:aws:iam::111111111111:role/train"


class Tuner:
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.asked = {}
        self.meta = SimpleNamespace(region_name="us-east-1")

    def create_hyper_parameter_tuning_job(self, **request):
        self.asked = request

    def get_paginator(self, name):
        assert name == "list_training_jobs_for_hyper_parameter_tuning_job"
        found = [
            {
                "TrainingJobName": one["training_job"],
                "TunedHyperParameters": one["values"],
                **(
                    {"FinalHyperParameterTuningJobObjectiveMetric": {"Value": one["val_loss"]}}
                    if one["val_loss"]
                    else {}
                ),
            }
            for one in reversed(TRIED)
        ]
        pages = [{"TrainingJobSummaries": found[:2]}, {"TrainingJobSummaries": found[2:]}]
        return SimpleNamespace(paginate=lambda **_: pages)


@pytest.fixture
def tune(rendered):
    """Make the task with its templates filled in; a role's ARN needs no look-up."""

    def make(client, **params):
        task = with_client(rendered("tune_model", "tune", params=params), client)
        task.config["TrainingJobDefinition"]["RoleArn"] = ROLE
        return task

    return make


@pytest.fixture
def train(rendered):
    """Make the task that trains on SageMaker."""

    def make(client):
        task = with_client(rendered("train_model", "train"), client)
        task.config["RoleArn"] = ROLE
        task.backend = "sagemaker"
        return task

    return make


def test_the_request_is_one_that_sagemaker_takes(tune):
    """boto3 refuses "12" where it wants 12; the embedded AWS and the real one refuse a name above 32 characters."""
    client = Tuner()
    task = tune(client, trainings=12, at_once=2)

    waiting = deferred(lambda: task.execute({}))

    limits = client.asked["HyperParameterTuningJobConfig"]["ResourceLimits"]
    assert limits == {"MaxNumberOfTrainingJobs": 12, "MaxParallelTrainingJobs": 2}
    assert len(client.asked["HyperParameterTuningJobName"]) <= 32
    assert client.asked["HyperParameterTuningJobName"].startswith("stockcast-test-")  # what Airflow's role may make
    assert waiting.trigger.job_type == "tuning"
    assert waiting.trigger.job_name == client.asked["HyperParameterTuningJobName"]


def test_a_tuned_value_is_not_fixed_as_well(tune):
    """SageMaker refuses a hyperparameter that is in both; three seeds a try would cost three times as much."""
    client = Tuner()
    task = tune(client, trainings=1, at_once=1)
    task.hyperparameters = json.dumps({"epochs": "30", "seeds": "0,1,2", "units": "32", "dropout": "0.2"})

    deferred(lambda: task.execute({}))

    fixed = client.asked["TrainingJobDefinition"]["StaticHyperParameters"]
    assert fixed["epochs"] == "30" and fixed["seeds"] == "0"
    assert not set(fixed) & set(tuning.TUNED)


def test_the_metric_is_the_one_that_train_prints():
    """A regex that matches nothing makes a tuning without a best."""
    regex = tuning.METRICS[0]["Regex"]

    assert re.search(regex, "seeds: 0 val_loss: 0.2310")[1] == "0.2310"
    assert not re.search(regex, "seed: 0 epoch: 1 loss: 0.3 val_loss: 0.2396 seconds: 2.4")


def test_tries_come_with_the_lowest_loss_first(monkeypatch):
    monkeypatch.setattr(SageMakerHook, "conn", property(lambda _: Tuner()))

    assert tuning.tries("tune") == TRIED


def test_the_proposal_can_be_written_into_an_environment_s_values():
    text = tuning.proposal(TRIED, {"epochs": "30", "seeds": "0,1,2", "units": "32"})

    assert 'training.hyperparameters = { dropout = "0.1", epochs = "30", seeds = "0,1,2", units = "16" }' in text
    assert "2 of 3 trainings told their val_loss" in text
    assert "Nothing was changed" in text


def test_a_tuning_without_a_loss_proposes_nothing():
    with raises_exactly(AirflowException, "None of 1 trainings told its val_loss"):
        tuning.proposal([TRIED[2]], {})


def test_a_failed_tuning_names_the_log_that_exists():
    words = str(jobs.failure("HyperParameterTuning", "t", {"HyperParameterTuningJobStatus": "Failed"}))

    assert "/aws/sagemaker/TrainingJobs" in words


def test_a_later_try_finds_the_checkpoints_of_the_earlier_one(rendered):
    """A name per try would begin anew each time; a name for ever would go on from another run's."""
    context = run_context()

    first = run_name("test", "train", context["dag_run"])

    assert first == run_name("test", "train", context["dag_run"])
    uri = rendered("train_model", "train").config["CheckpointConfig"]["S3Uri"]
    assert uri.startswith("s3://<models_bucket>/checkpoints/stockcast-test-train-") and uri.endswith("/")


def test_a_tuning_s_name_fits_for_the_longest_environment():
    context = run_context()

    name = tuning_name("abcdefghijkl", context["dag_run"], SimpleNamespace(try_number=12))

    assert len(name) <= 32 and name.startswith("stockcast-abcdefghijkl-") and name.endswith("-12")


def test_spot_and_machines_are_laid_over_the_request(train):
    """A setting that changes nothing would be paid for in full."""
    client = FakeSageMaker()
    task = train(client)
    task.spot, task.instance_count = "true", "2"

    deferred(lambda: task.execute({}))

    assert client.job["EnableManagedSpotTraining"] is True
    assert client.job["StoppingCondition"] == {"MaxRuntimeInSeconds": 14400, "MaxWaitTimeInSeconds": 28800}
    assert client.job["ResourceConfig"]["InstanceCount"] == 2
    assert client.job["ResourceConfig"]["VolumeKmsKeyId"] == "<kms_key>"


def test_without_spot_nothing_of_it_is_asked_for(train):
    """AWS refuses a waiting time for machines that nobody takes away."""
    client = FakeSageMaker()

    deferred(lambda: train(client).execute({}))

    assert "EnableManagedSpotTraining" not in client.job
    assert client.job["StoppingCondition"] == {"MaxRuntimeInSeconds": 14400}
