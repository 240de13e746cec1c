"""How many machines answer: told to Application Auto Scaling once an endpoint serves, and taken back when unwanted."""

from typing import Any

VARIANT = "AllTraffic"  # the one variant of every configuration; deployments in steps need its name to stay
NAMESPACE = "sagemaker"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"


def target(endpoint: str) -> dict[str, str]:
    """How Application Auto Scaling knows the endpoint's machines."""
    resource = f"endpoint/{endpoint}/variant/{VARIANT}"
    return {"ServiceNamespace": NAMESPACE, "ResourceId": resource, "ScalableDimension": DIMENSION}


def is_registered(endpoint: str, client: Any) -> bool:
    wanted = target(endpoint)
    found = client.describe_scalable_targets(
        ServiceNamespace=NAMESPACE, ResourceIds=[wanted["ResourceId"]], ScalableDimension=DIMENSION
    )
    return bool(found["ScalableTargets"])


def bring_to(endpoint: str, wanted: dict[str, Any], client: Any) -> None:
    """Scale as the setting says: MinCapacity, MaxCapacity and the policy's configuration; nothing means not at all.

    Registering what is registered changes it, so a repeat is harmless.
    """
    if not wanted:
        if is_registered(endpoint, client):
            end(endpoint, client)
        return
    client.register_scalable_target(
        **target(endpoint), MinCapacity=wanted["MinCapacity"], MaxCapacity=wanted["MaxCapacity"]
    )
    client.put_scaling_policy(
        **target(endpoint),
        PolicyName=f"{endpoint}-invocations",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=wanted["TargetTrackingScalingPolicyConfiguration"],
    )


def end(endpoint: str, client: Any) -> None:
    """Its policies and their alarms go with it; the machines stay as many as they are."""
    client.deregister_scalable_target(**target(endpoint))
