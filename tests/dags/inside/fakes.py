"""A SageMaker that answers from memory as the real one does, and what tasks are handed at run time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.exceptions import TaskDeferred
from airflow.providers.amazon.aws.hooks.sagemaker import SageMakerHook
from botocore.exceptions import ClientError

ENDPOINT = "stockcast-test-forecasts"
VARIABLES = {
    "symbols": "^GSPC,AAPL",
    "environment": "test",
    "serving_instance_count": "2",
    "training_hyperparameters": '{"epochs": "3"}',
    "training_instance_count": "1",
}


def error(code: str, message: str, operation: str = "Any") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


class FakeSageMaker:
    """Keeps jobs, endpoints and packages; `calls` tells what was changed, in order."""

    def __init__(self, **things: Any) -> None:
        self.calls: list[str] = []
        self.job: dict[str, Any] = things.get("job", {})
        self.taken: str | None = things.get("taken")  # the error code that a create answers
        self.endpoint: dict[str, Any] | None = things.get("endpoint")
        self.packages: list[dict[str, Any]] = things.get("packages", [])
        self.machines: dict[str, str] = things.get("machines", {})  # configuration -> instance type
        self.request: dict[str, Any] = {}  # the last one that changed an endpoint or a package
        self.meta = SimpleNamespace(region_name="us-east-1")

    def _create(self, what: str, name: str) -> dict[str, Any]:
        self.calls.append(f"create {what} {name}")
        if self.taken == "ResourceInUse":
            raise error("ResourceInUse", f"{what} names must be unique within an AWS account and region")
        if self.taken:
            raise error(self.taken, f'Cannot create already existing {what} "arn:aws:sagemaker:::{name}"')
        return {"ResponseMetadata": {"HTTPStatusCode": 200}}

    def create_training_job(self, **request: Any) -> dict[str, Any]:
        self.job = {"TrainingJobStatus": "InProgress", **self.job, **request}
        return self._create("training job", request["TrainingJobName"])

    def create_processing_job(self, **request: Any) -> dict[str, Any]:
        return self._create("processing job", request["ProcessingJobName"])

    def create_model(self, **request: Any) -> dict[str, Any]:
        return self._create("model", request["ModelName"])

    def create_endpoint_config(self, **request: Any) -> dict[str, Any]:
        return self._create("endpoint configuration", request["EndpointConfigName"])

    def describe_training_job(self, **_: Any) -> dict[str, Any]:
        return self.job

    describe_processing_job = describe_training_job

    def describe_model(self, **_: Any) -> dict[str, Any]:
        return {}

    def describe_endpoint_config(self, EndpointConfigName: str) -> dict[str, Any]:
        if self.machines and EndpointConfigName not in self.machines:
            raise error("ValidationException", "Could not find endpoint configuration")
        return {"ProductionVariants": [{"InstanceType": self.machines.get(EndpointConfigName, "ml.t2.medium")}]}

    def describe_endpoint(self, EndpointName: str) -> dict[str, Any]:
        if self.endpoint is None:
            raise error("ValidationException", f'Could not find endpoint "arn:aws:sagemaker:::{EndpointName}".')
        return {"EndpointName": EndpointName, **self.endpoint}

    def create_endpoint(self, **request: Any) -> None:
        self.request = request
        self.calls.append(f"create endpoint {request['EndpointConfigName']}")

    def update_endpoint(self, **request: Any) -> None:
        self.request = request
        self.calls.append(f"update endpoint {request['EndpointConfigName']}")

    def delete_endpoint(self, **_: Any) -> None:
        self.calls.append("delete endpoint")

    def get_waiter(self, name: str) -> Any:
        return SimpleNamespace(wait=lambda **_: self.calls.append(f"wait for {name}"))

    def get_paginator(self, _: str) -> Any:
        pages = [{"ModelPackageSummaryList": [{"ModelPackageArn": each["arn"]}]} for each in self.packages]
        return SimpleNamespace(paginate=lambda **_: iter(pages))

    def describe_model_package(self, ModelPackageName: str) -> dict[str, Any]:
        found = next(each for each in self.packages if each["arn"] == ModelPackageName)
        containers = [{"Image": "serving", "ModelDataUrl": found["model_data"]}]
        return {
            "InferenceSpecification": {"Containers": containers},
            "ModelApprovalStatus": found["approval"],
            "CustomerMetadataProperties": found.get("facts", {}),
        }

    def create_model_package(self, **request: Any) -> dict[str, str]:
        self.request = request
        self.calls.append("create model package")
        return {"ModelPackageArn": "arn:new"}


class Settings:
    """Airflow's Variables: each has a value of VARIABLES, or else its own name in brackets."""

    def __getattr__(self, name: str) -> str:
        if name.startswith("_"):
            raise AttributeError(name)
        return VARIABLES.get(name, f"<{name}>")


class FakeScaling:
    """Application Auto Scaling with one target or none."""

    def __init__(self, is_registered: bool = False) -> None:
        self.is_registered = is_registered
        self.calls: list[str] = []
        self.requests: dict[str, dict[str, Any]] = {}

    def describe_scalable_targets(self, **_: Any) -> dict[str, Any]:
        return {"ScalableTargets": [{}] if self.is_registered else []}

    def register_scalable_target(self, **request: Any) -> None:
        self.is_registered = True
        self._note("register", request)

    def put_scaling_policy(self, **request: Any) -> None:
        self._note("put policy", request)

    def deregister_scalable_target(self, **request: Any) -> None:
        self.is_registered = False
        self._note("deregister", request)

    def _note(self, call: str, request: dict[str, Any]) -> None:
        self.calls.append(call)
        self.requests[call] = request


def with_client(operator: Any, client: FakeSageMaker) -> Any:
    """The operator, speaking to the fake through the provider's real hook."""
    hook = SageMakerHook(aws_conn_id=None)
    hook.__dict__["conn"] = client
    operator.__dict__["hook"] = hook
    return operator


def remembering() -> dict[str, Any]:
    """The context of a task instance that remembers what it pushed."""
    kept: dict[str, Any] = {}
    ti = SimpleNamespace(
        xcom_push=lambda key, value: kept.update({key: value}), xcom_pull=lambda task_ids, key: kept.get(key)
    )
    return {"ti": ti}


def deferred(work: Callable[[], Any]) -> TaskDeferred:
    """What a task waits for."""
    with pytest.raises(TaskDeferred) as waiting:
        work()
    return waiting.value


@contextmanager
def raises_exactly(kind: type[Exception], *words: str) -> Iterator[None]:
    """Expect the very kind, not a subclass, because whether a task is retried depends on it, and its words."""
    with pytest.raises(kind) as raised:
        yield
    assert raised.type is kind
    for word in words:
        assert word in str(raised.value)


def run_context(day: str = "", run_id: str = "manual__2026-03-07T03:00:00+00:00_x1", try_number: int = 1) -> dict:
    """What templates see: a run that was started by hand, so without a logical date."""
    began = datetime(2026, 3, 7, 3, 0, tzinfo=UTC)
    dag_run = SimpleNamespace(run_id=run_id, run_after=began, start_date=began, logical_date=None)
    trained = {"training_job": "stockcast-test-train-1", "model_data": "s3://models/training/j/output/model.tar.gz"}
    pulled = {"train": trained, "track": {"processing_job": "<tracked>"}, "tune": {"tuning_job": "<tuned>"}}
    ti = SimpleNamespace(
        try_number=try_number,
        task_id="train",
        log_url="http://airflow/log",
        xcom_push=lambda **_: None,
        xcom_pull=lambda task_ids=None, **_: pulled.get(task_ids, "arn:package"),
    )
    return {"params": {"day": day}, "dag_run": dag_run, "run_id": run_id, "ti": ti, "task_instance": ti}
