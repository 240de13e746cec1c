"""How a new configuration takes over: what AWS refuses in a DeploymentConfig, its steps, and the alarms that end it."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from typing import Any

from localaws.clients import Clients
from localaws.container.failure import JobFailed
from localaws.gateway.messages import ServiceError
from localaws.sagemaker.place import Place
from localaws.sagemaker.rights import role_may

Config = dict[str, Any]
SIZES = {"CANARY": ("CanarySize", 1), "LINEAR": ("LinearStepSize", 10)}  # the member, and the least percent
MOST_PERCENT = 50
RETAINED = {"DesiredInstanceCount": "InitialInstanceCount", "DesiredWeight": "InitialVariantWeight"}
CURRENT = {"InitialInstanceCount": "CurrentInstanceCount", "InitialVariantWeight": "CurrentWeight"}


def check(deployment: Config | None, wanted: Config) -> None:
    """Refuse what the wanted endpoint configuration cannot be deployed by."""
    if not deployment:
        return
    if deployment.get("RollingUpdatePolicy"):
        raise ServiceError(
            "UnsupportedOperationException", "The embedded SageMaker deploys blue/green; give a BlueGreenUpdatePolicy."
        )
    policy = deployment.get("BlueGreenUpdatePolicy")
    if not policy:
        return
    routing = policy["TrafficRoutingConfiguration"]
    kind = routing["Type"]
    for other, (member, _) in SIZES.items():
        if (member in routing) != (kind == other):
            raise _invalid(f"{member} must be given for traffic routing {other}, and for no other; it is {kind}.")
    for variant in wanted["ProductionVariants"] if kind in SIZES else []:
        _check_size(kind, routing[SIZES[kind][0]], variant)
    waits = sum(seconds for _, seconds in steps(deployment, wanted))
    most = policy.get("MaximumExecutionTimeoutInSeconds")
    if most is not None and most <= waits:
        raise _invalid(f"MaximumExecutionTimeoutInSeconds is {most}; it must be above the {waits} seconds of waiting.")


def _check_size(kind: str, size: Config, variant: Config) -> None:
    member, least = SIZES[kind]
    count = variant.get("InitialInstanceCount", 1)
    if count < 2:
        raise _invalid(
            f"Traffic routing {kind} needs 2 instances or more; variant {variant['VariantName']} has {count}."
        )
    percent = _percent(size, {"ProductionVariants": [variant]})
    if not least <= percent <= MOST_PERCENT:
        raise _invalid(f"{member} is {percent:g} % of {count} instances; it must be {least} to {MOST_PERCENT} %.")


def check_variants(wanted: Config, serving: list[Config]) -> None:
    """A deployment in steps, or one that keeps counts and weights, needs the variants that serve now."""
    new, old = ([variant["VariantName"] for variant in each] for each in (wanted["ProductionVariants"], serving))
    if sorted(new) != sorted(old):
        raise _invalid(f"The endpoint has the variants {', '.join(old)}; its new configuration has {', '.join(new)}.")


def with_retained(wanted: Config, serving: list[Config], excluded: list[Config]) -> Config:
    """The configuration with the instance counts and weights that the endpoint has now."""
    left_out = {RETAINED.get(entry["VariantPropertyType"]) for entry in excluded}
    now = {variant["VariantName"]: variant for variant in serving}
    kept = copy.deepcopy(wanted)
    for variant in kept["ProductionVariants"]:
        for initial, current in CURRENT.items():
            if initial not in left_out and current in now[variant["VariantName"]]:
                variant[initial] = now[variant["VariantName"]][current]
    return kept


def steps(deployment: Config | None, wanted: Config) -> Iterator[tuple[float, int]]:
    """Which percentage of the requests the new configuration gets, and for how many seconds it is then watched."""
    policy = (deployment or {}).get("BlueGreenUpdatePolicy")
    if not policy:
        yield 100, 0
        return
    routing = policy["TrafficRoutingConfiguration"]
    wait = routing["WaitIntervalInSeconds"]
    if routing["Type"] == "CANARY":
        yield _percent(routing["CanarySize"], wanted), wait
    if routing["Type"] == "LINEAR":
        step = _percent(routing["LinearStepSize"], wanted)
        yield from ((step * n, wait) for n in range(1, math.ceil(100 / step)))
    yield 100, policy.get("TerminationWaitInSeconds", 0) + (wait if routing["Type"] != "CANARY" else 0)


def _percent(size: Config, wanted: Config) -> float:
    if size["Type"] == "CAPACITY_PERCENT":
        return float(size["Value"])
    return 100 * size["Value"] / max(variant.get("InitialInstanceCount", 1) for variant in wanted["ProductionVariants"])


class Alarms:
    """The alarms that bring the old configuration back, as the execution role may see them."""

    def __init__(
        self, deployment: Config | None, role_arn: str, endpoint_arn: str, place: Place, clients: Clients
    ) -> None:
        rollback = (deployment or {}).get("AutoRollbackConfiguration") or {}
        self.names = [alarm["AlarmName"] for alarm in rollback.get("Alarms") or []]
        self.role_arn, self.endpoint_arn, self.place, self.clients = role_arn, endpoint_arn, place, clients

    def check(self) -> None:
        """Raise when one cannot be seen, is not there, or is in ALARM."""
        if not self.names:
            return
        for name in self.names:
            arn = f"arn:aws:cloudwatch:{self.place.region}:{self.place.account}:alarm:{name}"
            if not role_may(self.place, self.role_arn, self.endpoint_arn, "cloudwatch:DescribeAlarms", arn):
                raise JobFailed(f"The role {self.role_arn} must be allowed cloudwatch:DescribeAlarms on {arn}.")
        states = self._states()
        missing = [name for name in self.names if name not in states]
        if missing:
            raise JobFailed(f"The rollback alarms {', '.join(missing)} do not exist.")
        ringing = [name for name in self.names if states[name] == "ALARM"]
        if ringing:
            raise JobFailed(f"The deployment was rolled back: the alarms {', '.join(ringing)} are in ALARM.")

    def _states(self) -> dict[str, str]:
        found = self.clients.of("cloudwatch").describe_alarms(
            AlarmNames=self.names, AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        alarms = found.get("MetricAlarms", []) + found.get("CompositeAlarms", [])
        return {alarm["AlarmName"]: alarm["StateValue"] for alarm in alarms}

    def watch(self, seconds: float, has_ended: Callable[[float], bool]) -> None:
        """Look every second. `has_ended` waits for so long and tells whether nobody needs the deployment any more."""
        left = seconds
        self.check()
        while left > 0 and not has_ended(min(left, 1)):
            left -= 1
            self.check()


def _invalid(message: str) -> ServiceError:
    return ServiceError("ValidationException", message)
