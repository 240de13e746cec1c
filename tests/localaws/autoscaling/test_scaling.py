"""Endpoints scale only where AWS would let them, and a policy brings and takes its alarms."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.localaws.helpers import ACCOUNT, REGION, REGISTRY, Gateway, archive, policy, wait_for

NAMES = itertools.count()
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
TRACKING = {
    "TargetValue": 100.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
    "ScaleInCooldown": 300,
}


@pytest.fixture(scope="module")
def make_variant(sagemaker: Any, s3: Any, job_role: str) -> Callable[..., str]:
    """Make an endpoint with the variant `main`; its resource id. An endpoint may still be on its way."""

    def make(**size: Any) -> str:
        name, key = f"scaled-{next(NAMES)}", "artefacts/scaled/model.tar.gz"
        s3.put_object(Bucket="models", Key=key, Body=archive(factor="2"))
        container = {"Image": f"{REGISTRY}/toy:1", "ModelDataUrl": f"s3://models/{key}"}
        sagemaker.create_model(ModelName=name, ExecutionRoleArn=job_role, PrimaryContainer=container)
        variant = {"VariantName": "main", "ModelName": name, **size}
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
        describe = lambda: sagemaker.describe_endpoint(EndpointName=name)  # noqa: E731
        assert wait_for(describe, "EndpointStatus", ("Creating",))["EndpointStatus"] == "InService"
        return f"endpoint/{name}/variant/main"

    return make


@pytest.fixture(scope="module")
def variant(gateway: Gateway, make_variant: Callable[..., str]) -> Iterator[str]:
    """A variant that AWS would scale. Its targets are gone afterwards: others count theirs in the same account."""
    yield make_variant(InstanceType="ml.m5.large", InitialInstanceCount=1)
    scaling = gateway.client("application-autoscaling")
    for target in scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]:
        scaling.deregister_scalable_target(**place(target["ResourceId"]))


@pytest.fixture
def scaling(gateway: Gateway) -> Any:
    """Application Auto Scaling as root."""
    return gateway.client("application-autoscaling")


def place(resource: str) -> dict[str, str]:
    """What names a target."""
    return {"ServiceNamespace": "sagemaker", "ResourceId": resource, "ScalableDimension": DIMENSION}


def alarm_names(gateway: Gateway, resource: str) -> list[str]:
    """The alarms that scaling made for a variant."""
    found = gateway.client("cloudwatch").describe_alarms(AlarmNamePrefix=f"TargetTracking-{resource}")
    return sorted(alarm["AlarmName"] for alarm in found["MetricAlarms"])


def test_a_target_is_kept_with_its_tags(scaling: Any, variant: str) -> None:
    """A plan would want to change what is not described as it was asked for."""
    arn = scaling.register_scalable_target(
        **place(variant), MinCapacity=1, MaxCapacity=3, Tags={"Project": "toys"}
    )["ScalableTargetARN"]  # fmt: skip
    again = scaling.register_scalable_target(**place(variant), MaxCapacity=4)["ScalableTargetARN"]

    [target] = scaling.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=[variant])["ScalableTargets"]
    assert again == arn == target["ScalableTargetARN"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 4)
    scaling.tag_resource(ResourceARN=arn, Tags={"Owner": "me"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["Project"])
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"Owner": "me"}


def test_a_tracking_policy_brings_its_alarms_and_takes_them_along(gateway: Gateway, scaling: Any, variant: str) -> None:
    """Alarms that stay behind cost money and ring for what is gone."""
    scaling.register_scalable_target(**place(variant), MinCapacity=1, MaxCapacity=3)
    asked = {**place(variant), "PolicyName": "invocations", "PolicyType": "TargetTrackingScaling"}

    made = scaling.put_scaling_policy(**asked, TargetTrackingScalingPolicyConfiguration=TRACKING)

    [kept] = scaling.describe_scaling_policies(ServiceNamespace="sagemaker", ResourceId=variant)["ScalingPolicies"]
    assert kept["TargetTrackingScalingPolicyConfiguration"] == TRACKING
    assert alarm_names(gateway, variant) == sorted(alarm["AlarmName"] for alarm in made["Alarms"])
    assert len(made["Alarms"]) == 2
    only_out = {**TRACKING, "DisableScaleIn": True}
    changed = scaling.put_scaling_policy(**asked, TargetTrackingScalingPolicyConfiguration=only_out)
    assert changed["PolicyARN"] == made["PolicyARN"]
    assert [("AlarmHigh" in name) for name in alarm_names(gateway, variant)] == [True]
    scaling.deregister_scalable_target(**place(variant))
    assert alarm_names(gateway, variant) == []
    assert scaling.describe_scaling_policies(ServiceNamespace="sagemaker", ResourceId=variant)["ScalingPolicies"] == []


def test_a_deleted_policy_takes_its_alarms_along(gateway: Gateway, scaling: Any, variant: str) -> None:
    """Terraform deletes the policy before the target."""
    scaling.register_scalable_target(**place(variant), MinCapacity=1, MaxCapacity=3)
    asked = {**place(variant), "PolicyName": "own-metric", "PolicyType": "TargetTrackingScaling"}
    metric = {"Namespace": "Toys", "MetricName": "Load", "Statistic": "Average"}
    scaling.put_scaling_policy(
        **asked, TargetTrackingScalingPolicyConfiguration={"TargetValue": 5.0, "CustomizedMetricSpecification": metric}
    )
    assert len(alarm_names(gateway, variant)) == 2

    scaling.delete_scaling_policy(**place(variant), PolicyName="own-metric")

    assert alarm_names(gateway, variant) == []
    with pytest.raises(ClientError, match="ObjectNotFoundException"):
        scaling.delete_scaling_policy(**place(variant), PolicyName="own-metric")
    scaling.deregister_scalable_target(**place(variant))


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        ("endpoint/nowhere/variant/main", "SageMaker endpoint doesn't exist"),
        ("nowhere", "endpoint/NAME/variant/VARIANT"),
    ],
)
def test_what_does_not_exist_is_refused(scaling: Any, resource: str, words: str) -> None:
    """On AWS the apply fails here as well: first the endpoint, then its scaling."""
    with pytest.raises(ClientError, match=words):
        scaling.register_scalable_target(**place(resource), MinCapacity=1, MaxCapacity=3)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ({"InstanceType": "ml.t2.medium", "InitialInstanceCount": 1}, r"burstable instances \(ml.t2.medium\)"),
        ({"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 2}}, "is serverless"),
    ],
)
def test_what_aws_does_not_scale_is_refused(
    scaling: Any, make_variant: Callable[..., str], size: dict[str, Any], words: str
) -> None:
    """A value that only AWS refuses would be found out in production."""
    with pytest.raises(ClientError, match=words):
        scaling.register_scalable_target(**place(make_variant(**size)), MinCapacity=1, MaxCapacity=3)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"PolicyType": "PredictiveScaling"}, "PredictiveScaling does not scale"),
        ({"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 1.0}}, "exactly one of"),
        ({"PolicyType": "StepScaling"}, "needs StepScalingPolicyConfiguration"),
        ({"ResourceId": "endpoint/nowhere/variant/main"}, "No scalable target found"),
    ],
)
def test_a_policy_that_cannot_scale_is_refused(scaling: Any, variant: str, change: dict[str, Any], words: str) -> None:
    """The mistake is in the values, and shows at once."""
    scaling.register_scalable_target(**place(variant), MinCapacity=1, MaxCapacity=3)
    asked = {**place(variant), "PolicyName": "p", "PolicyType": "TargetTrackingScaling"}

    with pytest.raises(ClientError, match=words):
        scaling.put_scaling_policy(**{**asked, "TargetTrackingScalingPolicyConfiguration": TRACKING, **change})


def test_bounds_the_wrong_way_round_are_refused(scaling: Any, variant: str) -> None:
    with pytest.raises(ClientError, match="Maximum capacity cannot be less than minimum"):
        scaling.register_scalable_target(**place(variant), MinCapacity=3, MaxCapacity=1)


def test_whoever_scales_needs_the_rights(variant: str, make_user: Callable[..., Any]) -> None:
    """A pipeline's role that lacks one of them must fail here first."""
    register = "application-autoscaling:RegisterScalableTarget"
    look = ("sagemaker:DescribeEndpoint", f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/*")
    bounds = {"MinCapacity": 1, "MaxCapacity": 3}
    without = make_user("scaler-none", policy(look))("application-autoscaling")
    blind = make_user("scaler-blind", policy((register, "*")))("application-autoscaling")
    whole = make_user("scaler", policy((register, "*"), look))("application-autoscaling")

    for user, lacking in ((without, register), (blind, "sagemaker:DescribeEndpoint")):
        with pytest.raises(ClientError, match=f"not authorized to perform: {lacking}"):
            user.register_scalable_target(**place(variant), **bounds)
    assert whole.register_scalable_target(**place(variant), **bounds)["ScalableTargetARN"]
    with pytest.raises(ClientError, match="application-autoscaling:TagResource"):
        whole.register_scalable_target(**place(variant), **bounds, Tags={"a": "b"})
