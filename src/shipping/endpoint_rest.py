"""Put the endpoint that the DAGs made to sleep, and wake it with the configuration it had.

Terraform does not know the endpoint, and it costs by the hour. Its configuration costs nothing and stays; tags on it
remember which endpoint it serves and how that was scaled.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from shipping.environments import Refused

MARK = "stockcast:asleep"
SCALING = "stockcast:scaling:"  # and the variant's name
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
PATIENCE_SECONDS = 1800  # AWS takes 3 to 10 minutes
IN_MOTION = ("Creating", "Deleting", "RollingBack", "SystemUpdating", "Updating")  # AWS refuses to delete it in these
COOLDOWNS = {"in": "ScaleInCooldown", "out": "ScaleOutCooldown"}  # as the tag names them


@dataclass(frozen=True)
class Endpoint:
    """One endpoint by name, and clients of SageMaker and Application Auto Scaling."""

    name: str
    config_prefix: str  # such as `stockcast-dev-`
    sagemaker: Any
    scaling: Any

    def status(self) -> str | None:
        found = self._description()
        return found["EndpointStatus"] if found else None

    def check_still(self) -> None:
        """An endpoint that is being made or changed can be neither deleted nor trusted; its scaling must be known."""
        found = self._description() or {"EndpointStatus": None}
        if (status := found["EndpointStatus"]) not in (None, "InService", "OutOfService", "Failed"):
            raise Refused(f"{self.name} is {status}; it must be InService or absent. Wait for that to end, try again.")
        for variant in found.get("ProductionVariants", []):
            self._scaling_of(variant["VariantName"])

    def await_still(self, again: str) -> str | None:
        """Wait until no deployment moves it; the status then, None where it has gone. `again` is what to run later."""
        return self._await(lambda status: status not in IN_MOTION, again)

    def lay_down(self) -> list[str]:
        """Mark, stop scaling, delete, in this order: broken off anywhere, a repeat goes on. Tells what was done.

        A deployment that began after `check_still` is waited for: by now Airflow is gone, and nobody else would end it.
        """
        self.await_still("make sleep")
        found = self._description()
        if found is None or found["EndpointStatus"] == "Failed":  # one that never served costs nothing
            return []
        self._mark(found)
        for variant in found["ProductionVariants"]:
            self._stop_scaling(variant["VariantName"])
        self.sagemaker.delete_endpoint(EndpointName=self.name)
        self._await(lambda status: status in (None, "Failed"), "make sleep")
        return [f"endpoint {self.name} sleeps; {found['EndpointConfigName']} remembers it"]

    def begin_to_wake(self) -> str | None:
        """Ask for the endpoint again if it sleeps; the configuration it gets."""
        marked = self.marked()
        if marked is None:
            return None
        if self.status() is None:
            billed = [{"Key": key, "Value": value} for key, value in self._tags(marked).items() if not _is_ours(key)]
            self.sagemaker.create_endpoint(EndpointName=self.name, EndpointConfigName=marked, Tags=billed)
        return marked

    def finish_waking(self) -> list[str]:
        """Wait until it serves, scale it as before, and only then forget that it slept."""
        marked = self.marked()
        if marked is None:
            return []
        if self._await(lambda status: status in ("InService", "Failed"), "make wake") != "InService":
            reason = self._description() or {}
            raise Refused(
                f"{self.name} is {self.status()}: {reason.get('FailureReason', 'no reason given')}. Its configuration "
                f"{marked} stays marked. Delete the endpoint and run `make wake` again, or train a new model."
            )
        tags = self._tags(marked)
        for key, remembered in tags.items():
            if key.startswith(SCALING):
                self._scale(key.removeprefix(SCALING), dict(word.split("=", 1) for word in remembered.split()))
        forgotten = [key for key in tags if _is_ours(key)]
        self.sagemaker.delete_tags(ResourceArn=self._config_arn(marked), TagKeys=forgotten)
        return [f"endpoint {self.name} serves {marked}"]

    def _description(self) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self.sagemaker.describe_endpoint(EndpointName=self.name)
        except ClientError as problem:
            if problem.response["Error"]["Message"].startswith("Could not find endpoint"):
                return None
            raise
        return found

    def _mark(self, found: dict[str, Any]) -> None:
        """Only the configuration that serves now is marked; scaling is written down while it still stands."""
        while (older := self.marked()) and older != found["EndpointConfigName"]:
            self.sagemaker.delete_tags(ResourceArn=self._config_arn(older), TagKeys=[MARK])
        tags = {MARK: self.name}
        for variant in found["ProductionVariants"]:
            if scaled := self._scaling_of(variant["VariantName"]):
                tags[SCALING + variant["VariantName"]] = scaled
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        self.sagemaker.add_tags(ResourceArn=self._config_arn(found["EndpointConfigName"]), Tags=listed)

    def marked(self) -> str | None:
        """The configuration that remembers this endpoint."""
        return next((name for name in self._configs() if self._tags(name).get(MARK) == self.name), None)

    def _configs(self) -> Iterator[str]:
        pages = self.sagemaker.get_paginator("list_endpoint_configs").paginate(
            NameContains=self.config_prefix, SortBy="CreationTime", SortOrder="Descending"
        )
        for page in pages:
            yield from (found["EndpointConfigName"] for found in page["EndpointConfigs"])

    def _tags(self, config: str) -> dict[str, str]:
        found = self.sagemaker.list_tags(ResourceArn=self._config_arn(config))["Tags"]
        return {tag["Key"]: tag["Value"] for tag in found}

    def _config_arn(self, config: str) -> str:
        return str(self.sagemaker.describe_endpoint_config(EndpointConfigName=config)["EndpointConfigArn"])

    def _resource(self, variant: str) -> dict[str, str]:
        return {
            "ServiceNamespace": "sagemaker",
            "ResourceId": f"endpoint/{self.name}/variant/{variant}",
            "ScalableDimension": DIMENSION,
        }

    def _targets(self, variant: str) -> list[dict[str, Any]]:
        asked = self._resource(variant)
        found: list[dict[str, Any]] = self.scaling.describe_scalable_targets(
            ServiceNamespace="sagemaker", ResourceIds=[asked["ResourceId"]], ScalableDimension=DIMENSION
        )["ScalableTargets"]
        return found

    def _scaling_of(self, variant: str) -> str | None:
        """How a variant is scaled, in words that a tag may hold."""
        targets = self._targets(variant)
        if not targets:
            return None
        words = {"min": targets[0]["MinCapacity"], "max": targets[0]["MaxCapacity"]}
        policies = self.scaling.describe_scaling_policies(**self._resource(variant))["ScalingPolicies"]
        for policy in policies:
            tracking = policy.get("TargetTrackingScalingPolicyConfiguration", {})
            metric = tracking.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType")
            if metric is None or len(policies) > 1:
                raise Refused(
                    f"{self.name} is scaled by {policy['PolicyName']}; only one target tracking of a predefined metric "
                    "can be remembered. Remove the others, then try again."
                )
            words |= {"policy": policy["PolicyName"], "metric": metric, "target": tracking["TargetValue"]}
            words |= {word: tracking[key] for word, key in COOLDOWNS.items() if key in tracking}
        return " ".join(f"{word}={value}" for word, value in words.items())

    def _stop_scaling(self, variant: str) -> None:
        """Otherwise its alarms stay behind, and AWS would scale what is gone."""
        if self._targets(variant):
            self.scaling.deregister_scalable_target(**self._resource(variant))

    def _scale(self, variant: str, words: dict[str, str]) -> None:
        resource = self._resource(variant)
        self.scaling.register_scalable_target(**resource, MinCapacity=int(words["min"]), MaxCapacity=int(words["max"]))
        if "policy" in words:
            tracking: dict[str, Any] = {
                "TargetValue": float(words["target"]),
                "PredefinedMetricSpecification": {"PredefinedMetricType": words["metric"]},
            }
            tracking |= {key: int(words[word]) for word, key in COOLDOWNS.items() if word in words}
            self.scaling.put_scaling_policy(
                **resource,
                PolicyName=words["policy"],
                PolicyType="TargetTrackingScaling",
                TargetTrackingScalingPolicyConfiguration=tracking,
            )

    def _await(self, is_over: Callable[[str | None], bool], again: str) -> str | None:
        """Poll until the status ends the wait, telling each change of it and every minute."""
        began, told, pause = time.monotonic(), None, 0.5
        while True:
            status, waited = self.status(), time.monotonic() - began
            if is_over(status):
                return status
            if waited > PATIENCE_SECONDS:
                raise Refused(
                    f"{self.name} is still {status or 'gone'} after {waited:.0f} s; a change of it ends within "
                    f"{PATIENCE_SECONDS} s. Look at it in SageMaker's console, and once it stands still, "
                    f"run `{again}` again."
                )
            if told != (status, int(waited // 60)):
                print(f"{self.name}: {status or 'gone'} ({waited:.0f} s)", file=sys.stderr, flush=True)
                told = (status, int(waited // 60))
            time.sleep(pause)
            pause = min(pause * 2, 15)


def _is_ours(tag: str) -> bool:
    """What is written down for the sleep; the other tags tell whose bill it is, for the endpoint too."""
    return tag == MARK or tag.startswith(SCALING)
