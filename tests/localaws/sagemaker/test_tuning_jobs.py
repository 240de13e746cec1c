"""Tuning jobs really train, and the best of them is the best."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import REGISTRY, archive, policy, wait_for

SCRIPT = """
import argparse, os, pathlib, sys, time
p = argparse.ArgumentParser()
p.add_argument("--rate", type=float)
p.add_argument("--units", type=int)
p.add_argument("--mode")
p.add_argument("--seconds", type=float, default=0)
a = p.parse_args()
time.sleep(a.seconds)
if a.mode == "raise" or (a.mode == "some" and a.units > 20):
    sys.exit("no machine is large enough")
print(f"val_loss: {(a.rate - 0.1) ** 2 + a.units / 1000:.6f}")
pathlib.Path(os.environ["SM_MODEL_DIR"], "factor").write_text(str(a.rate))
"""
TWO_TRAININGS = {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 2}
RANGES = {
    "ContinuousParameterRanges": [{"Name": "rate", "MinValue": "0.001", "MaxValue": "1", "ScalingType": "Logarithmic"}],
    "IntegerParameterRanges": [{"Name": "units", "MinValue": "8", "MaxValue": "64"}],
}


@pytest.fixture(scope="module")
def start(sagemaker: Any, s3: Any, job_role: str) -> Callable[..., dict[str, Any]]:
    """Start a tuning job and wait for its end; keywords change its configuration."""
    s3.put_object(Bucket="lake", Key="code/tuned.tar.gz", Body=archive(train_py=SCRIPT))

    def run(name: str, wait: bool = True, mode: str = "well", seconds: str = "0", client: Any = None, **changes: Any):
        config = {
            "Strategy": "Random",
            "RandomSeed": 7,
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "val_loss"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": RANGES,
        }
        definition = {
            "StaticHyperParameters": {
                "mode": mode, "seconds": seconds, "sagemaker_program": "train.py",
                "sagemaker_submit_directory": "s3://lake/code/tuned.tar.gz",
            },
            "AlgorithmSpecification": {
                "TrainingImage": f"{REGISTRY}/toy:1", "TrainingInputMode": "File",
                "MetricDefinitions": [{"Name": "val_loss", "Regex": "val_loss: ([0-9.]+)"}],
            },
            "RoleArn": job_role,
            "OutputDataConfig": {"S3OutputPath": "s3://models/training"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
            "StoppingCondition": {"MaxRuntimeInSeconds": 50},
        }  # fmt: skip
        (client or sagemaker).create_hyper_parameter_tuning_job(
            HyperParameterTuningJobName=name, HyperParameterTuningJobConfig={**config, **changes},
            TrainingJobDefinition=definition,
        )  # fmt: skip
        describe = lambda: sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)  # noqa: E731
        busy = ("InProgress", "Stopping") if wait else ()
        return wait_for(describe, "HyperParameterTuningJobStatus", busy)

    return run


def trainings(sagemaker: Any, name: str) -> list[dict[str, Any]]:
    pages = sagemaker.get_paginator("list_training_jobs_for_hyper_parameter_tuning_job").paginate(
        HyperParameterTuningJobName=name, SortBy="Name", SortOrder="Ascending", PaginationConfig={"PageSize": 3}
    )
    return [job for page in pages for job in page["TrainingJobSummaries"]]


@pytest.fixture(scope="module")
def tuned(start: Callable[..., Any]) -> dict[str, Any]:
    """A tuning job with seed 7 and four trainings of half a second, two at once, when it has ended."""
    return start("finds-best", seconds="0.5")


def test_the_best_training_is_the_one_with_the_lowest_loss(tuned: dict[str, Any], sagemaker: Any) -> None:
    """A proposal that was not the best of those tried would be worse than none."""
    tuning = tuned

    jobs = trainings(sagemaker, "finds-best")
    assert tuning["HyperParameterTuningJobStatus"] == "Completed", tuning.get("FailureReason")
    assert tuning["TrainingJobStatusCounters"]["Completed"] == len(jobs) == 4
    losses = {j["TrainingJobName"]: j["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for j in jobs}
    best = tuning["BestTrainingJob"]
    assert losses[best["TrainingJobName"]] == min(losses.values()) < max(losses.values())
    for job in jobs:
        rate, units = (float(job["TunedHyperParameters"][name]) for name in ("rate", "units"))
        assert 0.001 <= rate <= 1 and 8 <= units <= 64 and units == int(units)
        assert losses[job["TrainingJobName"]] == pytest.approx((rate - 0.1) ** 2 + units / 1000, abs=1e-5)
    real = sagemaker.describe_training_job(TrainingJobName=best["TrainingJobName"])
    assert real["TuningJobArn"] == tuning["HyperParameterTuningJobArn"]
    assert real["ModelArtifacts"]["S3ModelArtifacts"].endswith(f"{best['TrainingJobName']}/output/model.tar.gz")
    assert real["HyperParameters"]["_tuning_objective_metric"] == "val_loss"


@pytest.mark.usefixtures("tuned")
def test_no_more_trainings_run_at_once_than_allowed(sagemaker: Any) -> None:
    """Each is a machine that is paid for, and accounts have limits."""
    jobs = trainings(sagemaker, "finds-best")
    moments = [(job["CreationTime"], 1) for job in jobs] + [(job["TrainingEndTime"], -1) for job in jobs]
    at_once, most = 0, 0
    for _, change in sorted(moments):
        at_once += change
        most = max(most, at_once)
    assert most == 2


@pytest.mark.usefixtures("tuned")
def test_the_same_seed_tries_the_same_values(start: Callable[..., Any], sagemaker: Any) -> None:
    """A tuning that cannot be repeated cannot be checked."""
    start("repeats", ResourceLimits=TWO_TRAININGS)
    start("other-seed", ResourceLimits=TWO_TRAININGS, RandomSeed=8)

    first, second, other = (
        [job["TunedHyperParameters"] for job in trainings(sagemaker, name)[:2]]
        for name in ("finds-best", "repeats", "other-seed")
    )
    assert first == second != other


def test_a_grid_tries_every_combination_once(start: Callable[..., Any], sagemaker: Any) -> None:
    grid = [{"Name": "rate", "Values": ["0.1", "0.5"]}, {"Name": "units", "Values": ["8", "16"]}]

    tuning = start(
        "grid", Strategy="Grid", ResourceLimits={"MaxParallelTrainingJobs": 4},
        ParameterRanges={"CategoricalParameterRanges": grid},
    )  # fmt: skip

    tried = [job["TunedHyperParameters"] for job in trainings(sagemaker, "grid")]
    assert sorted((one["rate"], one["units"]) for one in tried) == [
        ("0.1", "16"), ("0.1", "8"), ("0.5", "16"), ("0.5", "8"),
    ]  # fmt: skip
    assert tuning["BestTrainingJob"]["TunedHyperParameters"] == {"rate": "0.1", "units": "8"}


def test_trainings_that_fail_are_counted_and_never_the_best(start: Callable[..., Any], sagemaker: Any) -> None:
    grid = [{"Name": "rate", "Values": ["0.1"]}, {"Name": "units", "Values": ["16", "32"]}]

    tuning = start(
        "some-fail", mode="some", Strategy="Grid", ResourceLimits={"MaxParallelTrainingJobs": 2},
        ParameterRanges={"CategoricalParameterRanges": grid},
    )  # fmt: skip

    assert tuning["HyperParameterTuningJobStatus"] == "Completed"
    assert tuning["TrainingJobStatusCounters"]["NonRetryableError"] == 1
    assert tuning["ObjectiveStatusCounters"] == {"Succeeded": 1, "Pending": 0, "Failed": 1}
    assert tuning["BestTrainingJob"]["TunedHyperParameters"]["units"] == "16"


def test_a_tuning_whose_trainings_all_fail_has_failed(start: Callable[..., Any], sagemaker: Any) -> None:
    """It must not end as a success with nothing to propose."""
    tuning = start("all-fail", mode="raise", ResourceLimits=TWO_TRAININGS)

    assert tuning["HyperParameterTuningJobStatus"] == "Failed"
    assert "All training jobs failed" in tuning["FailureReason"]
    assert "BestTrainingJob" not in tuning
    assert "no machine is large enough" in trainings(sagemaker, "all-fail")[0]["FailureReason"]


def test_stopping_a_tuning_stops_its_trainings(start: Callable[..., Any], sagemaker: Any) -> None:
    """What goes on unseen goes on costing."""
    start("stopped", wait=False, seconds="60")
    wait_for(
        lambda: {"count": str(len(trainings(sagemaker, "stopped")))}, "count", ("0", "1")
    )  # both that may run at once have begun
    began = time.monotonic()

    sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName="stopped")

    describe = lambda: sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="stopped")  # noqa: E731
    assert wait_for(describe, "HyperParameterTuningJobStatus", ("InProgress", "Stopping"))[
        "HyperParameterTuningJobStatus"
    ] == "Stopped"  # fmt: skip
    assert time.monotonic() - began < 20
    assert {job["TrainingJobStatus"] for job in trainings(sagemaker, "stopped")} == {"Stopped"}
    assert len(trainings(sagemaker, "stopped")) == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Strategy": "Bayesian"}, "does not tune with the strategy Bayesian; it has Random and Grid"),
        ({"Strategy": "Hyperband"}, "the strategy Hyperband"),
        ({"TrainingJobEarlyStoppingType": "Auto"}, "TrainingJobEarlyStoppingType Auto"),
        ({"ParameterRanges": {}}, "names no range"),
        ({"ResourceLimits": {"MaxParallelTrainingJobs": 2}}, "lacks MaxNumberOfTrainingJobs"),
        ({"Strategy": "Grid"}, "CategoricalParameterRanges only"),
        (
            {"HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "mse"}},
            "'mse' is none of MetricDefinitions",
        ),
        (
            {"ParameterRanges": {"IntegerParameterRanges": [{"Name": "units", "MinValue": "9", "MaxValue": "8"}]}},
            "MinValue must be below MaxValue",
        ),
    ],
)
def test_what_cannot_be_tuned_here_is_refused(start: Callable[..., Any], changes: dict, words: str) -> None:
    """Nothing is taken and then done in some other way."""
    with pytest.raises(ClientError, match=words):
        start("refused", **changes)


def test_a_caller_needs_the_right_and_the_role(
    start: Callable[..., Any], make_user: Callable[..., Any], gateway: Any
) -> None:
    """Airflow's role must be given exactly this."""
    arn = f"arn:aws:sagemaker:us-east-1:{gateway.account_id}:hyper-parameter-tuning-job/allowed-*"
    may = make_user("tuner", policy(("sagemaker:CreateHyperParameterTuningJob", arn), ("iam:PassRole", "*")))

    with pytest.raises(ClientError, match="sagemaker:CreateHyperParameterTuningJob"):
        start("not-allowed", client=may("sagemaker"))
    started = start("allowed-1", wait=False, client=may("sagemaker"), ResourceLimits=TWO_TRAININGS)
    assert started["HyperParameterTuningJobStatus"] == "InProgress"
