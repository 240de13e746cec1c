"""The DAGs' own scaling code against the embedded Application Auto Scaling: its tests know it only as a stand-in."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from tests.localaws.helpers import REGISTRY, REPOSITORY, archive, wait_for

ENDPOINT = "toy-forecasts"
WANTED = {
    "MinCapacity": 2,
    "MaxCapacity": 4,
    "TargetTrackingScalingPolicyConfiguration": {
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        "TargetValue": 300,
    },
}


@pytest.fixture(scope="module")
def scaling() -> ModuleType:
    """dags/wiring/scaling.py, which needs no Airflow."""
    spec = importlib.util.spec_from_file_location("wiring_scaling", REPOSITORY / "dags/wiring/scaling.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def endpoint(sagemaker: Any, s3: Any, job_role: str, scaling: ModuleType) -> Iterator[None]:
    """An endpoint with the variant that the DAGs make."""
    s3.put_object(Bucket="models", Key="scaled/model.tar.gz", Body=archive(factor="3"))
    container = {"Image": f"{REGISTRY}/toy:1", "ModelDataUrl": "s3://models/scaled/model.tar.gz"}
    sagemaker.create_model(ModelName="scaled", ExecutionRoleArn=job_role, PrimaryContainer=container)
    size = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 2}
    variants = [{"VariantName": scaling.VARIANT, "ModelName": "scaled", **size}]
    sagemaker.create_endpoint_config(EndpointConfigName="scaled", ProductionVariants=variants)
    sagemaker.create_endpoint(EndpointName=ENDPOINT, EndpointConfigName="scaled")
    wait_for(lambda: sagemaker.describe_endpoint(EndpointName=ENDPOINT), "EndpointStatus", ("Creating",))
    yield
    sagemaker.delete_endpoint(EndpointName=ENDPOINT)


def test_an_endpoint_is_scaled_twice_alike_and_then_no_more(gateway: Any, scaling: ModuleType, endpoint: None) -> None:
    """A task that is cleared says the same again; a setting that is taken out must leave nothing behind."""
    client, cloudwatch = gateway.client("application-autoscaling"), gateway.client("cloudwatch")
    prefix = f"TargetTracking-endpoint/{ENDPOINT}/"

    def alarms() -> int:
        return len(cloudwatch.describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"])

    scaling.bring_to(ENDPOINT, WANTED, client)
    scaling.bring_to(ENDPOINT, WANTED, client)

    (target,) = client.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 4)
    assert scaling.is_registered(ENDPOINT, client)
    assert alarms() == 2

    scaling.bring_to(ENDPOINT, {}, client)
    scaling.bring_to(ENDPOINT, {}, client)

    assert not scaling.is_registered(ENDPOINT, client)
    assert alarms() == 0
