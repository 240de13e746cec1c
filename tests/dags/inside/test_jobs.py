"""Jobs that run twice, watchers that break, reasons that arrive."""

from types import SimpleNamespace

import pytest
from airflow.exceptions import AirflowException, AirflowFailException
from botocore.exceptions import ClientError
from fakes import FakeSageMaker, deferred, error, raises_exactly, with_client
from wiring import jobs
from wiring.functions import told

BROKEN_WATCHER = ("__fail__", {"error": "Trigger failure"}, {})


def training(client: FakeSageMaker) -> jobs.TrainingJob:
    config = {"TrainingJobName": "train-1", "HyperParameters": {"sagemaker_program": "train.py"}}
    task = jobs.TrainingJob(task_id="train", aws_conn_id=None, config=config, hyperparameters='{"epochs": "3"}')
    return with_client(task, client)


def processing(client: FakeSageMaker) -> jobs.ProcessingJob:
    config = {
        "ProcessingJobName": "clean-1",
        "ProcessingResources": {"ClusterConfig": {"InstanceCount": 1, "VolumeSizeInGB": 5}},
    }
    return with_client(jobs.ProcessingJob(task_id="clean", aws_conn_id=None, config=config), client)


JOBS = pytest.mark.parametrize(("make", "name"), [(training, "train-1"), (processing, "clean-1")])


@JOBS
def test_a_job_is_asked_for_once_and_watched_by_its_name(make, name):
    client = FakeSageMaker()

    waiting = deferred(lambda: make(client).execute({}))

    assert len(client.calls) == 1 and client.calls[0].endswith(name)
    assert waiting.trigger.job_name == name
    assert waiting.method_name == "execute_complete"


def test_a_list_too_long_for_one_argument_goes_as_several():
    """SageMaker takes 256 characters each; fifty symbols are more, and the job would be refused every night."""
    symbols = ",".join(["^GSPC", *(f"SYM{number}" for number in range(90))])
    arguments = [["--symbols", symbols, "--day", "2013-03-01"], ["--day", "2013-03-01"]]
    asked: list[list[str]] = []
    client = FakeSageMaker()
    client.create_processing_job = lambda **request: asked.append(request["AppSpecification"]["ContainerArguments"])

    for given in arguments:
        task = processing(client)
        task.config |= {"AppSpecification": jobs.program("build_silver.py", *given)}
        task.create()

    assert max(map(len, asked[0])) <= jobs.LONGEST_ARGUMENT < len(symbols)
    assert asked[0][0] == "--symbols" and asked[0][-2:] == arguments[1]
    assert ",".join(asked[0][1:-2]) == symbols
    assert asked[1] == arguments[1]


def test_the_watcher_does_not_give_up_before_the_job_may_end():
    """The provider's default is 60 looks: five minutes at this pace, less than a training."""
    trigger = deferred(lambda: training(FakeSageMaker()).execute({})).trigger

    assert trigger.max_attempts * trigger.poke_interval >= 24 * 3600


@JOBS
def test_a_taken_name_means_that_the_job_is_there_and_it_is_waited_for(make, name):
    """Another name would train twice and pay twice."""
    waiting = deferred(lambda: make(FakeSageMaker(taken="ResourceInUse")).execute({}))

    assert waiting.trigger.job_name == name


def test_any_other_refusal_is_an_error():
    client = FakeSageMaker()
    client.create_training_job = lambda **_: (_ for _ in ()).throw(error("AccessDeniedException", "no"))

    with raises_exactly(ClientError, "AccessDeniedException"):
        training(client).execute({})


def test_the_setting_s_hyperparameters_lie_over_the_dag_s():
    client = FakeSageMaker()

    deferred(lambda: training(client).execute({}))

    assert client.job["HyperParameters"] == {"sagemaker_program": "train.py", "epochs": "3"}


def test_only_names_go_on_to_later_tasks():
    client = FakeSageMaker(
        job={"TrainingJobStatus": "Completed", "ModelArtifacts": {"S3ModelArtifacts": "s3://m/model.tar.gz"}}
    )

    assert training(client).execute_complete({}, {"status": "success", "job_name": "train-1"}) == {
        "training_job": "train-1",
        "model_data": "s3://m/model.tar.gz",
    }


def test_a_watcher_that_breaks_while_the_job_works_is_replaced():
    client = FakeSageMaker(job={"TrainingJobStatus": "InProgress"})

    waiting = deferred(lambda: training(client).resume_execution(*BROKEN_WATCHER))

    assert waiting.trigger.job_name == "train-1"
    assert client.calls == []


def test_a_watcher_that_breaks_after_the_job_has_ended_well_does_no_harm():
    client = FakeSageMaker(job={"ProcessingJobStatus": "Completed"})

    assert processing(client).resume_execution(*BROKEN_WATCHER) == {"processing_job": "clean-1"}


def test_a_fault_of_the_code_is_told_with_its_reason_and_not_repeated():
    """Three trainings that fail alike cost three times as much and wake nobody earlier."""
    job = {"TrainingJobStatus": "Failed", "FailureReason": "AlgorithmError: exit code 1"}

    with raises_exactly(AirflowFailException, "AlgorithmError: exit code 1", "train-1", "/aws/sagemaker/TrainingJobs"):
        training(FakeSageMaker(job=job)).resume_execution(*BROKEN_WATCHER)


def test_a_job_that_somebody_stopped_is_not_started_again():
    with raises_exactly(AirflowFailException, "Stopped"):
        training(FakeSageMaker(job={"TrainingJobStatus": "Stopped"})).resume_execution(*BROKEN_WATCHER)


def test_lack_of_machines_is_worth_another_try():
    job = {"ProcessingJobStatus": "Failed", "FailureReason": "CapacityError: no instance was available"}

    with raises_exactly(AirflowException, "CapacityError"):
        processing(FakeSageMaker(job=job)).resume_execution(*BROKEN_WATCHER)


def test_a_function_s_own_words_are_told_instead_of_thirty_headers():
    answer = {"Payload": '{"errorMessage": "AAPL: 429", "errorType": "SourceLimit"}', "ResponseMetadata": {"x": 1}}

    words = told("ingest", ValueError("Lambda function execution resulted in error", answer))

    assert words.startswith("ingest failed: SourceLimit: AAPL: 429")
    assert "ResponseMetadata" not in words
    assert "Lambda function did not execute" in told("ingest", ValueError("Lambda function did not execute", "{}"))


def test_a_script_s_folders_are_those_that_its_arguments_name():
    source = jobs.folder_in("bars", "s3://silver/bars/")["S3Input"]
    command = SimpleNamespace(**jobs.program("evaluate.py", "--bars", source["LocalPath"]))

    assert source["LocalPath"] == "/opt/ml/processing/input/bars"
    assert command.ContainerEntrypoint == ["python3", "/opt/ml/processing/input/code/evaluate.py"]
