"""A new model takes over in steps, and gives way when an alarm goes off."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import REGISTRY, archive, await_until, policy, wait_for
from tests.localaws.sagemaker.test_endpoints import server_homes

NAMES = iter(range(1000))
AT_ONCE = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}


def percent(value: int) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def canary(wait: int = 1) -> dict[str, Any]:
    return {"Type": "CANARY", "CanarySize": percent(50), "WaitIntervalInSeconds": wait}


def blue_green(routing: dict[str, Any], *alarms: str, **more: Any) -> dict[str, Any]:
    deployment: dict[str, Any] = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, **more}}
    if alarms:
        deployment["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": alarm} for alarm in alarms]}
    return deployment


@pytest.fixture(scope="module")
def watching_role(make_role: Callable[..., str], s3: Any) -> str:
    """An execution role that may read models and see the alarms that begin with `watched-`."""
    alarms = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:watched-*"
    return make_role(
        "watching", policy(("s3:GetObject", "arn:aws:s3:::models/*"), ("cloudwatch:DescribeAlarms", alarms))
    )


@pytest.fixture(scope="module")
def make_config(sagemaker: Any, s3: Any, watching_role: str) -> Callable[..., str]:
    """A model that multiplies by a factor and a configuration that serves it; its name."""

    def make(factor: int, count: int = 2, variant: str = "main", role: str = watching_role) -> str:
        name = f"step-{next(NAMES)}"
        key = f"artefacts/{name}/model.tar.gz"
        s3.put_object(Bucket="models", Key=key, Body=archive(factor=str(factor)))
        container = {"Image": f"{REGISTRY}/toy:1", "ModelDataUrl": f"s3://models/{key}"}
        sagemaker.create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer=container)
        size = {"InstanceType": "ml.m5.large", "InitialInstanceCount": count, "InitialVariantWeight": 2}
        variants = [{"VariantName": variant, "ModelName": name, **size}]
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants)
        return name

    return make


@pytest.fixture
def endpoint(sagemaker: Any, make_config: Any) -> Iterator[str]:
    """An endpoint that multiplies by 3; its name."""
    with serving(sagemaker, make_config) as name:
        yield name


@pytest.fixture(scope="module")
def kept_endpoint(sagemaker: Any, make_config: Any) -> Iterator[str]:
    """The same for all tests whose deployments are refused or rolled back, so that it stays as it was made."""
    with serving(sagemaker, make_config) as name:
        yield name


@contextmanager
def serving(sagemaker: Any, make_config: Any) -> Iterator[str]:
    """An endpoint in service, deleted in the end; its name."""
    name = f"steps-{next(NAMES)}"
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=make_config(3))
    settled(sagemaker, name)
    yield name
    sagemaker.delete_endpoint(EndpointName=name)


@pytest.fixture
def alarm(gateway: Any) -> Callable[[str, str], str]:
    """Make an alarm in a state; its name."""
    cloudwatch = gateway.client("cloudwatch")

    def make(name: str, state: str) -> str:
        cloudwatch.put_metric_alarm(
            AlarmName=name, Namespace="AWS/SageMaker", MetricName="Invocation5XXErrors", Statistic="Sum", Period=60,
            EvaluationPeriods=1, Threshold=0, ComparisonOperator="GreaterThanThreshold",
        )  # fmt: skip
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="a test")
        return name

    return make


def settled(sagemaker: Any, name: str) -> dict[str, Any]:
    describe = lambda: sagemaker.describe_endpoint(EndpointName=name)  # noqa: E731
    return wait_for(describe, "EndpointStatus", ("Creating", "Updating"))


def answer(runtime: Any, name: str) -> float:
    answered = runtime.invoke_endpoint(EndpointName=name, ContentType="application/json", Body=b"1")
    return float(json.load(answered["Body"])["value"])


def answers_while_updating(sagemaker: Any, runtime: Any, name: str) -> set[float]:
    seen = set()
    while sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "Updating":
        seen.add(answer(runtime, name))
    return seen


def test_a_canary_answers_some_requests_before_it_answers_all(
    sagemaker: Any, runtime: Any, endpoint: str, make_config: Any
) -> None:
    """Otherwise a bad model would be met by everybody at once."""
    wanted, deployment = make_config(5), blue_green(canary(), TerminationWaitInSeconds=1)

    sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=wanted, DeploymentConfig=deployment)
    seen = answers_while_updating(sagemaker, runtime, endpoint)

    after = sagemaker.describe_endpoint(EndpointName=endpoint)
    assert seen == {3.0, 5.0}
    assert {answer(runtime, endpoint) for _ in range(10)} == {5.0}
    assert (after["EndpointStatus"], after["EndpointConfigName"]) == ("InService", wanted)
    assert after["LastDeploymentConfig"] == deployment


def test_an_alarm_that_goes_off_brings_the_old_model_back(
    sagemaker: Any, runtime: Any, kept_endpoint: str, make_config: Any, alarm: Any
) -> None:
    """Nobody has to be awake for it."""
    before = sagemaker.describe_endpoint(EndpointName=kept_endpoint)["EndpointConfigName"]
    name = alarm("watched-5xx", "OK")

    sagemaker.update_endpoint(
        EndpointName=kept_endpoint,
        EndpointConfigName=make_config(5),
        DeploymentConfig=blue_green(canary(wait=60), name),
    )
    while answer(runtime, kept_endpoint) != 5.0:
        time.sleep(0.05)
    alarm(name, "ALARM")
    after = settled(sagemaker, kept_endpoint)

    assert (after["EndpointStatus"], after["EndpointConfigName"]) == ("InService", before)
    assert "watched-5xx" in after["FailureReason"]
    assert {answer(runtime, kept_endpoint) for _ in range(20)} == {3.0}


@pytest.mark.parametrize(
    ("name", "state", "reason"),
    [
        ("watched-already", "ALARM", "are in ALARM"),
        ("watched-never-made", None, "do not exist"),
        ("closed-to-the-role", "OK", "must be allowed cloudwatch:DescribeAlarms"),
    ],
)
def test_a_deployment_whose_alarms_cannot_guard_it_is_rolled_back(
    sagemaker: Any, kept_endpoint: str, make_config: Any, alarm: Any, name: str, state: str | None, reason: str
) -> None:
    """An alarm with a wrong name, or one that rings for ever, must show at the first deployment."""
    before = sagemaker.describe_endpoint(EndpointName=kept_endpoint)["EndpointConfigName"]
    if state:
        alarm(name, state)

    sagemaker.update_endpoint(
        EndpointName=kept_endpoint, EndpointConfigName=make_config(5), DeploymentConfig=blue_green(AT_ONCE, name)
    )
    after = settled(sagemaker, kept_endpoint)

    assert (after["EndpointStatus"], after["EndpointConfigName"]) == ("InService", before)
    assert reason in after["FailureReason"]


def test_an_endpoint_deleted_during_its_deployment_leaves_no_servers(
    sagemaker: Any, runtime: Any, gateway: Any, make_config: Any
) -> None:
    """They would go on holding memory and a port."""
    sagemaker.create_endpoint(EndpointName="cut-short", EndpointConfigName=make_config(3))
    settled(sagemaker, "cut-short")
    sagemaker.update_endpoint(
        EndpointName="cut-short", EndpointConfigName=make_config(5), DeploymentConfig=blue_green(canary(wait=60))
    )
    while answer(runtime, "cut-short") != 5.0:
        time.sleep(0.05)

    both = server_homes("cut-short", gateway)
    sagemaker.delete_endpoint(EndpointName="cut-short")

    assert len(both) == 2
    await_until(lambda: server_homes("cut-short", gateway), lambda left: not left, 20)
    assert not server_homes("cut-short", gateway)
    with pytest.raises(ClientError, match="not found"):
        answer(runtime, "cut-short")


@pytest.mark.parametrize(
    ("count", "deployment", "words"),
    [
        (1, blue_green(canary()), "needs 2 instances or more"),
        (2, blue_green({"Type": "CANARY", "WaitIntervalInSeconds": 0}), "CanarySize must be given"),
        (2, blue_green(AT_ONCE | {"CanarySize": percent(50)}), "CanarySize must be given"),
        (2, blue_green(canary() | {"CanarySize": percent(60)}), "must be 1 to 50 %"),
        (2, blue_green({"Type": "LINEAR", "LinearStepSize": percent(5), "WaitIntervalInSeconds": 0}), "10 to 50 %"),
        (4, blue_green(canary() | {"CanarySize": {"Type": "INSTANCE_COUNT", "Value": 3}}), "75 % of 4 instances"),
        (2, blue_green(canary(wait=600), MaximumExecutionTimeoutInSeconds=600), "must be above the 600 seconds"),
        (2, {"RollingUpdatePolicy": {"MaximumBatchSize": percent(20), "WaitIntervalInSeconds": 1}}, "blue/green"),
        (2, blue_green(canary(wait=4000)), "less than or equal to 3600"),
    ],
)
def test_a_deployment_that_aws_would_refuse_is_refused(
    sagemaker: Any, kept_endpoint: str, make_config: Any, count: int, deployment: dict[str, Any], words: str
) -> None:
    """Locally means before the night on which it would first run."""
    wanted = make_config(5, count=count)

    with pytest.raises(ClientError, match=words):
        sagemaker.update_endpoint(EndpointName=kept_endpoint, EndpointConfigName=wanted, DeploymentConfig=deployment)

    assert sagemaker.describe_endpoint(EndpointName=kept_endpoint)["EndpointStatus"] == "InService"


def test_a_deployment_in_steps_needs_the_variants_that_serve(
    sagemaker: Any, kept_endpoint: str, make_config: Any
) -> None:
    wanted = make_config(5, variant="other")

    with pytest.raises(ClientError, match="has the variants main"):
        sagemaker.update_endpoint(
            EndpointName=kept_endpoint, EndpointConfigName=wanted, DeploymentConfig=blue_green(canary())
        )


def test_counts_and_weights_are_kept_when_asked_for(sagemaker: Any, endpoint: str, make_config: Any) -> None:
    """What scaling has added must not go in the middle of a busy hour."""
    sagemaker.update_endpoint(
        EndpointName=endpoint, EndpointConfigName=make_config(5, count=4), RetainAllVariantProperties=True
    )
    kept = settled(sagemaker, endpoint)["ProductionVariants"][0]
    sagemaker.update_endpoint(
        EndpointName=endpoint, EndpointConfigName=make_config(5, count=4), RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DesiredInstanceCount"}],
    )  # fmt: skip
    changed = settled(sagemaker, endpoint)["ProductionVariants"][0]

    assert (kept["CurrentInstanceCount"], kept["CurrentWeight"]) == (2, 2)
    assert changed["CurrentInstanceCount"] == 4


def test_a_deployment_can_be_repeated_as_the_last_one_was(sagemaker: Any, endpoint: str, make_config: Any) -> None:
    deployment = blue_green(AT_ONCE)
    sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=make_config(5), DeploymentConfig=deployment)
    settled(sagemaker, endpoint)

    sagemaker.update_endpoint(EndpointName=endpoint, EndpointConfigName=make_config(7), RetainDeploymentConfig=True)

    assert settled(sagemaker, endpoint)["LastDeploymentConfig"] == deployment


def test_an_endpoint_remembers_how_it_was_asked_to_be_deployed(sagemaker: Any, make_config: Any) -> None:
    deployment = blue_green(canary(wait=600), MaximumExecutionTimeoutInSeconds=3600)

    sagemaker.create_endpoint(EndpointName="with-steps", EndpointConfigName=make_config(3), DeploymentConfig=deployment)
    made = settled(sagemaker, "with-steps")  # at once, for there is nothing to shift from
    sagemaker.delete_endpoint(EndpointName="with-steps")

    assert (made["EndpointStatus"], made["LastDeploymentConfig"]) == ("InService", deployment)
