"""Scalable targets and scaling policies. Endpoints here are one process each, so nothing is ever scaled."""

from __future__ import annotations

import copy
import threading
import time
import uuid
from typing import Any

from localaws.autoscaling import alarms
from localaws.autoscaling.variants import Variants
from localaws.clients import Clients
from localaws.gateway.actions import Actions, Body
from localaws.gateway.caller import Caller
from localaws.gateway.messages import ServiceError
from localaws.gateway.tag_actions import tag_actions
from localaws.gateway.tag_store import TagStore

Key = tuple[str, str, str]
KEY_FIELDS = ("ServiceNamespace", "ResourceId", "ScalableDimension")
SERVICE_ROLE = (
    "arn:aws:iam::{account}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)
TRACKING = "TargetTrackingScaling"
MISSING_TARGET = "No scalable target found for service namespace: {}, resource ID: {}, scalable dimension: {}"


class Scaling:
    """Serves the actions on scalable targets, their policies and their tags."""

    def __init__(self, account_id: str, region: str, variants: Variants, clients: Clients) -> None:
        self.account_id, self.region, self.variants, self.clients = account_id, region, variants, clients
        self.tags = TagStore()
        self._targets: dict[Key, Body] = {}
        self._policies: dict[tuple[Key, str], Body] = {}
        self._lock = threading.RLock()

    def actions(self) -> Actions:
        """What is served here."""
        return {
            "RegisterScalableTarget": self.register,
            "DescribeScalableTargets": self.describe_targets,
            "DeregisterScalableTarget": self.deregister,
            "PutScalingPolicy": self.put_policy,
            "DescribeScalingPolicies": self.describe_policies,
            "DeleteScalingPolicy": self.delete_policy,
            **tag_actions(self.tags, self._known, "Tags", "TagKeys"),
        }

    def resource(self, action: str, asked: Body) -> str:
        """The target's ARN; lists know none, and a target that is new is any."""
        if asked.get("ResourceARN"):
            return str(asked["ResourceARN"])
        if action.startswith("Describe"):
            return "*"
        with self._lock:
            target = self._targets.get(_key(asked))
        return str(target["ScalableTargetARN"]) if target else self._target_arn("*")

    def condition_keys(self, asked: Body) -> dict[str, Any]:
        """Which service is scaled, and in what."""
        fields = {"service-namespace": "ServiceNamespace", "scalable-dimension": "ScalableDimension"}
        return {f"application-autoscaling:{key}": asked[name] for key, name in fields.items() if asked.get(name)}

    def inventory(self) -> dict[str, list[str]]:
        """What stands, by kind."""
        with self._lock:
            targets = [key[1] for key in self._targets]
            return {"scalable_targets": targets, "scaling_policies": [name for _, name in self._policies]}

    def register(self, asked: Body, caller: Caller) -> Body:
        """RegisterScalableTarget, for the first time or to change its bounds."""
        self.variants.check(asked)
        caller.require("sagemaker:DescribeEndpoint", self._endpoint_arn(asked))
        with self._lock:
            target = copy.deepcopy(self._targets.get(_key(asked))) or self._new_target(asked)
            target |= {field: asked[field] for field in ("MinCapacity", "MaxCapacity") if field in asked}
            target["SuspendedState"] |= asked.get("SuspendedState") or {}
            if not {"MinCapacity", "MaxCapacity"} <= target.keys():
                raise _invalid("MinCapacity and MaxCapacity are required for a new scalable target.")
            if target["MinCapacity"] > target["MaxCapacity"]:
                raise _invalid("Maximum capacity cannot be less than minimum capacity")
            self._targets[_key(asked)] = target
        self.tags.add(target["ScalableTargetARN"], asked.get("Tags") or {})
        return {"ScalableTargetARN": target["ScalableTargetARN"]}

    def describe_targets(self, asked: Body, caller: Caller) -> Body:
        """DescribeScalableTargets, of some resources where they are named."""
        resources, dimension = asked.get("ResourceIds") or [], asked.get("ScalableDimension")
        with self._lock:
            found = [
                copy.deepcopy(target)
                for (namespace, resource, of), target in self._targets.items()
                if namespace == asked["ServiceNamespace"]
                and resource in (resources or [resource])
                and of == (dimension or of)
            ]
        return {"ScalableTargets": found}

    def deregister(self, asked: Body, caller: Caller) -> Body:
        """DeregisterScalableTarget. Its policies and their alarms go with it."""
        key = _key(asked)
        with self._lock:
            target = self._target(key)
            gone = [policy for (of, _), policy in self._policies.items() if of == key]
            self._policies = {place: policy for place, policy in self._policies.items() if place[0] != key}
            del self._targets[key]
        self.tags.forget(target["ScalableTargetARN"])
        self._delete_alarms([alarm["AlarmName"] for policy in gone for alarm in policy["Alarms"]])
        return {}

    def put_policy(self, asked: Body, caller: Caller) -> Body:
        """PutScalingPolicy. A target-tracking policy makes its alarms anew each time."""
        key, place = _key(asked), (_key(asked), asked["PolicyName"])
        kind = asked.get("PolicyType") or "StepScaling"
        self._check(kind, asked)
        with self._lock:
            self._target(key)
            old = self._policies.get(place)
        policy = self._policy(kind, asked, old)
        wanted = alarms.of_policy(policy) if kind == TRACKING else []
        for alarm in wanted:
            caller.require("cloudwatch:PutMetricAlarm", self._alarm_arn(alarm["AlarmName"]))
        for alarm in wanted:
            self.clients.of("cloudwatch").put_metric_alarm(**alarm)
        names = [alarm["AlarmName"] for alarm in wanted]
        policy["Alarms"] = [{"AlarmName": name, "AlarmARN": self._alarm_arn(name)} for name in names]
        with self._lock:
            self._policies[place] = policy
        self._delete_alarms([alarm["AlarmName"] for alarm in (old or {}).get("Alarms", [])])
        return {"PolicyARN": policy["PolicyARN"], "Alarms": policy["Alarms"]}

    def describe_policies(self, asked: Body, caller: Caller) -> Body:
        """DescribeScalingPolicies, of one resource or of some names where they are given."""
        wanted = {field: asked[field] for field in KEY_FIELDS if asked.get(field)}
        names = asked.get("PolicyNames")
        with self._lock:
            found = [
                copy.deepcopy(policy)
                for policy in self._policies.values()
                if wanted.items() <= policy.items() and policy["PolicyName"] in (names or [policy["PolicyName"]])
            ]
        return {"ScalingPolicies": found}

    def delete_policy(self, asked: Body, caller: Caller) -> Body:
        """DeleteScalingPolicy. Its alarms go with it."""
        place = (_key(asked), asked["PolicyName"])
        with self._lock:
            if place not in self._policies:
                raise ServiceError("ObjectNotFoundException", f"No scaling policy found for {asked['PolicyName']}.")
            policy = self._policies.pop(place)
        self._delete_alarms([alarm["AlarmName"] for alarm in policy["Alarms"]])
        return {}

    def _check(self, kind: str, asked: Body) -> None:
        """One configuration, that of the policy's type; a tracked metric is AWS's own or the caller's."""
        fields = {TRACKING: "TargetTrackingScalingPolicyConfiguration", "StepScaling": "StepScalingPolicyConfiguration"}
        if kind not in fields:
            raise _invalid(f"{kind} does not scale {asked['ScalableDimension']}; use one of {', '.join(fields)}.")
        if not asked.get(fields[kind]):
            raise _invalid(f"A policy of type {kind} needs {fields[kind]}.")
        tracking = asked.get(fields[TRACKING]) or {}
        chosen = ("PredefinedMetricSpecification", "CustomizedMetricSpecification")
        if kind == TRACKING and sum(bool(tracking.get(field)) for field in chosen) != 1:
            raise _invalid(f"Specify exactly one of {' and '.join(chosen)}.")

    def _policy(self, kind: str, asked: Body, old: Body | None) -> Body:
        policy = copy.deepcopy(asked) | {
            "PolicyType": kind,
            "CreationTime": (old or {}).get("CreationTime", time.time()),
        }
        return policy | {"PolicyARN": (old or {}).get("PolicyARN") or self._policy_arn(asked), "Alarms": []}

    def _new_target(self, asked: Body) -> Body:
        suspended = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
        return {
            **{field: asked[field] for field in KEY_FIELDS},
            "CreationTime": time.time(),
            "RoleARN": asked.get("RoleARN") or SERVICE_ROLE.format(account=self.account_id),
            "ScalableTargetARN": self._target_arn(uuid.uuid4().hex),
            "SuspendedState": dict.fromkeys(suspended, False),
        }

    def _target(self, key: Key) -> Body:
        if key not in self._targets:
            raise ServiceError("ObjectNotFoundException", MISSING_TARGET.format(*key))
        return self._targets[key]

    def _known(self, asked: Body) -> str:
        arn = str(asked["ResourceARN"])
        with self._lock:
            if not any(target["ScalableTargetARN"] == arn for target in self._targets.values()):
                raise ServiceError("ResourceNotFoundException", f"The specified resource doesn't exist: {arn}")
        return arn

    def _delete_alarms(self, names: list[str]) -> None:
        if names:
            self.clients.of("cloudwatch").delete_alarms(AlarmNames=names)

    def _target_arn(self, identity: str) -> str:
        return f"arn:aws:application-autoscaling:{self.region}:{self.account_id}:scalable-target/{identity}"

    def _policy_arn(self, asked: Body) -> str:
        resource = f"resource/{asked['ServiceNamespace']}/{asked['ResourceId']}:policyName/{asked['PolicyName']}"
        return f"arn:aws:autoscaling:{self.region}:{self.account_id}:scalingPolicy:{uuid.uuid4()}:{resource}"

    def _alarm_arn(self, name: str) -> str:
        return f"arn:aws:cloudwatch:{self.region}:{self.account_id}:alarm:{name}"

    def _endpoint_arn(self, asked: Body) -> str:
        endpoint = asked["ResourceId"].split("/")[1].lower()
        return f"arn:aws:sagemaker:{self.region}:{self.account_id}:endpoint/{endpoint}"


def _key(asked: Body) -> Key:
    return str(asked.get("ServiceNamespace")), str(asked.get("ResourceId")), str(asked.get("ScalableDimension"))


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)
