"""From a forecast to everything that it came from, each link looked up."""

import hashlib
import io
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shipping import explain
from shipping.environments import Refused
from shipping.explain import Place

JOB = "stockcast-dev-train-20130301-0a1b2c3d-1"
BARS = b"silver bars"
SHA = hashlib.sha256(BARS).hexdigest()
KEY = "forecasts/day=2013-03-01/symbol=index-GSPC/horizon=5.json"
FORECAST = {
    "symbol": "^GSPC", "as_of": "2013-03-01", "horizon": 5, "model_type": "lstm", "model_version": JOB,
    "feature_version": "f1", "median": 1520.1, "q10": 1490.0, "q90": 1550.0,
}  # fmt: skip
EVALUATION = {
    "model_version": JOB, "data_sha256": SHA, "feature_version": "f1", "commit": "3fa9c1d2", "champion": None,
    "verdict": {"promote": True, "rules": [{"rule": "point_error", "passed": True}]},
}  # fmt: skip
POINTER = {
    "training_job": JOB, "run_id": "r1", "experiment_id": "1", "artifacts": "stockcast/r1/artifacts", "server": "none",
    "commit": "3fa9c1d2",
}  # fmt: skip
MODEL_DATA = f"s3://models/training/{JOB}/output/model.tar.gz"
CODE = "s3://models/code/abc/source.tar.gz"


def error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "Any")


class Bucket:
    """S3 by address."""

    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects

    def get_object(self, Bucket, Key):
        if f"{Bucket}/{Key}" not in self.objects:
            raise error("NoSuchKey")
        return {"Body": io.BytesIO(self.objects[f"{Bucket}/{Key}"])}

    def head_object(self, Bucket, Key):
        if f"{Bucket}/{Key}" not in self.objects:
            raise error("404")

    def get_paginator(self, _):
        return self

    def paginate(self, Bucket, Prefix):
        found = [address.partition("/")[2] for address in self.objects if address.startswith(f"{Bucket}/{Prefix}")]
        yield {"Contents": [{"Key": key} for key in found]}


class SageMaker:
    """One training job and the versions of one group."""

    def __init__(self, *facts: dict[str, str], job: str = JOB) -> None:
        self.job, self.facts = job, facts

    def describe_training_job(self, TrainingJobName):
        if TrainingJobName != self.job:
            raise error("ValidationException")
        return {
            "TrainingJobStatus": "Completed",
            "HyperParameters": {"sagemaker_submit_directory": CODE, "epochs": "30"},
            "ModelArtifacts": {"S3ModelArtifacts": MODEL_DATA},
        }

    def get_paginator(self, _):
        return self

    def paginate(self, **_):
        yield {"ModelPackageSummaryList": [{"ModelPackageArn": f"arn:{place}"} for place, _ in enumerate(self.facts)]}

    def describe_model_package(self, ModelPackageName):
        facts = self.facts[int(ModelPackageName[4:])]
        return {
            "ModelPackageArn": ModelPackageName, "ModelApprovalStatus": "Approved", "CustomerMetadataProperties": facts,
        }  # fmt: skip


def place(sagemaker: SageMaker | None = None, **changed: Any) -> Place:
    """Everything as it should be, save what is changed; None takes an object away."""
    objects: dict[str, Any] = {
        f"gold/{KEY}": FORECAST, f"models/evaluation/{JOB}/evaluation.json": EVALUATION,
        f"models/mlflow/runs/{JOB}.json": POINTER, "models/mlflow/artifacts/stockcast/r1/artifacts/model_card.md": {},
        f"models/training/{JOB}/output/model.tar.gz": {}, "models/code/abc/source.tar.gz": {},
    }  # fmt: skip
    objects |= {name.replace("__", "/"): value for name, value in changed.items()}
    there = {address: json.dumps(value).encode() for address, value in objects.items() if value is not None}
    there.setdefault("silver/bars/part.parquet", BARS)
    version = {"training_job": JOB, "mlflow_run": "r1", "data_sha256": SHA}
    buckets = {zone: zone for zone in ("gold", "models", "silver")}
    return Place(buckets, "stockcast-dev-lstm", Bucket(there), sagemaker or SageMaker({"training_job": "x"}, version))


def faults(where: Place) -> dict[str, str]:
    return {link.name: link.fault for link in explain.chain(KEY, where) if link.fault}


def test_a_whole_chain_leads_from_forecast_to_commit():
    links = {link.name: link for link in explain.chain(KEY, place())}

    assert list(links) == [
        "forecast", "training job", "model", "code", "version", "gate", "MLflow run", "model card", "data",
        "feature version", "commit",
    ]  # fmt: skip
    assert not any(link.fault for link in links.values())
    assert "epochs=30" in links["training job"].told
    assert links["model"].told == MODEL_DATA
    assert links["version"].told.startswith("arn:1, Approved")
    assert links["MLflow run"].told.startswith("r1")
    assert "still is" in links["data"].told
    assert links["commit"].told == "3fa9c1d2"


@pytest.mark.parametrize(
    ("address", "link", "words"),
    [
        (f"models/evaluation/{JOB}/evaluation.json", "gate", "no evaluation"),
        (f"models/mlflow/runs/{JOB}.json", "MLflow run", "no run was kept"),
        (f"models/training/{JOB}/output/model.tar.gz", "model", "cannot be read: 404"),
        ("models/code/abc/source.tar.gz", "code", "cannot be read: 404"),
        ("models/mlflow/artifacts/stockcast/r1/artifacts/model_card.md", "model card", "cannot be read: 404"),
    ],
)
def test_a_link_that_is_gone_is_told_and_the_others_go_on(address, link, words):
    """An auditor wants to know what is missing, not that something is."""
    where = place(**{address.replace("/", "__"): None})

    told = faults(where)

    assert list(told) == [link]
    assert words in told[link]


def test_a_job_that_sagemaker_does_not_know_is_told():
    assert "no job of this name" in faults(place(SageMaker({"training_job": JOB}, job="another")))["training job"]


def test_a_job_that_names_no_archive_of_code_is_told():
    """SageMaker trains images with a program of their own too."""
    sagemaker = SageMaker({"training_job": JOB})
    described = sagemaker.describe_training_job(JOB) | {"HyperParameters": {}}
    sagemaker.describe_training_job = lambda TrainingJobName: described  # type: ignore[method-assign]

    assert faults(place(sagemaker))["code"] == "it is no address in S3"


def test_a_model_that_nobody_registered_is_told():
    assert "no version of the group" in faults(place(SageMaker()))["version"]


def test_links_that_contradict_each_other_are_told():
    """A record that names another run or another code is worse than one that names none."""
    other_run = SageMaker({"training_job": JOB, "mlflow_run": "r2"})
    other_features = place(**{f"models/evaluation/{JOB}/evaluation.json": EVALUATION | {"feature_version": "f2"}})
    other_commit = place(**{f"models/mlflow/runs/{JOB}.json": POINTER | {"commit": "ffff"}})

    assert "names the run r2" in faults(place(other_run))["version"]
    assert "the evaluation's is f2" in faults(other_features)["feature version"]
    assert "different" in faults(other_commit)["commit"]


def test_a_forecast_of_a_refused_model_is_an_alarm():
    refused = EVALUATION | {"verdict": {"promote": False, "rules": [{"rule": "point_error", "passed": False}]}}

    told = faults(place(**{f"models/evaluation/{JOB}/evaluation.json": refused}))

    assert told == {"gate": "a model that the gate refused has made a forecast"}


def test_silver_that_was_cleaned_anew_is_no_fault():
    """It is every morning; the forecast of yesterday is not broken by that."""
    newer = place()
    newer.s3.objects["silver/bars/part.parquet"] = b"newer"
    assert faults(newer) == {}
    assert "cleaned anew" in next(link.told for link in explain.chain(KEY, newer) if link.name == "data")


def test_a_run_on_a_managed_server_is_named_with_it():
    where = place(**{f"models/mlflow/runs/{JOB}.json": POINTER | {"server": "arn:aws:sagemaker:::server"}})

    (run,) = [link for link in explain.chain(KEY, where) if link.name == "MLflow run"]

    assert run.told == "r1 on arn:aws:sagemaker:::server"


def test_a_challenger_s_forecast_ends_at_its_model():
    key = "challengers/day=2013-03-01/model=har/symbol=index-GSPC/horizon=5.json"
    where = place(**{f"gold/{key}": FORECAST | {"model_type": "har", "model_version": "har"}})

    links = list(explain.chain(key, where))

    assert [link.name for link in links] == ["forecast", "model"]
    assert links[1].told.startswith("har")


@pytest.mark.parametrize(
    "name", [KEY, f"s3://gold/{KEY}", "^GSPC:2013-03-01:5"], ids=["key", "address", "symbol, day and horizon"]
)
def test_one_forecast_has_several_names(name):
    assert explain.key_of(name, place()) == KEY


def test_a_symbol_alone_means_its_newest_forecast_for_a_day():
    older = {"gold/forecasts/day=2013-02-28/symbol=index-GSPC/horizon=1.json": FORECAST}

    assert explain.key_of("^GSPC", place(**older)) == "forecasts/day=2013-03-01/symbol=index-GSPC/horizon=1.json"


@pytest.mark.parametrize("name", ["", "AAPL", "aapl:2013-03-01:5", "^GSPC:March:5", "^GSPC:2013-03-01:soon"])
def test_what_names_no_forecast_is_refused_with_examples(name):
    with pytest.raises(Refused, match="AAPL:2013-03-01:5"):
        explain.key_of(name, place())


def test_a_forecast_that_was_never_written_is_refused():
    with pytest.raises(Refused, match="does not exist; ID must name a forecast"):
        list(explain.chain("forecasts/day=2013-03-01/symbol=AMZN/horizon=5.json", place()))
