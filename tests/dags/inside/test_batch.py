"""A training on Batch: the same request, the same answer, and SageMaker left alone."""

import json
from typing import Any

from airflow.exceptions import AirflowException, AirflowFailException
from fakes import FakeSageMaker, deferred, raises_exactly, remembering, with_client
from wiring.batch import EXITED, Training

BROKEN_WATCHER = ("__fail__", {"error": "Trigger failure"})
RUN = {"definition": "stockcast-test-train", "log_group": "/aws/batch/x", "queue": "stockcast-test-train"}
CONFIG = {
    "TrainingJobName": "train-1",
    "HyperParameters": {
        "checkpoint_dir": "/opt/ml/checkpoints",
        "sagemaker_program": "train.py",
        "sagemaker_submit_directory": "s3://m/code/1/source.tar.gz",
    },
    "InputDataConfig": [{"ChannelName": "bars", "DataSource": {"S3DataSource": {"S3Uri": "s3://s/bars/"}}}],
    "CheckpointConfig": {"S3Uri": "s3://m/checkpoints/train/"},
    "OutputDataConfig": {"S3OutputPath": "s3://m/training"},
    "Environment": {"STOCKCAST_COMMIT": "0a1b"},
}
BUNDLE = {"training_job": "train-1", "model_data": "s3://m/training/train-1/output/model.tar.gz"}


class FakeBatch:
    """One job, from memory; what a test does not name does not exist."""

    def __init__(self, job: dict[str, Any] | None = None, names: tuple[str, ...] = ()) -> None:
        self.job, self.names = job or {"status": "RUNNING"}, names
        self.submitted: list[dict[str, Any]] = []

    def list_jobs(self, **asked: Any) -> dict[str, Any]:
        wanted = asked["filters"][0]["values"]
        return {"jobSummaryList": [{"jobId": f"id-{name}"} for name in self.names if name in wanted]}

    def submit_job(self, **request: Any) -> dict[str, str]:
        self.submitted.append(request)
        return {"jobId": "id-new"}

    def describe_jobs(self, **_: Any) -> dict[str, Any]:
        return {"jobs": [self.job]}


def task(client: FakeBatch, backend: str = "batch", hyperparameters: str = '{"epochs": "3"}') -> Training:
    made = Training(
        task_id="train", aws_conn_id=None, config=CONFIG, hyperparameters=hyperparameters, backend=backend,
        run=json.dumps(RUN),
    )  # fmt: skip
    made.__dict__["batch"] = lambda: client
    return made


def resumed(client: FakeBatch, *how: Any) -> Any:
    """What the task says when its watcher comes back so."""
    made, remembered = task(client), remembering()
    deferred(lambda: made.execute(remembered))
    return made.resume_execution(*how, remembered)


def test_the_job_gets_what_sagemaker_would_give_the_script():
    client = FakeBatch()

    waiting = deferred(lambda: task(client).execute(remembering()))

    (request,) = client.submitted
    told = {each["name"]: each["value"] for each in request["containerOverrides"]["environment"]}
    assert (request["jobName"], request["jobQueue"], request["jobDefinition"]) == (
        "train-1", "stockcast-test-train", "stockcast-test-train",
    )  # fmt: skip
    assert json.loads(told["TRAINING_HYPERPARAMETERS"]) == {"epochs": "3"}  # folders are for the entry to choose
    assert json.loads(told["TRAINING_CHANNELS"]) == {"bars": "s3://s/bars/"}
    assert told["TRAINING_SOURCE"] == "s3://m/code/1/source.tar.gz"
    assert told["TRAINING_CHECKPOINTS"] == "s3://m/checkpoints/train/"
    assert (told["TRAINING_JOB_NAME"], told["TRAINING_OUTPUT"]) == ("train-1", "s3://m/training")
    assert told["STOCKCAST_COMMIT"] == "0a1b"
    assert waiting.trigger.serialize()[1]["job_id"] == "id-new"


def test_a_request_that_got_through_before_is_adopted_and_not_repeated():
    """Another job would train twice and pay twice."""
    client = FakeBatch(names=("train-1", "another"))

    waiting = deferred(lambda: task(client).execute(remembering()))

    assert client.submitted == []
    assert waiting.trigger.serialize()[1]["job_id"] == "id-train-1"


def test_a_job_that_ended_well_answers_as_sagemakers_does():
    assert resumed(FakeBatch({"status": "SUCCEEDED"}), "batch_complete", {"event": {}}) == BUNDLE
    assert resumed(FakeBatch({"status": "SUCCEEDED"}), *BROKEN_WATCHER) == BUNDLE


def test_a_watcher_that_broke_over_a_running_job_waits_again():
    waiting = deferred(lambda: resumed(FakeBatch(), *BROKEN_WATCHER))

    assert waiting.trigger.serialize()[1]["job_id"] == "id-new"


def test_an_error_of_the_script_is_told_with_its_log_and_not_tried_again():
    job = {
        "status": "FAILED", "statusReason": EXITED, "attempts": [{}],
        "container": {"exitCode": 1, "logStreamName": "train/default/1"},
    }  # fmt: skip
    with raises_exactly(AirflowFailException, "train-1 ended FAILED", "exit code 1", "/aws/batch/x", "train/default/1"):
        resumed(FakeBatch(job), *BROKEN_WATCHER)


def test_a_lack_of_machines_may_be_tried_again():
    job = {"status": "FAILED", "statusReason": "Your Spot Task was interrupted.", "attempts": [{}] * 5}
    with raises_exactly(AirflowException, "after 5 attempts", "Your Spot Task was interrupted."):
        resumed(FakeBatch(job), *BROKEN_WATCHER)


def test_by_default_sagemaker_trains():
    sagemaker, batch = FakeSageMaker(), FakeBatch()
    made = with_client(task(batch, backend="sagemaker"), sagemaker)

    waiting = deferred(lambda: made.execute(remembering()))

    assert (sagemaker.calls, batch.submitted) == (["create training job train-1"], [])
    assert waiting.trigger.job_name == "train-1"


def test_another_backend_is_refused_with_what_to_write():
    with raises_exactly(AirflowFailException, "training_backend is slurm", "batch, sagemaker", "training.backend"):
        task(FakeBatch(), backend="slurm").execute(remembering())
