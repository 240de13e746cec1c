"""An endpoint that sleeps comes back as it was, also when sleeping or waking was cut short."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from shipping import endpoint_rest
from shipping.endpoint_rest import Endpoint
from shipping.environments import Refused

NAME, CONFIG = "stockcast-dev-forecasts", "stockcast-dev-train-2"
RESOURCE = f"endpoint/{NAME}/variant/AllTraffic"


class SageMaker:
    """Endpoints by name, tags by configuration; deletes and creates at once, and refuses what AWS refuses."""

    def __init__(self, status: str | None = "InService") -> None:
        self.endpoints: dict[str, dict[str, Any]] = {}
        if status:
            self.endpoints[NAME] = self.described(CONFIG, status)
        self.tags: dict[str, dict[str, str]] = {"stockcast-dev-train-2": {}, "stockcast-dev-train-1": {}}
        self.becomes = "InService"
        self.deployment: list[str] = []  # statuses that are still to come, one per look

    @staticmethod
    def described(config: str, status: str) -> dict[str, Any]:
        variants = [{"VariantName": "AllTraffic"}]
        return {"EndpointStatus": status, "EndpointConfigName": config, "ProductionVariants": variants}

    def describe_endpoint(self, EndpointName: str) -> dict[str, Any]:
        if EndpointName not in self.endpoints:
            missing = {"Code": "ValidationException", "Message": f'Could not find endpoint "{EndpointName}".'}
            raise ClientError({"Error": missing}, "DescribeEndpoint")
        found = dict(self.endpoints[EndpointName])
        if self.deployment:
            self.endpoints[EndpointName]["EndpointStatus"] = self.deployment.pop(0)
        return found

    def create_endpoint(self, EndpointName: str, EndpointConfigName: str, Tags: list[dict[str, str]]) -> None:
        assert EndpointName not in self.endpoints
        self.endpoints[EndpointName] = self.described(EndpointConfigName, self.becomes) | {"Tags": Tags}

    def delete_endpoint(self, EndpointName: str) -> None:
        assert self.endpoints[EndpointName]["EndpointStatus"] in ("InService", "OutOfService", "Failed")
        del self.endpoints[EndpointName]

    def describe_endpoint_config(self, EndpointConfigName: str) -> dict[str, str]:
        return {"EndpointConfigArn": f"arn:{EndpointConfigName}"}

    def list_tags(self, ResourceArn: str) -> dict[str, list[dict[str, str]]]:
        found = self.tags[ResourceArn.removeprefix("arn:")]
        return {"Tags": [{"Key": key, "Value": value} for key, value in found.items()]}

    def add_tags(self, ResourceArn: str, Tags: list[dict[str, str]]) -> None:
        self.tags[ResourceArn.removeprefix("arn:")].update({tag["Key"]: tag["Value"] for tag in Tags})

    def delete_tags(self, ResourceArn: str, TagKeys: list[str]) -> None:
        for key in TagKeys:
            del self.tags[ResourceArn.removeprefix("arn:")][key]

    def get_paginator(self, operation: str) -> SageMaker:
        assert operation == "list_endpoint_configs"
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        return [{"EndpointConfigs": [{"EndpointConfigName": name}]} for name in self.tags]


class Scaling:
    """One scalable target and its policies; deregistering takes the policies along, as on AWS."""

    def __init__(self, target: dict[str, int] | None = None, policies: tuple[dict[str, Any], ...] = ()) -> None:
        self.target, self.policies = target, list(policies)

    def describe_scalable_targets(self, ResourceIds: list[str], **_: str) -> dict[str, Any]:
        return {"ScalableTargets": [self.target] if self.target and ResourceIds == [RESOURCE] else []}

    def describe_scaling_policies(self, ResourceId: str, **_: str) -> dict[str, Any]:
        return {"ScalingPolicies": self.policies if ResourceId == RESOURCE else []}

    def deregister_scalable_target(self, ResourceId: str, **_: str) -> None:
        assert self.target
        assert ResourceId == RESOURCE
        self.target, self.policies = None, []

    def register_scalable_target(self, ResourceId: str, MinCapacity: int, MaxCapacity: int, **_: str) -> None:
        assert ResourceId == RESOURCE
        self.target = {"MinCapacity": MinCapacity, "MaxCapacity": MaxCapacity}

    def put_scaling_policy(self, **policy: Any) -> None:
        assert self.target, "AWS wants the target first"
        del policy["ServiceNamespace"], policy["ResourceId"], policy["ScalableDimension"]
        self.policies.append(policy)


def tracking(name: str = "invocations") -> dict[str, Any]:
    return {
        "PolicyName": name,
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": 70.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
            "ScaleInCooldown": 300,
            "ScaleOutCooldown": 60,
        },
    }


def endpoint(sagemaker: SageMaker, scaling: Scaling | None = None) -> Endpoint:
    return Endpoint(NAME, "stockcast-dev-", sagemaker, scaling or Scaling())


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were slept through; time passes by them alone."""
    pauses: list[float] = []
    monkeypatch.setattr(endpoint_rest.time, "sleep", pauses.append)
    monkeypatch.setattr(endpoint_rest.time, "monotonic", lambda: sum(pauses))
    return pauses


def wake(sleeping: Endpoint) -> list[str]:
    sleeping.begin_to_wake()
    return sleeping.finish_waking()


def test_an_endpoint_sleeps_and_wakes_with_its_configuration_and_scaling() -> None:
    """Forecasts of the next morning come from the model of the evening before, and are scaled as it was."""
    sagemaker, scaling = SageMaker(), Scaling({"MinCapacity": 1, "MaxCapacity": 4}, (tracking(),))
    ours = endpoint(sagemaker, scaling)

    ours.lay_down()
    assert (sagemaker.endpoints, scaling.target) == ({}, None)
    assert sagemaker.tags[CONFIG]["stockcast:asleep"] == NAME

    told = wake(ours)
    assert told == [f"endpoint {NAME} serves {CONFIG}"]
    assert sagemaker.endpoints[NAME]["EndpointConfigName"] == CONFIG
    assert scaling.target == {"MinCapacity": 1, "MaxCapacity": 4}
    assert scaling.policies == [tracking()]
    assert sagemaker.tags[CONFIG] == {}


def test_a_woken_endpoint_is_on_the_same_bill() -> None:
    """The budget counts by tag; an endpoint without one would cost money that no alarm sees."""
    sagemaker = SageMaker()
    sagemaker.tags[CONFIG] = {"Environment": "dev"}
    ours = endpoint(sagemaker)

    ours.lay_down()
    wake(ours)

    assert sagemaker.endpoints[NAME]["Tags"] == [{"Key": "Environment", "Value": "dev"}]


def test_what_is_written_down_fits_a_tag() -> None:
    """AWS refuses a tag of more than 256 characters, or with braces and quotes."""
    sagemaker = SageMaker()
    policy = tracking("stockcast-dev-forecasts-invocations-per-instance")

    endpoint(sagemaker, Scaling({"MinCapacity": 1, "MaxCapacity": 10}, (policy,))).lay_down()

    for key, value in sagemaker.tags[CONFIG].items():
        assert len(key) <= 128
        assert len(value) <= 256
        assert all(letter.isalnum() or letter in " _.:/=+-@" for letter in key + value)


def test_sleeping_twice_is_harmless() -> None:
    """The second call comes after one that was cut short just before its end."""
    ours = endpoint(SageMaker())
    ours.lay_down()

    assert ours.lay_down() == []
    assert ours.marked() == CONFIG


def test_sleep_that_was_cut_short_after_the_mark_can_be_woken() -> None:
    """The endpoint still serves; it must neither be made twice nor stay marked for ever."""
    sagemaker = SageMaker()
    sagemaker.tags[CONFIG]["stockcast:asleep"] = NAME

    wake(endpoint(sagemaker))

    assert sagemaker.tags[CONFIG] == {}


def test_only_the_newest_sleep_is_remembered() -> None:
    """A model that was replaced long ago must not come back."""
    sagemaker = SageMaker()
    sagemaker.tags["stockcast-dev-train-1"]["stockcast:asleep"] = NAME

    endpoint(sagemaker).lay_down()

    assert sagemaker.tags["stockcast-dev-train-1"] == {}
    assert endpoint(sagemaker).marked() == CONFIG


def test_without_an_endpoint_there_is_nothing_to_wake() -> None:
    sagemaker = SageMaker(None)

    assert endpoint(sagemaker).lay_down() == []
    assert wake(endpoint(sagemaker)) == []
    assert sagemaker.endpoints == {}


def test_an_endpoint_that_does_not_come_back_stays_remembered() -> None:
    """The mark is the only thing that knows which model to bring back."""
    sagemaker = SageMaker()
    ours = endpoint(sagemaker)
    ours.lay_down()
    sagemaker.becomes = "Failed"

    with pytest.raises(Refused, match=f"{NAME} is Failed: .* {CONFIG} stays marked"):
        wake(ours)

    assert ours.marked() == CONFIG


@pytest.mark.parametrize("status", ["Creating", "Updating", "RollingBack", "Deleting"])
def test_an_endpoint_in_motion_is_left_alone(status: str) -> None:
    """AWS refuses to delete it, and half of the sleep would be done by then."""
    with pytest.raises(Refused, match=f"{NAME} is {status}; it must be InService or absent"):
        endpoint(SageMaker(status)).check_still()


def test_scaling_that_cannot_be_remembered_is_refused_beforehand() -> None:
    """A policy somebody made by hand would be lost over night; half of the sleep would be done by then."""
    by_hand = {"PolicyName": "by-hand", "PolicyType": "StepScaling"}

    with pytest.raises(Refused, match="is scaled by by-hand"):
        endpoint(SageMaker(), Scaling({"MinCapacity": 1, "MaxCapacity": 2}, (by_hand,))).check_still()


def test_a_deployment_that_began_meanwhile_is_waited_for(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    """Airflow has gone by then; a sleep that ends here leaves an endpoint that costs all night."""
    sagemaker = SageMaker("Updating")
    sagemaker.deployment = ["Updating", "RollingBack", "InService"]

    told = endpoint(sagemaker).lay_down()

    assert told == [f"endpoint {NAME} sleeps; {CONFIG} remembers it"]
    assert sagemaker.endpoints == {}
    assert len(clock) == 3
    assert capsys.readouterr().err == f"{NAME}: Updating (0 s)\n{NAME}: RollingBack (2 s)\n"


def test_a_deployment_that_does_not_end_is_not_waited_for_all_night(clock: list[float]) -> None:
    """Whoever waits must learn what to do next, and that the endpoint still costs money."""
    sagemaker = SageMaker("Creating")

    with pytest.raises(Refused, match=rf"{NAME} is still Creating after 18\d\d s; .* run `make sleep` again"):
        endpoint(sagemaker).lay_down()

    assert NAME in sagemaker.endpoints
    assert sum(clock) < 1900
    assert sagemaker.tags[CONFIG] == {}
